"""Old records lose what names somebody: not a day too early, once, and only in the district whose time is over."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event, func, select

from inventory.equipment_import import EquipmentImport
from inventory.reservation import Reservation, ReservationLine
from seminar.audit import broken_rules
from seminar.ground import outbox
from seminar.ground.db import db
from seminar.ground.history import History
from seminar.ground.mail_preference import DigestDay, MailPreference
from seminar.ground.once import SentForm
from seminar.ground.outbox import Mail
from seminar.ground.post import send_due
from seminar.ground.refusal import Refused
from seminar.ground.retention import KINDS, kinds_to_choose, years_before
from seminar.ground.retention_rule import RetentionReport, RetentionRule, apply_retention, choose_years, times_of, would_touch
from seminar.people.account import Account, AccountLink, SignInAttempt, send_link
from seminar.people.appointment import Appointment
from seminar.people.device_session import DeviceSession
from seminar.people.directory import appoint, change_person, invite
from seminar.people.email_address import EmailAddress
from seminar.people.leaving import leave, take_back_leaving
from seminar.people.merging import merge
from seminar.people.passkey import Passkey
from seminar.people.person import Person
from seminar.people.roster.staged import STAGED, RosterFinding, RosterImport
from seminar.people.sign_on import SignOnIdentity
from seminar.series.attendance import Attendance
from seminar.series.enrollment import Enrollment
from seminar.skills.sign_off import SignOff
from seminar.web.letters import write_all
from tests.cast import NOW, TODAY, a_cast, a_model, a_passkey, a_series, an_award
from tests.people.rosters import a_set, read_for, texts

LEFT = date(2027, 3, 1)


@pytest.fixture
def cast(db_session):
    return a_cast()


def years_later(years, days=0):
    """The same hour so many years, and days, after the cast's now."""
    return NOW.replace(year=NOW.year + years) + timedelta(days=days)


def apply(cast, now):
    apply_retention(cast.district, cast.district.day(now), now)
    db.session.expire_all()


def as_chosen(**changes):
    return {kind.name: kind.years for kind in kinds_to_choose()} | changes


def a_sign_off(cast, person, day=TODAY, note="Held the blade wrong at first"):
    competency = cast.badge.competencies[0]
    row = SignOff(district_id=cast.district.id, person_id=person.id, competency_id=competency.id, trainer_id=cast.tara.id, day=day, at=NOW)
    row.note = note
    db.session.add(row)
    db.session.flush()
    return row


def a_place(cast, person, series, state="canceled", reason="Broke an arm"):
    place = Enrollment(district_id=cast.district.id, series_id=series.id, person_id=person.id, state=state, state_since=NOW, created_at=NOW)
    place.state_reason = reason
    db.session.add(place)
    db.session.flush()
    return place


def a_loan(cast, person, state="closed", came_back=NOW, last_day=TODAY):
    model = a_model(cast, f"Saw {db.session.scalar(select(func.count(Reservation.id)))}")
    loan = Reservation(district_id=cast.district.id, school_id=cast.school.id, responsible_id=person.id, first_day=TODAY, last_day=last_day)
    loan.created_at, loan.created_by_id, loan.purpose = NOW, person.id, "For Maya's class"
    line = ReservationLine(district_id=cast.district.id, model_id=model.id, item_id=model.items[0].id, state=state, state_since=NOW)
    line.in_at, line.note, line.outcome = came_back, "Ana dropped it", "ok" if state == "closed" else None
    loan.lines = [line]
    db.session.add(loan)
    db.session.flush()
    return loan


def a_mail(cast, person, kind="awarded", **values):
    outbox.put(person, kind, key=f"{kind}-{len(values)}", now=NOW, **(values or {"badge": "Operator", "last_day": TODAY}))
    mail = db.session.scalars(select(Mail).where(Mail.person_id == person.id).order_by(Mail.id.desc())).first()
    mail.state, mail.sent_at = "sent", NOW
    db.session.flush()
    return mail


def gone(person, day=LEFT):
    """They hold nothing beyond that day."""
    for appointment in db.session.scalars(select(Appointment).where(Appointment.person_id == person.id)):
        appointment.last_day = day
    db.session.flush()


def test_the_same_date_years_before_is_february_28_where_there_is_no_29th():
    assert years_before(date(2028, 2, 29), 1) == date(2027, 2, 28)
    assert years_before(date(2028, 2, 29), 4) == date(2024, 2, 29)


def test_notes_of_a_sign_off_are_kept_on_their_last_day_and_go_on_the_next(cast):
    row = a_sign_off(cast, cast.ada)
    apply(cast, years_later(8))
    assert row.note == "Held the blade wrong at first"
    apply(cast, years_later(8, days=1))
    assert (row.note, row.day, row.person_id, row.withdrawn_reason) == ("", TODAY, cast.ada.id, None)


def test_the_day_is_the_districts_own(cast):
    # 23:30 of the last day in Los Angeles is the next day in UTC already.
    row = a_sign_off(cast, cast.ada)
    late = datetime(2035, 3, 2, 7, 30, tzinfo=UTC)
    apply(cast, late)
    assert row.note != ""
    apply(cast, late + timedelta(hours=1))
    assert row.note == ""


def test_why_something_was_withdrawn_goes_and_that_it_was_stays(cast):
    row, award = a_sign_off(cast, cast.ada), an_award(cast, cast.ben, last_day=TODAY)
    for one in (row, award):
        one.withdrawn_at, one.withdrawn_by_id, one.withdrawn_reason = NOW, cast.tara.id, "It was Ben"
    db.session.flush()
    apply(cast, years_later(8, days=1))
    assert (row.withdrawn_at, row.withdrawn_reason, award.withdrawn_at, award.withdrawn_reason) == (NOW, "", NOW, "")


def test_a_loan_counts_from_its_return_and_an_open_one_is_never_over(cast):
    late = NOW + timedelta(days=60)
    returned, returned_late, still_out = (
        a_loan(cast, cast.ada),
        a_loan(cast, cast.ada, came_back=late),
        a_loan(cast, cast.ada, "out", None),
    )
    apply(cast, years_later(3))
    assert {loan.purpose for loan in (returned, returned_late, still_out)} == {"For Maya's class"}
    apply(cast, years_later(3, days=1))
    assert (returned.purpose, returned.lines[0].note, returned.lines[0].outcome) == ("", "", "ok")
    assert (returned_late.purpose, returned_late.lines[0].note) == ("For Maya's class", "Ana dropped it")
    apply(cast, years_later(30))
    assert (returned_late.purpose, still_out.purpose, still_out.lines[0].note) == ("", "For Maya's class", "Ana dropped it")


def test_a_place_counts_from_the_last_meeting(cast):
    place = a_place(cast, cast.ada, a_series(cast))
    place.series.meetings[0].ends_at = NOW + timedelta(days=30)
    db.session.flush()
    apply(cast, years_later(8, days=20))
    assert place.state_reason == "Broke an arm"
    apply(cast, years_later(8, days=32))
    assert (place.state, place.state_reason) == ("canceled", None)


def test_a_sent_mail_loses_what_it_said_and_is_still_never_sent_twice(cast):
    mail = a_mail(cast, cast.ada)
    mail.calendar, mail.last_error = "BEGIN:VCALENDAR", "550 ada@a.example"
    apply(cast, years_later(1))
    assert mail.context["badge"] == "Operator"
    apply(cast, years_later(1, days=1))
    assert (mail.context, mail.calendar, mail.last_error, mail.state) == ({}, None, None, "sent")
    outbox.put(cast.ada, "awarded", key=mail.key, now=years_later(2), badge="Operator")
    assert db.session.scalar(select(func.count()).where(Mail.person_id == cast.ada.id)) == 1


def test_a_mail_that_was_given_up_is_tried_no_more_and_one_that_waits_keeps_its_words(cast, tmp_path):
    dead, waits = a_mail(cast, cast.ada), a_mail(cast, cast.ben)
    dead.state, waits.state, waits.next_try_at = "dead", "waiting", years_later(5)
    db.session.flush()
    apply(cast, years_later(1, days=1))
    assert (dead.state, dead.context, waits.state, waits.context["badge"]) == ("unwanted", {}, "waiting", "Operator")
    assert send_due(write_all, smtp_url=None, folder=tmp_path, now=years_later(2)) == 0


def test_a_part_of_a_digest_goes_with_the_digest(cast):
    part, digest = a_mail(cast, cast.ada), a_mail(cast, cast.ada, "digest", nothing="")
    part.state, part.digest_id = "gathered", digest.id
    digest.created_at = NOW + timedelta(days=30)
    db.session.flush()
    apply(cast, years_later(1, days=1))
    assert part.context["badge"] == "Operator"
    apply(cast, years_later(1, days=32))
    assert (part.context, part.state, digest.context) == ({}, "gathered", {})


def test_what_waited_for_something_that_did_not_come_is_removed_after_its_days(cast):
    old = read_for(cast.district, texts(a_set()))
    send_link(cast.ben, "invitation", by=cast.olive, now=NOW)
    db.session.add_all([SentForm(key="k", at=NOW), SignInAttempt(email_hash="h", address="1.2.3.4", at=NOW)])
    db.session.add(RosterFinding(import_id=old.id, file="users.csv", line=2, column="email", value="a@b", reason="No.", taken=False))
    db.session.flush()

    def left():
        staged = sum(db.session.scalar(select(func.count()).select_from(model)) for model in STAGED)
        return (staged > 0, *(db.session.scalar(select(func.count()).select_from(m)) > 0 for m in (SentForm, SignInAttempt, AccountLink)))

    apply(cast, NOW + timedelta(days=1))
    assert left() == (True, True, True, True)
    apply(cast, NOW + timedelta(days=2))
    assert left() == (True, False, False, True)
    apply(cast, NOW + timedelta(days=7))
    assert (old.state, left()) == ("read", (True, False, False, True))
    apply(cast, NOW + timedelta(days=8))
    assert (old.state, left()) == ("left", (False, False, False, True))
    apply(cast, NOW + timedelta(days=14 + 30))
    assert left()[-1]
    apply(cast, NOW + timedelta(days=14 + 31))
    assert not left()[-1]
    apply(cast, NOW + timedelta(days=84))
    assert db.session.scalar(select(func.count(RosterFinding.id))) > 0
    apply(cast, NOW + timedelta(days=85))
    assert (db.session.scalar(select(func.count(RosterFinding.id))), db.session.scalar(select(func.count(RosterImport.id)))) == (0, 1)
    assert db.session.scalar(select(func.count(EquipmentImport.id))) == 0


def test_a_round_that_runs_twice_changes_nothing_and_says_what_it_did_once(cast):
    a_sign_off(cast, cast.ada)
    a_mail(cast, cast.ada)
    later = years_later(8, days=1)
    touches = would_touch(times_of(cast.district, later))
    apply(cast, later)
    reported = {row.kind: row.count for row in db.session.scalars(select(RetentionReport))}
    assert reported == {kind: count for kind, count in touches.items() if count}
    assert (reported["sign_offs"], reported["mail"]) == (1, 1)
    trail = list(db.session.execute(select(History.record_id, History.who_id).where(History.what == "retention applied")))
    assert trail == [(row.id, None) for row in db.session.scalars(select(RetentionReport))]
    apply(cast, later)
    assert db.session.scalar(select(func.count(RetentionReport.id))) == len(reported)
    assert set(would_touch(times_of(cast.district, later)).values()) == {0}


def test_the_next_district_keeps_its_own(cast):
    other = a_cast("B")
    theirs = (a_sign_off(other, other.ada), a_mail(other, other.ada), a_loan(other, other.ada), a_place(other, other.ada, a_series(other)))
    gone(other.ben)
    read_for(other.district, texts(a_set()))
    db.session.commit()
    apply(cast, years_later(20))
    sign_off, mail, loan, place = theirs
    assert (sign_off.note, mail.context["badge"], loan.purpose, loan.lines[0].note) == (
        "Held the blade wrong at first",
        "Operator",
        "For Maya's class",
        "Ana dropped it",
    )
    assert (place.state_reason, other.ben.given_name) == ("Broke an arm", "Ben")
    assert db.session.scalars(select(RosterImport.state)).all() == ["read"]
    apply(other, years_later(20))
    assert (sign_off.note, other.ben.given_name) == ("", "Former")


def test_who_left_keeps_their_name_on_the_last_day_and_is_a_number_on_the_next(cast):
    gone(cast.ben)
    apply(cast, years_later(2))
    assert cast.ben.name == "Ben Example"
    apply(cast, years_later(2, days=1))
    assert (cast.ben.name, cast.ben.email) == (f"Former person {cast.ben.id}", None)
    assert cast.ben.pseudonymised_on == TODAY.replace(year=2029) + timedelta(days=1)


def test_in_a_spanish_district_the_number_is_spanish(cast):
    cast.district.language = "es"
    gone(cast.ben)
    apply(cast, years_later(2, days=1))
    assert cast.ben.name == f"Persona anterior {cast.ben.id}"


def test_nothing_that_let_them_in_or_reached_them_is_left_and_what_they_did_stays(cast):
    ben, token = cast.ben, cast.ben.feed_token
    a_passkey(ben)
    merged = Person(district_id=ben.district_id, given_name="Benny", family_name="Example", may_sign_in=False, merged_into_id=ben.id)
    db.session.add_all([merged, EmailAddress(district_id=ben.district_id, person_id=ben.id, address="ben@home.example", confirmed_at=NOW)])
    identity = SignOnIdentity(district_id=ben.district_id, person_id=ben.id, issuer="https://idp.example", subject="9", linked_at=NOW)
    db.session.add(identity)
    ben.sourced_id, ben.language = "sis-9", "es"
    db.session.add_all([MailPreference(person_id=ben.id, kind="awarded", district_id=ben.district_id, way="digest")])
    db.session.add(DigestDay(person_id=ben.id, district_id=ben.district_id, weekday=2))
    send_link(ben, "invitation", by=cast.olive, now=NOW)
    leave(ben, last_day=TODAY, reason="Ill", by=cast.olive, now=NOW)
    an_award(cast, ben, first_day=date(2027, 1, 2), last_day=TODAY)
    series = a_series(cast)
    db.session.add(
        Attendance(
            district_id=ben.district_id,
            meeting_id=series.meetings[0].id,
            person_id=ben.id,
            mark="present",
            minutes=120,
            marked_by_id=cast.tara.id,
            marked_at=NOW,
        )
    )
    a_place(cast, ben, series, "enrolled", None)
    db.session.commit()
    apply(cast, years_later(8, days=2))
    assert (ben.name, ben.email, ben.sourced_id, ben.language, ben.may_sign_in) == (f"Former person {ben.id}", None, None, None, False)
    assert ben.feed_token != token
    assert (merged.name, merged.pseudonymised_on) == (f"Former person {merged.id}", ben.pseudonymised_on)
    for model in (Account, AccountLink, DeviceSession, Passkey, EmailAddress, SignOnIdentity, MailPreference, DigestDay):
        assert db.session.scalar(select(func.count()).select_from(model).where(model.person_id == ben.id)) == 0, model
    assert db.session.scalars(select(Mail.state).where(Mail.person_id == ben.id)).all() == ["unwanted"]
    assert db.session.scalar(select(func.sum(Attendance.minutes)).where(Attendance.person_id == ben.id)) == 120
    assert db.session.scalar(select(func.count(SignOff.id)).where(SignOff.person_id == ben.id)) == 3
    assert [rule.sentence for rule in broken_rules() if rule.broken] == []


def holds_an_appointment(cast, person):
    db.session.add(Appointment(district_id=cast.district.id, person_id=person.id, role="trainer", first_day=date(2021, 1, 1)))


def holds_a_badge(cast, person):
    an_award(cast, person, last_day=date(2060, 1, 1))


def has_a_loan_out(cast, person):
    a_loan(cast, person, "out", None)


def has_a_place_to_come(cast, person):
    series = a_series(cast)
    series.meetings[0].starts_at, series.meetings[0].ends_at = years_later(50), years_later(50) + timedelta(hours=2)
    a_place(cast, person, series, "enrolled", None)


def signed_somebody_off(cast, person):
    row = a_sign_off(cast, cast.ada, day=date(2046, 1, 1))
    row.trainer_id = person.id


def teaches_to_come(cast, person):
    series = a_series(cast)
    series.meetings[0].starts_at, series.meetings[0].ends_at = years_later(50), years_later(50) + timedelta(hours=2)
    series.trainers = [person]


HOLDINGS = [holds_an_appointment, holds_a_badge, has_a_loan_out, has_a_place_to_come, signed_somebody_off, teaches_to_come]


@pytest.mark.parametrize("holding", HOLDINGS)
def test_who_still_holds_something_keeps_their_name(cast, holding):
    for person in (cast.ben, cast.kim):
        gone(person)
    holding(cast, cast.ben)
    db.session.flush()
    apply(cast, years_later(20))
    assert (cast.ben.name, cast.kim.given_name) == ("Ben Example", "Former")


def test_who_was_never_appointed_did_not_leave(cast):
    nobody = Person(district_id=cast.district.id, given_name="Nora", family_name="New")
    db.session.add(nobody)
    db.session.flush()
    apply(cast, years_later(20))
    assert nobody.given_name == "Nora"


def test_a_longer_time_keeps_records_and_their_people_for_longer(cast):
    gone(cast.ben)
    row = a_sign_off(cast, cast.ben)
    choose_years(cast.district, as_chosen(sign_offs=12), by=cast.olive, now=NOW)
    apply(cast, years_later(12))
    assert (row.note != "", cast.ben.given_name) == (True, "Ben")
    apply(cast, years_later(12, days=1))
    assert (row.note, cast.ben.given_name) == ("", "Former")


def test_whoever_comes_back_is_added_anew(cast):
    leave(cast.ben, last_day=TODAY, reason="", by=cast.olive, now=NOW)
    apply(cast, years_later(2, days=1))
    later = years_later(3)
    for again in (
        lambda: change_person(cast.ben, given_name="Ben", family_name="E", email="b@a.example", by=cast.olive, now=later),
        lambda: appoint(cast.ben, "trainer", school=None, grade=None, first_day=later.date(), by=cast.olive, now=later),
        lambda: take_back_leaving(cast.ben, by=cast.olive, now=later),
        lambda: invite(cast.ben, by=cast.olive, now=later),
        lambda: merge(cast.ben, cast.ada, reason="Is back", by=cast.olive, now=later),
        lambda: merge(cast.ada, cast.ben, reason="Is back", by=cast.olive, now=later),
    ):
        with pytest.raises(Refused, match="their name is gone"):
            again()


@pytest.mark.parametrize(
    ("years", "says"), [(7, "at least 8 years"), (0, "at least 8 years"), (-8, "at least 8 years"), (101, "100 years")]
)
def test_a_time_below_the_least_is_refused(cast, years, says):
    with pytest.raises(Refused, match=says) as refused:
        choose_years(cast.district, as_chosen(attendance=years), by=cast.olive, now=NOW)
    assert refused.value.field == "attendance"


def test_a_choice_is_a_row_only_where_it_differs_and_stands_in_the_trail(cast):
    choose_years(cast.district, as_chosen(), by=cast.olive, now=NOW)
    assert db.session.scalar(select(func.count()).select_from(RetentionRule)) == 0
    choose_years(cast.district, as_chosen(loans=5), by=cast.olive, now=NOW)
    choose_years(cast.district, as_chosen(loans=6), by=cast.olive, now=NOW)
    assert [(rule.kind, rule.years) for rule in db.session.scalars(select(RetentionRule))] == [("loans", 6)]
    choose_years(cast.district, as_chosen(), by=cast.olive, now=NOW)
    assert db.session.scalar(select(func.count()).select_from(RetentionRule)) == 0
    changes = db.session.scalars(select(History.details).where(History.what == "retention changed").order_by(History.id)).all()
    assert changes == [{"loans": {"before": was, "years": now}} for was, now in ((3, 5), (5, 6), (6, 3))]


def test_more_than_a_batch_goes_at_once(cast, monkeypatch):
    monkeypatch.setattr("seminar.ground.retention_rule.BATCH", 2)
    rows = [a_sign_off(cast, cast.ada, TODAY - timedelta(days=n)) for n in range(5)]
    apply(cast, years_later(8, days=1))
    assert {row.note for row in rows} == {""}
    assert [row.count for row in db.session.scalars(select(RetentionReport)) if row.kind == "sign_offs"] == [5]
    assert KINDS["sign_offs"].years == 8


def test_three_hundred_take_as_many_statements_as_three(cast):
    def statements(number, years):
        people = [
            Person(district_id=cast.district.id, given_name=f"P{n}", family_name="More", email=f"{years}-{n}@a") for n in range(number)
        ]
        db.session.add_all(people)
        db.session.flush()
        for person in people:
            held = {"role": "trainer", "first_day": TODAY, "last_day": TODAY}
            db.session.add(Appointment(district_id=cast.district.id, person_id=person.id, **held))
            a_mail(cast, person)
        a_sign_off(cast, cast.ada, TODAY.replace(year=TODAY.year - years))
        db.session.commit()
        seen = []
        listener = lambda *args: seen.append(args[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", listener)
        apply_retention(cast.district, TODAY, years_later(9))
        event.remove(db.engine, "before_cursor_execute", listener)
        named = select(func.count()).where(Person.id.in_([person.id for person in people]), Person.given_name == "Former")
        assert db.session.scalar(named) == number
        return len(seen)

    # The first round has more to do: everybody's sign-ins of nine years ago.
    statements(1, 1)
    assert statements(3, 2) == statements(300, 3)
