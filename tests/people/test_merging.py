"""Two records of one person become one: nothing is lost, nothing appended is changed, and every rule still holds."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from inventory.reserving import Asked, reserve
from seminar.audit import broken_rules
from seminar.ground import outbox
from seminar.ground.db import db
from seminar.ground.history import History
from seminar.ground.outbox import Mail
from seminar.ground.refusal import Refused
from seminar.people import account
from seminar.people.account import Account
from seminar.people.appointment import Appointment
from seminar.people.device_session import DeviceSession
from seminar.people.email_address import addresses_of, person_by_address
from seminar.people.merging import collisions, columns_of_people, merge, rows_of
from seminar.people.passkey import passkeys_of
from seminar.people.person import Person
from seminar.people.sign_on import SignOnIdentity
from seminar.people.support_view import SupportView
from seminar.series.attendance import Attendance, Present, take_attendance
from seminar.series.enrolling import enroll
from seminar.series.enrollment import Enrollment
from seminar.series.series import Series
from seminar.skills.award import Award
from seminar.skills.sign_off import SignOff
from seminar.skills.signing import Shown, sign_off
from tests.cast import NOW, TODAY, a_cast, a_model, a_passkey, a_person, a_series, an_award, signed_in


def count_of_everything():
    return {table.name: db.session.scalar(select(func.count()).select_from(table)) for table in db.metadata.sorted_tables}


def says(kept, merged):
    return [one.says.format(**one.values) for one in collisions(kept, merged, now=NOW)]


def merged_into(kept, merged, cast, reason="A typing slip"):
    merge(kept, merged, reason=reason, by=cast.olive, now=NOW)
    db.session.commit()


@pytest.fixture
def busy(db_session):
    """A district where Ada stands twice, and each of the two records has much of what the other has."""
    cast = a_cast()
    ada2 = cast.people["ada2"] = a_person(cast.district, "ada2", "teacher", cast.school)
    db.session.flush()
    series, other = a_series(cast), a_series(cast, "Sewing")
    enroll(cast.ada, series, by=cast.ada, now=NOW)
    for where in (series, other):
        enroll(ada2, where, by=ada2, now=NOW)
    sheet = [Present(cast.ada, "part", 10), Present(ada2, "present", 0)]
    take_attendance(series.meetings[0], sheet, by=cast.tara, now=NOW)
    first, second, third = cast.badge.competencies
    sign_off([Shown(cast.ada, first), Shown(ada2, first)], cast.badge, by=cast.tara, series_id=None, now=NOW, day=TODAY)
    sign_off([Shown(cast.ada, second), Shown(ada2, third)], cast.badge, by=cast.tara, series_id=None, now=NOW, day=TODAY)
    an_award(cast, ada2, last_day=TODAY.replace(year=2028))
    reserve(Asked(cast.school, ada2, {a_model(cast): 1}, TODAY, TODAY), by=cast.cora, now=NOW, today=TODAY)
    for person in (cast.ada, ada2):
        outbox.put(person, "late", key="same", now=NOW)
        of = {"district_id": cast.district.id, "person_id": person.id}
        db.session.add(SignOnIdentity(**of, issuer="https://id.example", subject=person.email, linked_at=NOW))
    db.session.commit()
    return cast


def test_no_row_is_lost_and_every_rule_holds(busy):
    before, ids = count_of_everything(), (busy.ada.id, busy.ada2.id)
    merged_into(busy.ada, busy.ada2, busy)
    after = count_of_everything()
    assert {name: (before[name], n) for name, n in after.items() if n < before[name]} == {}
    # One more award: what each record had shown is a whole badge now. Two more mails at most, and the trail.
    assert {name for name, n in after.items() if n > before[name]} <= {"history", "award", "mail", "email_address"}
    assert [(rule.sentence, rule.broken) for rule in broken_rules() if rule.broken] == []
    left = {column.table.name for column in columns_of_people() if db.session.scalar(select(func.count()).where(column == ids[1]))}
    assert left == {"account", "attendance", "mail"}


def test_what_the_other_record_had_is_the_kept_persons(busy):
    merged_into(busy.ada, busy.ada2, busy)
    ada = busy.ada.id
    places = db.session.execute(select(Enrollment.state, Series.id).join(Series).where(Enrollment.person_id == ada).order_by(Enrollment.id))
    assert [tuple(row) for row in places] == [("enrolled", 1), ("withdrawn", 1), ("enrolled", 2)]
    (mark,) = db.session.scalars(select(Attendance).where(Attendance.person_id == ada))
    assert (mark.mark, mark.minutes) == ("present", 120)
    standing = db.session.scalars(select(SignOff).where(SignOff.person_id == ada, SignOff.withdrawn_at.is_(None), SignOff.day == TODAY))
    assert len({row.competency_id for row in standing}) == 3
    held = db.session.scalars(select(Award.last_day).where(Award.person_id == ada, Award.withdrawn_at.is_(None))).all()
    assert TODAY.replace(year=2028) in held
    open_ones = db.session.scalars(select(Appointment).where(Appointment.person_id == ada, Appointment.last_day.is_(None))).all()
    assert len(open_ones) == 1


def test_every_address_and_every_sign_on_leads_to_the_one_who_stays(busy):
    merged_into(busy.ada, busy.ada2, busy)
    assert [row.address for row in addresses_of(busy.ada)] == ["ada@a.example", "ada2@a.example"]
    assert person_by_address("ada2@a.example").id == busy.ada.id
    assert account.account_by_email("ada2@a.example").person_id == busy.ada.id
    subjects = db.session.scalars(select(SignOnIdentity.subject).where(SignOnIdentity.person_id == busy.ada.id).order_by(SignOnIdentity.id))
    assert list(subjects) == ["ada@a.example", "ada2@a.example"]
    assert (busy.ada2.merged_into_id, busy.ada2.email, busy.ada2.may_sign_in) == (busy.ada.id, None, False)


def test_each_address_is_told(busy):
    merged_into(busy.ada, busy.ada2, busy)
    told = db.session.scalars(select(Mail).where(Mail.kind == "sign_in_changed").order_by(Mail.id)).all()
    assert [(mail.person_id, mail.context["to"]) for mail in told] == [(busy.ada.id, "ada@a.example"), (busy.ada.id, "ada2@a.example")]


def test_the_trail_of_the_other_record_is_untouched_and_says_what_became_of_it(busy):
    before = [(row.id, row.who_id, row.record_id) for row in db.session.scalars(select(History).order_by(History.id))]
    merged_into(busy.ada, busy.ada2, busy, reason="She married")
    rows = db.session.scalars(select(History).order_by(History.id)).all()
    assert [(row.id, row.who_id, row.record_id) for row in rows][: len(before)] == before
    said = {row.record_id: row.details for row in rows if row.what == "merged"}
    assert said[busy.ada2.id] == {"into": busy.ada.id, "reason": "She married"}
    assert said[busy.ada.id]["rows"]["enrollment.person_id"] == 2


def test_every_session_and_link_of_the_other_record_ends(busy):
    signed_in(busy.ada2, "on a tablet")
    a_passkey(busy.ada2)
    token = account.send_link(busy.ada2, "reset", by=None, now=NOW)
    merged_into(busy.ada, busy.ada2, busy)
    still = select(DeviceSession.person_id).where(
        DeviceSession.person_id.in_([busy.ada.id, busy.ada2.id]), DeviceSession.ended_at.is_(None)
    )
    # The one who stays was signed in by one session of her own, and is by no other.
    assert db.session.scalars(still).all() == [busy.ada.id]
    # It is hers by now, and opens nothing: she has a way in of her own.
    assert passkeys_of(busy.ada) == []
    assert account.open_link(token, now=NOW) is None


def test_who_has_no_account_yet_takes_the_others(db_session):
    cast = a_cast()
    db.session.delete(db.session.get_one(Account, cast.ada.id))
    db.session.commit()
    merged_into(cast.ada, cast.ben, cast)
    assert db.session.get(Account, cast.ben.id) is None
    assert db.session.get(Account, cast.ada.id) is not None


def test_who_looked_at_the_other_record_for_support_can_be_the_same_person(busy):
    at = {"reason": "Asked", "begun_at": NOW, "until": NOW + timedelta(minutes=30)}
    db.session.add(SupportView(district_id=busy.district.id, by_id=busy.ada.id, person_id=busy.ada2.id, **at))
    merged_into(busy.ada, busy.ada2, busy)
    # Nobody looks as themselves, so the row stays with the record that went.
    assert db.session.execute(select(SupportView.by_id, SupportView.person_id)).all() == [(busy.ada.id, busy.ada2.id)]


def test_what_will_happen_is_said_before_and_changes_nothing(busy):
    before = count_of_everything()
    assert says(busy.ada, busy.ada2) == [
        "Both hold the same appointment. The one since 2020-01-01 ends today, the other goes on.",
        "Both have an address. Mail goes to ada@a.example; ada2@a.example signs them in too.",
        "Both have set a way to sign in. The one of the record that stays counts.",
        "Both have C0 signed off on 2027-03-01. One of the two is withdrawn, and stays on record.",
        "Both have a place in Robotics. The better one stays, the other is withdrawn and gives its seat back.",
        "Both are marked in a meeting of Robotics on 2027-03-01. The longer presence counts.",
    ]
    db.session.commit()
    assert count_of_everything() == before
    assert rows_of([busy.ada, busy.ada2])["enrollment"] == {busy.ada.id: 2, busy.ada2.id: 4}


def test_a_sign_off_by_the_one_for_the_other_keeps_them_two(db_session):
    cast = a_cast()
    sign_off([Shown(cast.ada, cast.badge.competencies[0])], cast.badge, by=cast.tara, series_id=None, now=NOW, day=TODAY)
    db.session.commit()
    for kept, merged in ((cast.ada, cast.tara), (cast.tara, cast.ada)):
        with pytest.raises(Refused, match="for oneself"):
            merge(kept, merged, reason="x", by=cast.olive, now=NOW)
        db.session.rollback()


@pytest.mark.parametrize(("kept", "merged"), [("ada", "ben"), ("ben", "ada")])
def test_somebody_whose_name_is_gone_is_not_merged_into_a_name_again(db_session, kept, merged):
    cast = a_cast()
    cast.ada.pseudonymised_on, cast.ada.email = TODAY, None
    db.session.flush()
    with pytest.raises(Refused, match="their name is gone"):
        merged_into(cast.people[kept], cast.people[merged], cast)


def test_nobody_is_merged_with_themselves_twice_across_districts_or_without_a_reason(db_session):
    cast, stan = a_cast(), a_cast("B", {"stan": "teacher"}).stan
    for kept, merged, reason, words in (
        (cast.ada, cast.ada, "x", "one already"),
        (cast.ada, stan, "x", "one already"),
        (cast.ada, cast.ben, "  ", "Say why"),
        (cast.ada, cast.olive, "x", "your own record"),
    ):
        with pytest.raises(Refused, match=words):
            merge(kept, merged, reason=reason, by=cast.olive, now=NOW)
        db.session.rollback()
    merged_into(cast.ada, cast.ben, cast)
    with pytest.raises(Refused, match="one already"):
        merge(cast.cora, cast.ben, reason="x", by=cast.olive, now=NOW)


def test_a_record_that_went_into_another_follows_it_further(db_session):
    cast = a_cast()
    merged_into(cast.ada, cast.ben, cast)
    merged_into(cast.cora, cast.ada, cast)
    assert {cast.ada.merged_into_id, cast.ben.merged_into_id} == {cast.cora.id}
    assert person_by_address("ben@a.example").id == cast.cora.id


def test_a_number_of_the_roster_stays_findable(db_session):
    cast = a_cast()
    cast.ben.sourced_id = "T-2"
    db.session.commit()
    merged_into(cast.ada, cast.ben, cast)
    assert (cast.ada.sourced_id, cast.ben.sourced_id) == ("T-2", None)
    cast.cora.sourced_id = "T-3"
    db.session.commit()
    merged_into(cast.ada, cast.cora, cast)
    assert (cast.ada.sourced_id, cast.cora.sourced_id) == ("T-2", "T-3")


def test_the_appointment_of_the_roster_goes_on(db_session):
    cast = a_cast()
    theirs = db.session.scalars(select(Appointment).where(Appointment.person_id == cast.ben.id)).one()
    theirs.source = "roster"
    db.session.commit()
    merged_into(cast.ada, cast.ben, cast)
    rows = db.session.scalars(select(Appointment).where(Appointment.person_id == cast.ada.id))
    assert {row.source: row.last_day for row in rows} == {"hand": TODAY, "roster": None}


def test_two_trainers_of_a_series_are_shown_as_one(db_session):
    cast = a_cast()
    series = a_series(cast)
    series.trainers = [cast.tara, cast.kim]
    db.session.commit()
    merged_into(cast.tara, cast.kim, cast)
    assert series.trainers == [cast.tara]
    assert db.session.get_one(Person, cast.kim.id).merged_into_id == cast.tara.id


def test_both_mails_of_one_event_stay(busy):
    merged_into(busy.ada, busy.ada2, busy)
    assert db.session.scalar(select(func.count()).where(Mail.kind == "late")) == 2
