"""The pages of series: the catalog, a series, one's own learning, teaching, and the program manager's planning."""

from flask import Blueprint

series: Blueprint = Blueprint("series", __name__)

from seminar.series.views import (  # noqa: E402
    answers,  # noqa: F401
    attendance,  # noqa: F401
    catalog,  # noqa: F401
    enrollment,  # noqa: F401
    exports,  # noqa: F401
    grid,  # noqa: F401
    learning,  # noqa: F401
    meetings,  # noqa: F401
    messages,  # noqa: F401
    planning,  # noqa: F401
    program,  # noqa: F401
    running,  # noqa: F401
)
