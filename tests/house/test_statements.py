"""The number of SQL statements of each listed page doesn't grow with the data: the same with 3 rows and with 300."""

from datetime import timedelta

from sqlalchemy import event, select

from inventory.equipment_import import EquipmentImport, stage
from inventory.equipment_sheet import COLUMNS, NEEDED
from seminar.coverage.moves import Wanted, plan_moves, teachers_of
from seminar.coverage.roll_over import save_days
from seminar.ground.db import db
from seminar.ground.sheets import read_table
from seminar.money.discount_code import use_code
from seminar.money.order import order_of
from seminar.people.appointment import Appointment
from seminar.people.person import Person
from seminar.people.sign_on_provider import SignOnDomain, SignOnProvider
from seminar.series.answer import give_answers
from seminar.series.enrolling import enroll
from seminar.series.enrollment import Enrollment
from seminar.series.moved import ask
from seminar.series.nomination import nominate
from seminar.skills.award import Award
from tests.cast import ANSWERS, NOW, TODAY, a_cast, a_model, a_passkey, a_series, asking, signed_in
from tests.money.funding import a_code, a_rule, a_source
from tests.money.stripe import a_priced_series

PAGES = {
    "/seminars": "ada",
    "/staff": "ada",
    "/schools/1": "pia",
    "/": "pia",
    "/teaching": "tara",
    "/series/1": "olive",
    "/series/1/cancellation": "olive",
    "/series/1/people?format=csv": "tara",
    "/series/1/messages/new": "tara",
    "/teaching/series?format=csv": "olive",
    "/series/1/enrollments/new": "pia",
    "/enrollments/new?person=1&person=2": "olive",
    "/enrollments/2/substitution": "pia",
    "/series/1/skills": "tara",
    "/series/1/answers": "tara",
    "/series/1/enrollment": "ben",
    "/meetings/1/attendance": "tara",
    "/my/learning": "ada",
    "/equipment": "ada",
    "/equipment/printer": "cora",
    "/equipment/import": "eli",
    "/equipment/import/1": "eli",
    "/reservations/new?quantity-1=1": "cora",
    "/depot": "eli",
    "/program": "olive",
    "/people": "olive",
    "/my/account/mail": "ada",
    "/settings/mails": "olive",
    "/settings/retention": "olive",
    "/settings/new-school-year": "olive",
    "/settings/new-school-year/moves": "olive",
    "/settings/new-school-year/schools/1": "olive",
    "/settings/new-school-year/still-open": "olive",
    "/settings/new-school-year/preview": "olive",
    "/my/account/sessions": "ben",
    "/my/account/passkeys": "ben",
    "/set-up": "olive",
    "/settings/schools": "olive",
    "/settings/schools/1": "olive",
    "/settings/targets": "olive",
    "/settings/depot": "eli",
    "/audit-trail": "olive",
    "/settings/sign-on": "olive",
    "/people/1/merge?search=more": "olive",
    "/orders?show=all": "olive",
    "/orders/export?year=2027&format=csv": "olive",
    "/funding": "olive",
    "/discount-codes": "olive",
    "/spend?year=2027": "olive",
    "/sign-in": "olive",
}


def grow(cast, series, number):
    """So many more teachers, each enrolled or, every third, in line, and with a badge; and as many series, each with a seat kept
    for Ada, for which Pia is nominated."""
    people = [Person(district_id=cast.district.id, given_name=f"P{n}", family_name="More") for n in range(number)]
    db.session.add_all(people)
    db.session.flush()
    d = cast.district.id
    for n, person in enumerate(people):
        state = "enrolled" if n % 3 else "waitlisted"
        db.session.add_all(
            [
                Appointment(district_id=d, person_id=person.id, role="teacher", school_id=cast.school.id, first_day=TODAY),
                a_place(person, series, state),
                Award(district_id=d, person_id=person.id, badge_id=cast.badge.id, first_day=TODAY, last_day=TODAY, awarded_at=NOW),
            ]
        )
    db.session.flush()
    for place in db.session.scalars(select(Enrollment).where(Enrollment.person_id.in_([p.id for p in people]))):
        give_answers(place, ANSWERS, by=place.person, now=NOW)
    plan_to_leave(cast, people)
    pay_for_seats(cast, people[:20])
    for n in range(number):
        signed_in(cast.ben, f"ben {number} {n}")
        a_passkey(cast.ben, f"Key {number} {n}")
    for n in range(min(number, 20)):
        of = {"district_id": d, "name": f"{number}-{n}", "slug": f"{number}-{n}"}
        provider = SignOnProvider(**of, issuer="https://id.example", client_id="x", secret_variable="OIDC_A__SECRET")
        provider.domains = [SignOnDomain(district_id=d, domain=f"{number}-{n}.example")]
        db.session.add(provider)
        offered = a_series(cast, f"Seminar {number} {n}")
        db.session.add(a_place(cast.ada, offered, "offered"))
        nominate([cast.pia, *people[:2]], offered, note="", by=cast.olive, now=NOW)
    db.session.commit()


def pay_for_seats(cast, people):
    """Each has a series whose seats a source of its own pays in part, and a code that they used."""
    for n, person in enumerate(people):
        series, code = a_priced_series(cast, title=f"Priced {len(people)} {n}"), a_code(cast, f"CODE-{len(people)}-{n}")
        a_rule(cast, series, a_source(cast, code=f"{len(people)}-{n}"), percent=50)
        place = enroll(person, series, by=person, now=NOW)
        use_code(order_of(place.id).lines[0], code.code, by=person, now=NOW)


def a_place(person, series, state):
    until = NOW + timedelta(hours=2)
    at = {"state_since": NOW, "created_at": NOW, "joined_at": NOW, "offer_until": until if state == "offered" else None}
    return Enrollment(district_id=person.district_id, series_id=series.id, person_id=person.id, state=state, **at)


def a_sheet_of(cast, number):
    """The sheet that waits to be applied has so many rows, of which some add, some change and some are refused."""
    lines = (f"Saw {n},S-{number}-{n},,3D printing\nPrinter,Printer-{n % 3},S{n},\nSaw {n},,," for n in range(number))
    table = read_table("\n".join(["Model,Tag,Serial,Skill", *lines]).encode(), "ours.csv", COLUMNS, NEEDED)
    waiting = db.session.get(EquipmentImport, 1) or stage(table, cast.district.id, by=cast.eli, now=NOW)
    waiting.rows = [[row.line, row.values] for row in table.rows]
    for _ in range(number):
        stage(table, cast.district.id, by=cast.eli, now=NOW)
    db.session.commit()


def plan_to_leave(cast, people):
    """A new school year is drafted, and all of these leave with it."""
    days = {"first_day": TODAY.replace(month=8), "last_day": TODAY.replace(year=2028)}
    plan = save_days(cast.district, ends_in=2028, **days, closed={}, by=cast.olive, now=NOW)
    leaving = {row.appointment.id: Wanted("leaves") for row in teachers_of(plan, cast.school.id) if row.appointment.person in people}
    plan_moves(plan, teachers_of(plan, cast.school.id), leaving, by=cast.olive, today=TODAY, now=NOW)


def statements(app, url, key):
    seen = []
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = key
    with app.app_context():
        engine = db.engine
    listener = lambda *args: seen.append(args[2])  # noqa: E731
    event.listen(engine, "before_cursor_execute", listener)
    try:
        assert client.get(url).status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", listener)
    return len(seen)


def test_pages_take_as_many_statements_with_300_rows_as_with_3(clean):
    with clean.app_context():
        cast = a_cast()
        series = asking(a_series(cast, seats=400))
        series.freeze_day = TODAY
        a_model(cast, items=3)
        ask(series.meetings[0], was_at=NOW, was_place="Lab", by=cast.olive, now=NOW)
        keys = {name: f"{person.id}:key-{name}" for name, person in cast.people.items()}
        grow(cast, series, 3)
        a_sheet_of(cast, 3)
    # No context is held while pages are asked for: test and view would share a session.
    few = {url: statements(clean, url, keys[name]) for url, name in PAGES.items()}
    with clean.app_context():
        db.session.add_all([cast.district, cast.school, cast.badge, cast.skill, series, *cast.people.values()])
        grow(cast, series, 300)
        a_sheet_of(cast, 300)
    many = {url: statements(clean, url, keys[name]) for url, name in PAGES.items()}
    assert many == few
