"""The access line: what each route asks of whoever opens it. Exactly one per route; create_app refuses a route without.

A predicate takes the person's standing (who they are today) and says yes or no. Each room states its own, by the table
in docs/access.md. `public` is for everybody. Signed out, any other route leads to the sign-in page and back.

Here alone it is decided, too, what looking as somebody else opens: their pages, none of what is theirs alone, and nothing
that changes anything.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, abort, g, redirect, request, url_for
from flask_babel import get_locale
from flask_login import current_user
from werkzeug.wrappers import Response

from seminar.ground import clock
from seminar.ground.db import READS, db, twice_if_a_race_is_lost
from seminar.ground.refusal import N_, Refused
from seminar.people.appointment import Standing
from seminar.people.support_view import end_view
from seminar.web.language import sentence_of
from seminar.web.pages import error_page
from seminar.web.viewer import forget_who_is_looking, looking, owes_a_second_step, signed_in_standing

Predicate = Callable[[Standing], bool]
View = Callable[..., Any]

CHANGES_NOTHING = N_("You see this as {name} sees it, so nothing can be changed. Stop looking first.")
OVER = N_("You no longer see what {name} sees: that is over after a while. Nothing was changed. These are your own pages again.")
THEIRS_ALONE = N_("This page is {name}'s alone, so it isn't shown while you look as they do.")


def public(_standing: Standing) -> bool:
    """Everybody, signed in or not."""
    return True


def leaving(_standing: Standing) -> bool:
    """Everybody, and also while looking as somebody else: the way out."""
    return True


def anyone_signed_in(_standing: Standing) -> bool:
    """Every person of a district."""
    return True


def oneself(_standing: Standing) -> bool:
    """Every person, for how they sign in: never whoever looks as they do."""
    return True


def oneself_proving(_standing: Standing) -> bool:
    """The same, and already while the second step that their role asks for isn't there: it is set up here."""
    return True


def works_here(standing: Standing) -> bool:
    """Everybody who holds an appointment of the district today; what was theirs alone stays theirs without one."""
    return bool(standing.appointments)


def requires(predicate: Predicate) -> Callable[[View], View]:
    """State what a route needs. Signed out: a redirect to sign in; signed in without the right: 403."""

    def line(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            def opened() -> Any:
                forget_who_is_looking()
                shut = _shut(predicate)
                # Whose language it is stands with the person. Asked for after the view's commit, it would open one more
                # transaction, with the write lock, for the sentence that says what was done.
                get_locale()
                return view(*args, **kwargs) if shut is None else shut

            return twice_if_a_race_is_lost(opened)

        guarded.requires = predicate  # type: ignore[attr-defined]
        return guarded

    return line


def _shut(predicate: Predicate) -> Any:
    """What is answered instead of the page; None where it opens."""
    if predicate is leaving or (predicate is public and request.method in READS):
        return None
    if predicate is oneself_proving:
        g.proving = True
    standing = signed_in_standing()
    if standing is not None and (refused := _refused_while_looking(predicate)):
        return refused
    if predicate is public:
        return None
    if standing is None:
        return redirect(url_for("people.show_second_step"), 303) if owes_a_second_step() else to_sign_in()
    if not predicate(standing):
        abort(403)
    return None


def _refused_while_looking(predicate: Predicate) -> tuple[str, int] | None:
    view = looking()
    if view is None:
        return None if request.method in READS else _refused_after_looking()
    if request.method not in READS:
        return error_page(403, sentence_of(Refused(CHANGES_NOTHING, name=view.person.name))), 403
    if predicate in (oneself, oneself_proving):
        return error_page(403, sentence_of(Refused(THEIRS_ALONE, name=view.person.name))), 403
    return None


def _refused_after_looking() -> tuple[str, int] | None:
    """Once, when it ran out: a form on a page that was still theirs would be done as oneself."""
    device = current_user.device
    if device.looking is None:
        return None
    name = device.looking.person.name
    end_view(device.looking, now=clock.now())
    device.looking = None
    db.session.commit()
    return error_page(409, sentence_of(Refused(OVER, name=name))), 409


def to_sign_in() -> Response:
    """The sign-in page, which leads back: to what was asked for, or to the form that was sent too late."""
    back = request.full_path.rstrip("?") if request.method in READS else _page_of_the_form()
    return redirect(url_for("people.show_sign_in", next=back, why=g.get("signed_out_why")), 303)


def _page_of_the_form() -> str | None:
    """Browsers say it for our own pages, by our Referrer-Policy."""
    sent_from = urlsplit(request.referrer or "")
    return f"{sent_from.path}?{sent_from.query}".rstrip("?") if sent_from.netloc == request.host else None


def refuse_routes_without_an_access_line(app: Flask) -> None:
    """Raise where a route states no need; Flask's own static files need none."""
    bare = [name for name, view in app.view_functions.items() if name != "static" and not hasattr(view, "requires")]
    if bare:
        raise RuntimeError(f"Each route states what it needs with @requires; these don't: {', '.join(sorted(bare))}")
