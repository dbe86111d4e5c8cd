"""From an empty installation to a published series that people enroll in and a model that a school reserves, all in the browser."""

import re
import subprocess
import sys
from datetime import date, timedelta

import pytest

from tests.journeys.conftest import ROOT, served_empty
from tests.journeys.visitor import DESK, PHONE, Visitor

pytestmark = pytest.mark.browser
PASSWORD = "a sentence to sign in"
SCHOOL, TITLE, MODEL = "Lakeside Elementary", "First Prints", "Desktop printer"
# What a district with nothing in it shows must make sense too.
EMPTY = ("/", "/seminars", "/equipment", "/program", "/skills", "/people", "/depot", "/settings/schools", "/settings/targets", "/staff")
PEOPLE = {
    "Trainer": ("Tara", "Lind"),
    "Equipment manager": ("Eli", "Moss"),
    "Principal": ("Pia", "Reed"),
    "Teacher": ("Ada", "Park"),
}


def created(given) -> str:
    """The invitation's link, as the command prints it."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "district", "create", "Lakeside Schools", "--code", "LAKE"]
    command += ["--admin", "olive.hart@lakeside.example", "--timezone", "America/Chicago"]
    said = subprocess.run(command, cwd=ROOT, env=given, check=True, capture_output=True, text=True).stdout
    return said.strip().splitlines()[-1].removeprefix(given["BASE_URL"])


def walk(olive: Visitor, invited, link: str) -> None:
    """The set-up in its order; `invited` opens the invitation of somebody else, in a browser of their own."""
    olive.go(link).fill("New password", PASSWORD).press("Set it and sign in")
    assert olive.path == "/set-up"
    for page in EMPTY:
        olive.go(page)
    next_step(olive, "The district").press("Save")
    next_step(olive, "Schools").follow("Add a school").fill("Name", SCHOOL).fill("Code", "0042").press("Save").reads("0042")
    next_step(olive, "School calendar").follow("Add a school year").press("Save")
    close_from_a_file(olive)
    next_step(olive, "Depot").fill("Name", "Lakeside depot").fill("Opens", "08:00").fill("Closes", "16:00").press("Save")
    next_step(olive, "Skills").press("Take them over").reads("3D Printing Operator")
    next_step(olive, "People and roles")
    for role in PEOPLE:
        appoint(olive, role)
    next_step(olive, "Cleared trainers").choose("Trainer", "Tara Lind").choose("Skill", "3D printing").press("Clear")
    next_step(olive, "Targets").choose("Skill", "3D printing").fill("Percent", "40").press("Set it everywhere")
    next_step(olive, "Equipment")
    add_equipment(invited("Eli"))
    next_step(olive, "The first series")
    publish(olive)
    olive.go("/set-up").reads(olive.say("Everything is there. The program is ready."))
    assert olive.go("/").main.get_by_role("link", name=olive.say("See every step")).count() == 0


def next_step(olive: Visitor, title: str) -> Visitor:
    """What is next is what was expected; everything before it is done."""
    olive.go("/set-up")
    link = olive.main.locator("li[data-state=next]").get_by_role("heading").get_by_role("link")
    assert link.inner_text() == olive.say(title)
    return olive.leave_by(link)


def close_from_a_file(olive: Visitor) -> None:
    day = date.today() + timedelta(days=3)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Lakeside//EN", "BEGIN:VEVENT", "UID:1", "DTSTAMP:20260101T000000Z"]
    lines += [f"DTSTART;VALUE=DATE:{day:%Y%m%d}", "SUMMARY:Staff day", "END:VEVENT", "END:VCALENDAR", ""]
    olive.go("/settings/calendar/closed-days/new")
    content = "\r\n".join(lines).encode()
    olive.field("Calendar file (.ics)").set_input_files({"name": "holidays.ics", "mimeType": "text/calendar", "buffer": content})
    olive.press("Look at its days").press("Close these days").reads("Staff day")


def appoint(olive: Visitor, role: str) -> None:
    given, family = PEOPLE[role]
    olive.go("/people/new").fill("Given name", given).fill("Family name", family)
    olive.fill("Email", f"{given.lower()}@lakeside.example").press("Add and invite")
    olive.choose("Role", olive.say(role)).choose("School", SCHOOL).press("Appoint").sees("Appointed.")


def add_equipment(eli: Visitor) -> None:
    eli.go("/equipment").follow("Add a model").fill("Name", MODEL).choose("Skill", "3D printing")
    eli.check(eli.main.get_by_role("checkbox", name="3D Printing Operator"))
    eli.press("Save").fill("Tag", "3DP-001").press("Add the item").reads("3DP-001")


def publish(olive: Visitor) -> None:
    today = date.today()
    olive.go("/seminars/new").fill("Title", TITLE).fill("Summary", "Print a first part.").choose("Skill", "3D printing")
    olive.choose("Badge that it leads to", "3D Printing Operator").press("Save")
    olive.leave_by(olive.main.get_by_role("link", name=re.compile(f"^{olive.say('New series')}")))
    olive.fill("Enrollment opens", f"{today - timedelta(days=2)}T08:00").fill("Enrollment closes", f"{today + timedelta(days=20)}T08:00")
    olive.check(olive.main.get_by_role("checkbox", name="Tara Lind"))
    olive.press("Save").follow("Add a meeting")
    olive.fill("Day", str(today + timedelta(days=21))).fill("Starts", "16:00").fill("Ends", "18:00").fill("Place", SCHOOL).press("Save")
    olive.press("Publish")


@pytest.mark.parametrize(
    "how",
    [{"viewport": DESK}, {"viewport": PHONE, "java_script_enabled": False}, {"viewport": DESK, "language": "es"}],
    ids=["at a desk", "with a phone, without JavaScript", "in Spanish"],
)
def test_an_empty_installation_becomes_a_program(browser, mailbox, how):
    axe = how.get("java_script_enabled", True)
    with served_empty(browser, mailbox) as (base, given):

        def invited(name: str) -> Visitor:
            letter = mailbox.letter_to(f"{name.lower()}@lakeside.example").get_content()
            link = re.search(r"/sign-in/link/\S+", letter)[0]
            return Visitor(browser, base, axe=axe, **how).go(link).fill("New password", PASSWORD).press("Set it and sign in")

        mailbox.letters.clear()
        walk(Visitor(browser, base, axe=axe, **how), invited, created(given))
        ada = invited("Ada")
        ada.go("/seminars").open(TITLE).press("Enroll").sees("You're enrolled")
        ada.go("/equipment").open(MODEL).reads("3D Printing Operator")
        pia = invited("Pia").go("/equipment").open(MODEL).follow("Reserve")
        assert pia.chosen("School") == SCHOOL
        assert pia.field(re.compile(MODEL)).count() == 1
