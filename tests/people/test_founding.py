"""How a district begins, as somebody types it: the command, its refusals, and the invitation that opens the set-up."""

import pytest
from sqlalchemy import select

from seminar.ground.db import db
from seminar.ground.outbox import Mail
from seminar.people.appointment import Appointment
from seminar.people.district import District
from seminar.people.email_address import EmailAddress
from seminar.people.founding import name_of
from seminar.people.person import Person
from tests.cast import NOW, a_cast

ADMIN = "gloria.mensah@lakeside.example"


def create(app, *more, code="LAKE", admin=ADMIN, name="Lakeside Schools"):
    return app.test_cli_runner().invoke(args=["district", "create", name, "--code", code, "--admin", admin, *more])


def test_a_district_begins_with_a_program_manager_whose_link_is_printed_and_mailed(clean):
    made = create(clean, "--timezone", "America/Chicago", "--language", "es")
    assert made.exit_code == 0
    with clean.app_context():
        district = db.session.scalars(select(District)).one()
        person = db.session.scalars(select(Person)).one()
        mail = db.session.scalars(select(Mail)).one()
        assert (district.code, district.timezone, district.language, district.mail_from) == ("LAKE", "America/Chicago", "es", ADMIN)
        assert (person.name, person.email, mail.kind) == ("Gloria Mensah", ADMIN, "invitation")
        assert db.session.scalars(select(Appointment.role)).all() == ["program_manager"]
        assert f"http://localhost/sign-in/link/{mail.context['token']}" in made.output


def test_the_link_leads_in_and_to_a_second_step(clean):
    link = create(clean).output.split("http://localhost")[1].strip()
    visitor = clean.test_client()
    opened = visitor.post(link, data={"password": "a long enough password"})
    # Who runs a program shows a second thing beside the password from the first day; the home leads on from there.
    assert (opened.status_code, opened.location) == (303, "/my/account/second-step")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"code": "A"}, "There is a district with the code A already."),
        ({"admin": "Olive@A.example"}, "olive@a.example belongs to somebody"),
        ({"admin": "olive@home.example"}, "olive@home.example belongs to somebody"),
        ({"admin": "gloria"}, "gloria is no email address."),
        ({"code": "two words"}, "The code is up to 30 letters"),
        ({"name": " "}, "Give the district a name."),
    ],
)
def test_what_is_taken_or_wrong_is_refused_and_nothing_is_made(clean, wrong, sentence):
    with clean.app_context():
        cast = a_cast()
        further = EmailAddress(district_id=cast.district.id, person_id=cast.olive.id, address="olive@home.example", confirmed_at=NOW)
        db.session.add(further)
        db.session.commit()
    refused = create(clean, **wrong)
    assert (refused.exit_code, sentence in refused.output) == (1, True)
    with clean.app_context():
        assert db.session.scalars(select(District.code)).all() == ["A"]


def test_a_zone_that_is_none_is_refused(clean):
    refused = create(clean, "--timezone", "Pacific")
    assert (refused.exit_code, "There is no time zone Pacific." in refused.output) == (1, True)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Ana Ruiz Soto", ("Ana Ruiz", "Soto")),
        ("ana.ruiz@example.org", ("Ana", "Ruiz")),
        ("olive@example.org", ("Olive", "(PD office)")),
    ],
)
def test_an_address_tells_a_name_as_far_as_it_can(typed, name):
    assert name_of(typed) == name
