"""The pages of people: signing in, home, and the program manager's people, schools and calendar."""

from flask import Blueprint

people: Blueprint = Blueprint("people", __name__)

from seminar.people.views import (  # noqa: E402
    accessibility,
    account,
    calendar,
    closing,
    directory,
    district,
    held,
    help,
    home,
    leaving,
    mail,
    mails,
    passkeys,
    record,
    retention,
    roster,
    roster_server,
    schools,
    second_step,
    sessions,
    set_up,
    settings,
    support_view,
)

# Imported for their routes alone, or read by wsgi.py for what they contribute.
__all__ = [
    "accessibility",
    "account",
    "calendar",
    "closing",
    "directory",
    "district",
    "held",
    "help",
    "home",
    "leaving",
    "mail",
    "mails",
    "passkeys",
    "people",
    "record",
    "retention",
    "roster",
    "roster_server",
    "schools",
    "second_step",
    "sessions",
    "set_up",
    "settings",
    "support_view",
]
