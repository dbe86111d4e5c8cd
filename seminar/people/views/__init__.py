"""The pages of people: signing in, home, and the program manager's people, schools and calendar."""

from flask import Blueprint

people: Blueprint = Blueprint("people", __name__)

from seminar.people.views import account, calendar, closing, directory, district, home, record, schools, set_up, settings  # noqa: E402, F401
