"""The pages of series: the catalog, a series, one's own learning, teaching, and the program manager's planning."""

from flask import Blueprint

series: Blueprint = Blueprint("series", __name__)

from seminar.series.views import answers, attendance, catalog, enrollment, grid, learning, meetings, planning, program  # noqa: E402, F401
