"""From an empty installation to a published series that people enroll in and a model that a school reserves, all in the browser, and
from what a district has: its roster, its calendar, and its spreadsheet of equipment."""

import re
import subprocess
import sys
from datetime import date, timedelta

import pyotp
import pytest

from tests.journeys.conftest import ROOT, served_empty
from tests.journeys.visitor import DESK, PHONE, Visitor
from tests.people.rosters import a_set, roles, texts, users, zipped

pytestmark = pytest.mark.browser
PASSWORD = "a sentence to sign in"
SCHOOL, TITLE, MODEL = "Lakeside Elementary", "First Prints", "Desktop printer"
# What a district with nothing in it shows must make sense too.
EMPTY = ("/", "/seminars", "/equipment", "/program", "/skills", "/people", "/depot", "/settings/schools", "/settings/targets", "/staff")
# By the roster: given name, what they do, where. Who trains and who keeps the equipment, no roster knows.
STAFF = {
    "u1": ("Tara", "aide", "S1"),
    "u2": ("Eli", "aide", "S1"),
    "u3": ("Pia", "principal", "S1"),
    "u4": ("Ada", "teacher", "S1"),
}
BY_HAND = {"Tara": "Trainer", "Eli": "Equipment manager"}
SHEET = f"Kind of thing,Asset tag,Skill,Badge needed\n{MODEL},3DP-001,3D printing,3D Printing Operator\n"


def created(given) -> str:
    """The invitation's link, as the command prints it."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "district", "create", "Lakeside Schools", "--code", "LAKE"]
    command += ["--admin", "olive.hart@lakeside.example", "--timezone", "America/Chicago"]
    said = subprocess.run(command, cwd=ROOT, env=given, check=True, capture_output=True, text=True).stdout
    return said.strip().splitlines()[-1].removeprefix(given["BASE_URL"])


def walk(olive: Visitor, invited, link: str) -> None:
    """The set-up in its order; `invited` opens the invitation of somebody else, in a browser of their own."""
    olive.go(link).fill("New password", PASSWORD).press("Set it and sign in")
    add_second_step(olive)
    for page in EMPTY:
        olive.go(page)
    next_step(olive, "The district").press("Save")
    next_step(olive, "Schools")
    read_roster(olive)
    close_from_a_file(olive)
    next_step(olive, "Depot").fill("Name", "Lakeside depot").fill("Opens", "08:00").fill("Closes", "16:00").press("Save")
    next_step(olive, "Skills").press("Take them over").reads("3D Printing Operator")
    next_step(olive, "People and roles")
    for given, _, _ in STAFF.values():
        invite(olive, given)
    next_step(olive, "Cleared trainers").choose("Trainer", "Tara Diaz").choose("Skill", "3D printing").press("Clear")
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


def add_second_step(visitor: Visitor) -> None:
    """Whoever runs the program or keeps the equipment shows a second thing beside the password, from the first day."""
    secret = visitor.main.locator(".key code").inner_text().replace(" ", "")
    visitor.fill("Code", pyotp.TOTP(secret).now()).press("Turn it on").follow("I keep them safely. Go on")


def read_roster(olive: Visitor) -> None:
    today = date.today()
    session = {"type": "schoolYear", "startDate": str(today - timedelta(days=60)), "endDate": str(today + timedelta(days=200))}
    year = {"sourcedId": "Y", "title": "This year", "schoolYear": str((today + timedelta(days=199)).year), **session}
    orgs = [{"sourcedId": "D", "name": "Lakeside", "type": "district"}]
    orgs.append({"sourcedId": "S1", "name": SCHOOL, "type": "school", "identifier": "0042", "parentSourcedId": "D"})
    staff = [row | {"email": f"{row['givenName'].lower()}@lakeside.example"} for row in users("1.2", **STAFF)]
    content = zipped(texts(a_set(orgs=orgs, academicSessions=[year], users=staff, roles=roles(**STAFF))))
    olive.go("/settings/roster").field("The zip, or all of its CSV files").set_input_files(
        {"name": "lakeside.zip", "mimeType": "application/zip", "buffer": content}
    )
    olive.press("Look at it").reads(SCHOOL)
    olive.press("Apply")


def invite(olive: Visitor, given: str) -> None:
    olive.go(f"/people?search={given}").open(f"{given} Diaz")
    if given in BY_HAND:
        olive.choose("Role", olive.say(BY_HAND[given])).press("Appoint").sees("Appointed.")
    olive.press("Send an invitation")


def add_equipment(eli: Visitor) -> None:
    add_second_step(eli)
    eli.go("/equipment").leave_by(eli.main.get_by_role("link", name=eli.say("Import a sheet")).first)
    eli.field("Your sheet").set_input_files({"name": "ours.csv", "mimeType": "text/csv", "buffer": SHEET.encode()})
    eli.press("Show what would change").press("Apply it")


def publish(olive: Visitor) -> None:
    today = date.today()
    olive.go("/seminars/new").fill("Title", TITLE).fill("Summary", "Print a first part.").choose("Skill", "3D printing")
    olive.choose("Badge that it leads to", "3D Printing Operator").press("Save")
    olive.leave_by(olive.main.get_by_role("link", name=re.compile(f"^{olive.say('New series')}")))
    olive.fill("Enrollment opens", f"{today - timedelta(days=2)}T08:00").fill("Enrollment closes", f"{today + timedelta(days=20)}T08:00")
    olive.check(olive.main.get_by_role("checkbox", name="Tara Diaz"))
    olive.press("Save").follow("Add a meeting")
    olive.fill("Day", str(today + timedelta(days=21))).fill("Starts", "16:00").fill("Ends", "18:00").fill("Place", SCHOOL).press("Save")
    olive.press("Publish")


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({"viewport": DESK}, id="at a desk", marks=pytest.mark.deep),
        pytest.param({"viewport": PHONE, "java_script_enabled": False}, id="with a phone, without JavaScript", marks=pytest.mark.deep),
        pytest.param({"viewport": DESK, "language": "es"}, id="in Spanish", marks=pytest.mark.deep),
    ],
)
def test_an_empty_installation_becomes_a_program(browser, mailbox, how):
    axe = how.get("java_script_enabled", True)
    with served_empty(browser, mailbox) as (base, given):

        def invited(name: str) -> Visitor:
            letter = mailbox.letter_to(f"{name.lower()}@lakeside.example").get_body(("plain",)).get_content()
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
