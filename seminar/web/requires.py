"""The access line: what each route asks of whoever opens it. Exactly one per route; create_app refuses a route without.

A predicate takes the person's standing (who they are today) and says yes or no. Each room states its own, by the table
in docs/access.md. `public` is for everybody. Signed out, any other route leads to the sign-in page and back.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Flask, abort, g, redirect, request, url_for
from werkzeug.wrappers import Response

from seminar.ground.db import twice_if_a_race_is_lost
from seminar.people.appointment import Standing
from seminar.web.viewer import signed_in_standing

Predicate = Callable[[Standing], bool]
View = Callable[..., Any]


def public(_standing: Standing) -> bool:
    """Everybody, signed in or not."""
    return True


def anyone_signed_in(_standing: Standing) -> bool:
    """Every person of a district."""
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
                g.pop("standing", None)
                if predicate is not public:
                    standing = signed_in_standing()
                    if standing is None:
                        return to_sign_in()
                    if not predicate(standing):
                        abort(403)
                return view(*args, **kwargs)

            return twice_if_a_race_is_lost(opened)

        guarded.requires = predicate  # type: ignore[attr-defined]
        return guarded

    return line


def to_sign_in() -> Response:
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("people.show_sign_in", next=back), 303)


def refuse_routes_without_an_access_line(app: Flask) -> None:
    """Raise where a route states no need; Flask's own static files need none."""
    bare = [name for name, view in app.view_functions.items() if name != "static" and not hasattr(view, "requires")]
    if bare:
        raise RuntimeError(f"Each route states what it needs with @requires; these don't: {', '.join(sorted(bare))}")
