"""The pages of people: signing in, home, and the program manager's people, schools and calendar."""

from flask import Blueprint

people: Blueprint = Blueprint("people", __name__)

from seminar.people.views import account, directory, home, passkeys, record, second_step, sessions, settings, support_view  # noqa: E402, F401
