"""Everybody's home: what needs attention today, by role. Each room contributes its cards."""

from flask import redirect, render_template, url_for
from sqlalchemy import select

from seminar.ground import clock, contributions
from seminar.ground.db import db
from seminar.people.district import District
from seminar.people.views import people
from seminar.web.requires import public, requires
from seminar.web.viewer import current_district, owes_a_second_step, signed_in_standing


@people.record_once
def _at_the_root(state: object) -> None:
    # The home is everybody's first page, so its endpoint is plainly `home`.
    state.app.add_url_rule("/", "home", show_home)  # type: ignore[attr-defined]


@requires(public)
def show_home() -> object:
    standing = signed_in_standing()
    if standing is None:
        if owes_a_second_step():
            return redirect(url_for("people.show_second_step"), 303)
        if current_district() is not None:
            return redirect(url_for("series.show_catalog"), 303)
        return render_template("people/districts.html", districts=db.session.scalars(select(District).order_by(District.name)).all())
    now = clock.now()
    cards = [card for cards_of in contributions.home_cards for card in cards_of(standing, now)]
    return render_template("people/home.html", standing=standing, cards=cards)
