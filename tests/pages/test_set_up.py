"""A district that is being set up is led on: what was just done is answered with what comes next."""

from tests.cast import a_cast
from tests.pages.as_who import as_who

DISTRICT = {"name": "District A", "mail_from": "pd@example.org", "timezone": "America/Los_Angeles", "language": "en"}
NEXT = "Next in the set-up:"


def test_what_was_just_done_leads_on_to_the_next_step_of_the_set_up(clean):
    with clean.app_context():
        a_cast()
    olive = as_who(clean, "olive")
    assert NEXT not in olive.get("/settings/district").text
    saved = olive.post("/settings/district", data=DISTRICT, follow_redirects=True).text
    assert (NEXT in saved, '<a href="/settings/calendar">School calendar</a>' in saved) == (True, True)
    ada = as_who(clean, "ada").post("/my/account/theme", data={"theme": "dark"}, follow_redirects=True)
    assert NEXT not in ada.text
