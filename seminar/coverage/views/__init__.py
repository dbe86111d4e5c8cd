"""The pages of coverage: the staff finder, a school, a person."""

from flask import Blueprint

coverage: Blueprint = Blueprint("coverage", __name__)

from seminar.coverage.views import new_year, new_year_moves, person, school, staff, targets  # noqa: E402, F401
from seminar.coverage.views.school import home_cards  # noqa: E402, F401
