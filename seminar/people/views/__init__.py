"""The pages of people: signing in, home, and the program manager's people, schools and calendar."""

from flask import Blueprint

people: Blueprint = Blueprint("people", __name__)

from seminar.people.views import (  # noqa: E402
    accessibility,
    account,
    directory,
    held,
    help,
    home,
    leaving,
    mail,
    mails,
    record,
    retention,
    roster,
    roster_server,
    settings,
)

# Imported for their routes alone, or read by wsgi.py for what they contribute.
__all__ = [
    "accessibility",
    "account",
    "directory",
    "held",
    "help",
    "home",
    "leaving",
    "mail",
    "mails",
    "people",
    "record",
    "retention",
    "roster",
    "roster_server",
    "settings",
]
