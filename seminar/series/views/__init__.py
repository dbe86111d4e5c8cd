"""The pages of series: the catalog, a series, one's own learning, teaching, and the program manager's planning."""

from flask import Blueprint

series: Blueprint = Blueprint("series", __name__)

from seminar.series.views import (  # noqa: E402
    attendance,
    catalog,
    enrollment,
    grid,
    learning,
    meetings,
    nominating,
    planning,
    program,
    seats,
    several,
)

# Imported for their routes alone.
__all__ = [
    "attendance",
    "catalog",
    "enrollment",
    "grid",
    "learning",
    "meetings",
    "nominating",
    "planning",
    "program",
    "seats",
    "series",
    "several",
]
