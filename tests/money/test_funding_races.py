"""Several people at the same moment for the last of what others pay: in series of their own, whose locks don't hold each other up."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import func, select

from seminar.audit import broken_rules
from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.money.discount_code import CodeUse, use_code
from seminar.money.funding_source import FundingSource
from seminar.money.ledger import LedgerEntry
from seminar.money.order import order_of
from seminar.people.person import Person
from seminar.series.enrolling import enroll, withdraw
from seminar.series.enrollment import Enrollment
from seminar.series.series import Series
from tests.cast import NOW, a_cast
from tests.money.funding import a_code, a_rule, a_source
from tests.money.stripe import a_priced_series, held

WHO = ("ada", "ben", "cora", "pia")


def at_once(app, acts: list[Callable[[], object]]) -> list[str]:
    """Each in a session of its own, all of them begun together; what each was told: '' or the rule's no."""
    ready = Barrier(len(acts))

    def done(act):
        with app.app_context():
            ready.wait(10)
            try:
                act()
                db.session.commit()
            except Refused as refused:
                return str(refused)
            finally:
                db.session.remove()
        return ""

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(done, acts))


def enrolls(person_id, series_id):
    def act():
        person = db.session.get_one(Person, person_id)
        enroll(person, db.session.get_one(Series, series_id), by=person, now=NOW)

    return act


def leaves(place_id):
    def act():
        place = db.session.get_one(Enrollment, place_id)
        withdraw(place, by=place.person, now=NOW)

    return act


def uses(place_id):
    def act():
        place = db.session.get_one(Enrollment, place_id)
        use_code(order_of(place.id).lines[0], "summer", by=place.person, now=NOW)

    return act


def test_the_last_cents_of_a_source_are_given_once(clean):
    with clean.app_context():
        cast = a_cast()
        series = [a_priced_series(cast, title=f"Series {n}") for n in range(len(WHO))]
        source = a_source(cast, cents=30_001)
        for one in series:
            a_rule(cast, one, source)
        acts = [enrolls(cast.people[who].id, one.id) for who, one in zip(WHO, series, strict=True)]
    assert at_once(clean, acts) == [""] * 4
    with clean.app_context():
        given = db.session.scalars(select(-LedgerEntry.amount_cents).where(LedgerEntry.kind == "grant")).all()
        assert sorted(given) == [6_001, 12_000, 12_000]
        assert db.session.scalar(select(FundingSource.consumed_cents)) == 30_001


def test_who_takes_and_who_gives_back_at_the_same_moment_hold_up_nobody(clean):
    with clean.app_context():
        cast = a_cast()
        series = [a_priced_series(cast, title=f"Series {n}") for n in range(len(WHO))]
        sources = a_source(cast), a_source(cast, code="II", name="Title II-A")
        for n, one in enumerate(series):
            for source in sources[:: 1 if n % 2 else -1]:
                a_rule(cast, one, source, percent=50)
        places = [held(cast, who, one, NOW).id for who, one in zip(WHO[:2], series[:2], strict=True)]
        going = [leaves(place_id) for place_id in places]
        coming = [enrolls(cast.people[who].id, one.id) for who, one in zip(WHO[2:], series[2:], strict=True)]
    assert at_once(clean, [*going, *coming]) == [""] * 4
    with clean.app_context():
        assert db.session.scalars(select(FundingSource.consumed_cents)).all() == [12_000, 12_000]
        assert [rule.sentence for rule in broken_rules() if rule.broken] == []


def test_the_last_use_of_a_code_is_one_persons(clean):
    with clean.app_context():
        cast = a_cast()
        a_code(cast, most_uses=1)
        places = [held(cast, who, a_priced_series(cast, title=f"Series of {who}"), NOW).id for who in WHO]
    told = at_once(clean, [uses(place_id) for place_id in places])
    assert sorted(told) == ["", *["The code SUMMER is used up."] * 3]
    with clean.app_context():
        assert db.session.scalar(select(func.count()).select_from(CodeUse)) == 1
