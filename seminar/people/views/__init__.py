"""The pages of people: signing in, home, and the program manager's people, schools and calendar."""

from flask import Blueprint

people: Blueprint = Blueprint("people", __name__)

from seminar.people.views import (  # noqa: E402, F401
    account,
    directory,
    email_addresses,
    home,
    merging,
    record,
    settings,
    sign_on,
    sign_on_settings,
)
