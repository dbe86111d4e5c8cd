"""The number of SQL statements of each listed page doesn't grow with the data: the same with 3 rows and with 300."""

from sqlalchemy import event

from seminar.ground.db import db
from seminar.people.appointment import Appointment
from seminar.people.person import Person
from seminar.people.sign_on_provider import SignOnDomain, SignOnProvider
from seminar.series.enrollment import Enrollment
from seminar.skills.award import Award
from tests.cast import NOW, TODAY, a_cast, a_model, a_series

PAGES = {
    "/seminars": "ada",
    "/staff": "ada",
    "/schools/1": "pia",
    "/": "pia",
    "/teaching": "tara",
    "/series/1/skills": "tara",
    "/meetings/1/attendance": "tara",
    "/my/learning": "ada",
    "/equipment": "ada",
    "/equipment/printer": "cora",
    "/reservations/new?quantity-1=1": "cora",
    "/depot": "eli",
    "/program": "olive",
    "/people": "olive",
    "/audit-trail": "olive",
    "/settings/sign-on": "olive",
    "/people/1/merge?search=more": "olive",
    "/sign-in": "olive",
}


def grow(cast, series, number):
    """So many more teachers, each enrolled and with a badge; and as many series."""
    people = [Person(district_id=cast.district.id, given_name=f"P{n}", family_name="More") for n in range(number)]
    db.session.add_all(people)
    db.session.flush()
    d = cast.district.id
    for person in people:
        db.session.add_all(
            [
                Appointment(district_id=d, person_id=person.id, role="teacher", school_id=cast.school.id, first_day=TODAY),
                Enrollment(district_id=d, series_id=series.id, person_id=person.id, state="enrolled", state_since=NOW, created_at=NOW),
                Award(district_id=d, person_id=person.id, badge_id=cast.badge.id, first_day=TODAY, last_day=TODAY, awarded_at=NOW),
            ]
        )
    for n in range(min(number, 20)):
        of = {"district_id": d, "name": f"{number}-{n}", "slug": f"{number}-{n}"}
        provider = SignOnProvider(**of, issuer="https://id.example", client_id="x", secret_variable="OIDC_A__SECRET")
        provider.domains = [SignOnDomain(district_id=d, domain=f"{number}-{n}.example")]
        db.session.add(provider)
        a_series(cast, f"Seminar {number} {n}")
    db.session.commit()


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
        series = a_series(cast, seats=400)
        a_model(cast, items=3)
        keys = {name: f"{person.id}:key-{name}" for name, person in cast.people.items()}
        grow(cast, series, 3)
    # No context is held while pages are asked for: test and view would share a session.
    few = {url: statements(clean, url, keys[name]) for url, name in PAGES.items()}
    with clean.app_context():
        db.session.add_all([cast.district, cast.school, cast.badge, cast.skill, series, *cast.people.values()])
        grow(cast, series, 300)
    many = {url: statements(clean, url, keys[name]) for url, name in PAGES.items()}
    assert many == few
