"""The settings page of the refund rule."""

from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext, lazy_gettext

from seminar.ground import clock
from seminar.ground.contributions import Place
from seminar.money.access import keeps_orders
from seminar.money.refund_rule import MOST_DAYS, MOST_TIERS, change_refund_rule, tiers_of
from seminar.money.views import money
from seminar.web.forms import Form
from seminar.web.requires import requires
from seminar.web.saving import saved
from seminar.web.viewer import district_or_404, me


def settings_pages() -> list[Place]:
    says = lazy_gettext("How much of a price comes back to who withdraws, by how many school days there are before the first meeting.")
    return [Place(lazy_gettext("Refunds"), says, "money.show_refund_rule", keeps_orders)]


@money.get("/settings/refunds")
@requires(keeps_orders)
def show_refund_rule() -> str:
    return _rule_page(Form(formdata=None), _as_it_is(), {})


def _as_it_is() -> dict[str, str]:
    tiers = tiers_of(district_or_404().id)
    return {f"{name}_{n}": str(value) for n, tier in enumerate(tiers) for name, value in zip(("days", "percent"), tier, strict=True)}


def _rule_page(form: Form, shown: dict[str, str], wrong: dict[str, str]) -> str:
    return render_template("money/refund_rule.html", form=form, shown=shown, wrong=wrong, rows=range(MOST_TIERS))


def _typed() -> tuple[list[tuple[int, int]], dict[str, Any]]:
    """The tiers, and by field what is wrong."""
    tiers, wrong = [], {}
    for n in range(MOST_TIERS):
        names = (f"days_{n}", f"percent_{n}")
        values = [request.form.get(name, "").strip() for name in names]
        if not any(values):
            continue
        for name, value, most in zip(names, values, (MOST_DAYS, 100), strict=True):
            if not (value.isascii() and value.isdigit() and len(value) < 5 and int(value) <= most):
                wrong[name] = gettext("Type a whole number from %(min)s to %(max)s.", min=0, max=most)
        if not wrong:
            tiers.append((int(values[0]), int(values[1])))
    return tiers, wrong


@money.post("/settings/refunds")
@requires(keeps_orders)
def save_refund_rule() -> object:
    tiers, wrong = _typed()
    typed = dict(request.form.items())
    if wrong:
        return _rule_page(Form(), typed, wrong), 422

    def save() -> str:
        change_refund_rule(district_or_404(), tiers, by=me().person, now=clock.now())
        return url_for("money.show_refund_rule")

    return saved(Form(), save, lambda form: _rule_page(form, typed, {}), gettext("Saved. It counts for orders from now on."))
