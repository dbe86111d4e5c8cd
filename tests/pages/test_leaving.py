"""A person's page: they leave, and it is taken back on the same screen."""

from inventory.reserving import Asked, reserve
from seminar.ground.db import db
from seminar.people.appointment import standing
from seminar.people.person import Person
from tests.cast import NOW, TODAY, a_cast, a_model, a_series, an_award
from tests.pages.as_who import as_who

PAGE = "/people/{}/appointments"


def test_a_leaving_says_what_waits_for_them_and_is_taken_back_on_the_same_page(clean):
    with clean.app_context():
        cast = a_cast()
        ada, page = cast.ada.id, PAGE.format(cast.ada.id)
        an_award(cast, cast.ada)
        reserve(
            Asked(cast.school, cast.ada, {a_model(cast): 1}, TODAY.replace(day=9), TODAY.replace(day=9)), by=cast.cora, now=NOW, today=TODAY
        )
        db.session.commit()
    olive = as_who(clean, "olive")
    assert "A reservation they answer for" in olive.get(page).text
    done = olive.post(f"/people/{ada}/leaving", data={"last_day": "2027-02-26", "reason": "moved away"})
    assert (done.status_code, done.location) == (303, page)
    shown = olive.get(page).text
    assert "Ada Example left; the last day was Feb 26, 2027. moved away" in " ".join(shown.split()).replace(".</p>", ".")
    assert "Ada Example leaves" not in shown
    assert olive.post(f"/people/{ada}/return").status_code == 303
    assert "Take it back" not in olive.get(page).text
    with clean.app_context():
        assert standing(db.session.get_one(Person, ada), TODAY).has("teacher")


def test_a_trainers_series_wait_for_them(clean):
    with clean.app_context():
        cast = a_cast()
        a_series(cast)
        tara = cast.tara.id
    assert "A series they teach" in as_who(clean, "olive").get(PAGE.format(tara)).text


def test_a_refused_leaving_keeps_what_was_typed_and_taking_back_twice_conflicts(clean):
    with clean.app_context():
        ada = a_cast().ada.id
    olive = as_who(clean, "olive")
    refused = olive.post(f"/people/{ada}/leaving", data={"last_day": "", "reason": "no day"})
    assert (refused.status_code, 'value="no day"' in refused.text) == (422, True)
    again = olive.post(f"/people/{ada}/return")
    assert (again.status_code, "This was taken back already." in again.text) == (409, True)


def test_one_appointment_is_ended_and_taken_back(clean):
    with clean.app_context():
        cast = a_cast()
        ada = cast.ada.id
        appointment = standing(cast.ada, TODAY).appointments[0].id
    olive = as_who(clean, "olive")
    day, reason = f"end{appointment}-last_day", f"end{appointment}-reason"
    for typed in ("", "2027-02-30", "2019-01-01"):
        refused = olive.post(f"/appointments/{appointment}/end", data={day: typed, reason: "Moves away"})
        assert (refused.status_code, 'value="Moves away"' in refused.text, f'id="{day}-error"' in refused.text) == (422, True, True)
    assert "Take the ending back" not in olive.get(PAGE.format(ada)).text
    assert olive.post(f"/appointments/{appointment}/end", data={day: "2027-03-01"}).status_code == 303
    assert "Take the ending back" in olive.get(PAGE.format(ada)).text
    for typed in ("", "2027-03-05"):
        assert olive.post(f"/appointments/{appointment}/end", data={day: typed}).status_code == 303
        shown = olive.get(PAGE.format(ada)).text
        assert "It ends already, on the day that stands there." in shown and "through Mar 1, 2027" in " ".join(shown.split())
    assert olive.post(f"/appointments/{appointment}/continuation").status_code == 303
    assert "Take the ending back" not in olive.get(PAGE.format(ada)).text
