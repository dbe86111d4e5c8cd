"""What people get wrong in a form, what they are told, and how they put it right: one try per form."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Try:
    """Somebody at a page types something and presses a button; `refused` is part of what the page says, and `then` what it
    says when `corrected` is typed over it and the button is pressed again."""

    by: str | None
    at: str
    button: str
    typed: dict[str, str]
    refused: str
    corrected: dict[str, str]
    then: str


REASON = {"Why it is canceled": "The trainer is ill"}
TRIES = {
    "a wrong password": Try(
        None,
        "/sign-in",
        "Sign in",
        {"Email": "coach@rivermark.example", "Password": "makerpd-dem"},
        "That email and password don't go together.",
        {"Password": "makerpd-demo"},
        "Ken",
    ),
    "a shared device that waits too long": Try(
        "program",
        "/settings/shared-devices",
        "Save",
        {"Minutes without anybody": "600"},
        "Choose from 2 to 120 minutes.",
        {"Minutes without anybody": "15"},
        "Saved.",
    ),
    "no address for a new password": Try(
        None,
        "/sign-in/forgotten",
        "Send the link",
        {"Email": ""},
        "Type your school email address.",
        {"Email": "nobody@rivermark.example"},
        "If that address is known here, a link is on its way to it.",
    ),
    "a new password that is too short": Try(
        "other",
        "/my/account",
        "Change it",
        {"The password that you have now": "makerpd-demo", "New password": "short"},
        "Use at least 10 characters.",
        {"The password that you have now": "makerpd-demo", "New password": "a short sentence"},
        "Your password is changed.",
    ),
    "a seminar's title that is taken": Try(
        "program",
        "/seminars/new",
        "Save",
        {"Title": "Laser Cutting, Safely", "Summary": "Cut a box that closes.", "Skill": "Fabrication"},
        "There is a seminar called Laser Cutting, Safely already.",
        {"Title": "Laser Cutting, Further"},
        "Saved.",
    ),
    "a seminar for grades the wrong way round": Try(
        "program",
        "/seminars/{seminar}/edit",
        "Save",
        {"From grade": "5", "To grade": "3"},
        "The first grade is above the last one.",
        {"To grade": "6"},
        "Saved.",
    ),
    "enrollment that closes before it opens": Try(
        "program",
        "/series/{other_series}/edit",
        "Save",
        {"Enrollment opens": "2027-02-10T08:00", "Enrollment closes": "2027-02-09T08:00"},
        "Enrollment closes before it opens.",
        {"Enrollment closes": "2027-03-25T18:00"},
        "Saved.",
    ),
    "fewer seats than are taken": Try(
        "program",
        "/series/{series}/edit",
        "Save",
        {"Seats": "3"},
        "seats are taken.",
        {"Seats": "30"},
        "Saved.",
    ),
    "a meeting that ends before it starts": Try(
        "program",
        "/series/{other_series}/meetings/new",
        "Save",
        {"Day": "2027-04-06", "Starts": "16:00", "Ends": "15:00", "Place": "Alder Creek Elementary"},
        "The meeting ends before it starts.",
        {"Ends": "18:00"},
        "Saved.",
    ),
    "a meeting that is canceled for no reason": Try(
        "program", "/meetings/{later_meeting}/edit", "Cancel it", {}, "Say why; everybody enrolled is told.", REASON, "Canceled"
    ),
    "a series that is canceled for no reason": Try(
        "program", "/series/{summer_series}/edit", "Cancel it", {}, "Say why; everybody enrolled is told.", REASON, "Canceled"
    ),
    "an enrollment for an unknown address": Try(
        "program",
        "/series/{other_series}",
        "Enroll them",
        {"Email of somebody to enroll": "nobody@rivermark.example"},
        "Nobody in this district has the email nobody@rivermark.example.",
        {"Email of somebody to enroll": "contact@rivermark.example"},
        "Omar Haddad is enrolled",
    ),
    "a person whose address is taken": Try(
        "program",
        "/people/new",
        "Add and invite",
        {"Given name": "Ada", "Family name": "Diaz", "Email": "teacher@rivermark.example"},
        "teacher@rivermark.example belongs to somebody already.",
        {"Email": "ada.diaz@rivermark.example"},
        "Added, and invited by mail.",
    ),
    "an appointment at no school": Try(
        "program",
        "/people/{person}/appointments",
        "Appoint",
        {"Role": "Maker contact", "First day": "2027-03-02"},
        "Choose the school; this role is held at one.",
        {"School": "Oak Hill Middle"},
        "Appointed.",
    ),
    "a badge's name that is taken": Try(
        "program",
        "/badges/{badge}",
        "Save",
        {"Name": "Laser Cutter"},
        "There is a badge called Laser Cutter already.",
        {"Name": "3D Printing Operator"},
        "Saved.",
    ),
    "a competency that is asked for already": Try(
        "program",
        "/badges/{badge}",
        "Add it",
        {"New competency": "Clear a simple jam"},
        "3D Printing Operator asks for that already.",
        {"New competency": "Change a nozzle"},
        "Added.",
    ),
    "a model's name that is taken": Try(
        "equipment",
        "/equipment/models/new",
        "Save",
        {"Name": "Desktop 3D printer", "Skill": "3D printing"},
        "There is a model called Desktop 3D printer already.",
        {"Name": "Resin printer"},
        "Added.",
    ),
    "a tag that another item has": Try(
        "equipment",
        "/equipment/{model}/edit",
        "Add the item",
        {"Tag": "3DP-001", "Serial number": "X-77"},
        "The tag 3DP-001 is on another item already.",
        {"Tag": "3DP-901"},
        "3DP-901 is added.",
    ),
}
