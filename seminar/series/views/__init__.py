"""The pages of series: the catalog, a series, one's own learning, teaching, and the program manager's planning."""

from flask import Blueprint

series: Blueprint = Blueprint("series", __name__)

from seminar.series.views import (  # noqa: E402
    answers,
    approval_settings,
    approvals,
    attendance,
    catalog,
    enrollment,
    exports,
    grid,
    groups,
    learning,
    meetings,
    messages,
    nominating,
    planning,
    program,
    running,
    seats,
    set_asides,
    several,
)

# Imported for their routes alone.
__all__ = [
    "answers",
    "approval_settings",
    "approvals",
    "attendance",
    "catalog",
    "enrollment",
    "exports",
    "grid",
    "groups",
    "learning",
    "meetings",
    "messages",
    "nominating",
    "planning",
    "program",
    "running",
    "seats",
    "series",
    "set_asides",
    "several",
]
