"""A verb that concerns many takes as many statements for thirty as for three; a flush that writes many rows counts once."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, select, true

from inventory.at_risk import look_at_every_reservation
from inventory.due import tell_what_is_due
from inventory.equipment_import import apply, stage
from inventory.equipment_plan import plan_of
from inventory.equipment_present import present_in
from inventory.equipment_sheet import COLUMNS, NEEDED
from inventory.lending import hand_over
from inventory.reserving import Asked, reserve
from inventory.upkeep import take_out_of_lending
from seminar.ground.db import db
from seminar.ground.outbox import put
from seminar.ground.retention_rule import apply_retention
from seminar.ground.sheets import read_table
from seminar.money.choosing_po import Typed, pay_by_purchase_order, seats_to_pay
from seminar.money.covering import accept
from seminar.money.discount_code import use_code
from seminar.money.invoicing import invoice_purchase_order
from seminar.money.order import order_of
from seminar.money.purchase_order import receive
from seminar.money.remittance import Sent, record_payment
from seminar.people.appointment import Appointment
from seminar.people.person import Person
from seminar.series.attendance import Present, take_attendance
from seminar.series.enrolling import enroll
from seminar.series.enrolling_several import enroll_or_line_up, enroll_several
from seminar.series.enrollment import Enrollment, enrolled_people
from seminar.series.go_ahead import tell_who_decides
from seminar.series.message import write_to
from seminar.series.nomination import nominate
from seminar.series.planning import cancel_series, change_meeting
from seminar.series.reminder import remind
from seminar.series.waitlist import pass_on_offers
from seminar.skills.expiry import tell_what_runs_out
from seminar.skills.signing import Shown, sign_off, withdraw_sign_offs
from tests.cast import NOW, TODAY, a_cast, a_model, a_series, an_award
from tests.money.funding import a_code, a_rule, a_source
from tests.money.stripe import a_priced_series


@contextmanager
def counted():
    """The different statements that were sent, each once however many rows it wrote or batches it was cut into."""
    seen = []
    listener = lambda *args: seen.append(args[2].partition(" VALUES ")[0])  # noqa: E731
    event.listen(db.engine, "before_cursor_execute", listener)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", listener)


def selects(seen):
    """Reads are counted one by one: they are what a loop over rows repeats."""
    return sum(1 for statement in seen if statement.lstrip().upper().startswith("SELECT"))


def more_teachers(cast, number):
    people = [
        Person(district_id=cast.district.id, given_name=f"P{n}", family_name="More", email=f"p{n}@{number}.example") for n in range(number)
    ]
    db.session.add_all(people)
    db.session.flush()
    for person in people:
        at = {"role": "teacher", "school_id": cast.school.id, "first_day": TODAY - timedelta(days=9)}
        db.session.add(Appointment(district_id=cast.district.id, person_id=person.id, **at))
    db.session.flush()
    return people


def a_full_series(cast, number):
    series = a_series(cast, f"Series of {number}", seats=number)
    for person in more_teachers(cast, number):
        place = Enrollment(district_id=cast.district.id, series_id=series.id, person_id=person.id, state="enrolled", created_at=NOW)
        place.state_since = NOW
        db.session.add(place)
    db.session.commit()
    return series


def pass_on(cast, number):
    """In as many series as there are people, an offer ran out and somebody else waits."""
    people = more_teachers(cast, 2 * number)
    for n, (ahead, behind) in enumerate(zip(people[::2], people[1::2], strict=True)):
        series = a_series(cast, f"Series {number} {n}", seats=1)
        for person, state in ((ahead, "offered"), (behind, "waitlisted")):
            of = {"district_id": cast.district.id, "series_id": series.id, "person_id": person.id, "state": state}
            at = {"state_since": NOW, "created_at": NOW, "joined_at": NOW, "offer_until": NOW if state == "offered" else None}
            db.session.add(Enrollment(**of, **at))
    db.session.commit()

    def round_of_the_worker():
        pass_on_offers(NOW)
        states = select(Enrollment.state).where(Enrollment.district_id == cast.district.id).order_by(Enrollment.id)
        assert db.session.scalars(states).all() == ["passed", "offered"] * number

    return round_of_the_worker


def cancel(cast, number):
    series = a_full_series(cast, number)
    return lambda: cancel_series(series, reason="Snow", by=cast.olive, now=NOW)


def cancel_funded(cast, number):
    """A source pays half of each seat, and a code takes something off the rest."""
    series, code = a_priced_series(cast, seats=number), a_code(cast)
    a_rule(cast, series, a_source(cast, cents=1_000_000), percent=50)
    for person in more_teachers(cast, number):
        place = enroll(person, series, by=person, now=NOW)
        use_code(order_of(place.id).lines[0], code.code, by=person, now=NOW)
    db.session.commit()
    return lambda: cancel_series(series, reason="Snow", by=cast.olive, now=NOW)


def write(cast, number):
    series = a_full_series(cast, number)
    return lambda: write_to(series, "enrolled", subject="A laptop", text="Bring one.", by=cast.olive, now=NOW)


def ask_who_decides(cast, number):
    for n in range(number):
        series = a_series(cast, f"Series {number} {n}")
        series.minimum, series.decide_on = 5, TODAY
    db.session.commit()
    return lambda: tell_who_decides(cast.district, TODAY, NOW)


def move(cast, number):
    meeting = a_full_series(cast, number).meetings[0]
    names = ("title", "agenda", "starts_at", "ends_at", "place")
    values = {name: getattr(meeting, name) for name in names} | {"room": "Room 9"}
    return lambda: change_meeting(meeting, values, by=cast.olive, now=NOW)


def attend(cast, number):
    series = a_full_series(cast, number)
    people = enrolled_people(series)
    return lambda: take_attendance(series.meetings[0], [Present(p, "present", 0) for p in people], by=cast.tara, now=NOW)


def show(cast, number):
    people = enrolled_people(a_full_series(cast, number))
    shown = [Shown(person, competency) for person in people for competency in cast.badge.competencies]
    return lambda: sign_off(shown, cast.badge, by=cast.tara, series_id=None, now=NOW, day=TODAY)


def undo(cast, number):
    show(cast, number)()
    people = db.session.query(Person).filter(Person.email.like(f"%@{number}.example")).all()
    pairs = [(person, cast.badge.competencies[0]) for person in people]
    return lambda: withdraw_sign_offs(pairs, cast.badge, reason="A slip", by=cast.tara, now=NOW, day=TODAY)


def tell_of_tomorrow(cast, number):
    a_full_series(cast, number)
    return lambda: remind(NOW)


def tell_who_runs_out(cast, number):
    for person in more_teachers(cast, number):
        an_award(cast, person, last_day=TODAY + timedelta(days=30))
    return lambda: tell_what_runs_out(cast.district, TODAY, NOW)


def some_loans(cast, number, *, out):
    model = a_model(cast, f"Printer {number}", items=number + 1)
    for person in more_teachers(cast, number):
        an_award(cast, person)
        reservation = reserve(Asked(cast.school, person, {model: 1}, TODAY, TODAY), by=cast.cora, now=NOW, today=TODAY)
        if out:
            hand_over(reservation, by=cast.eli, now=NOW, today=TODAY)
        else:
            db.session.query(Appointment).filter_by(person_id=person.id).update({"last_day": TODAY - timedelta(days=1)})
    db.session.commit()
    return model


def look_at_risk(cast, number):
    some_loans(cast, number, out=False)
    return lambda: look_at_every_reservation(cast.district, TODAY, NOW)


def tell_who_is_late(cast, number):
    some_loans(cast, number, out=True)
    return lambda: tell_what_is_due(cast.district, TODAY + timedelta(days=1), NOW)


def reserve_many(cast, number):
    an_award(cast, cast.ada)
    model = a_model(cast, f"Model of {number}", items=number)
    db.session.commit()
    return lambda: reserve(Asked(cast.school, cast.ada, {model: number}, TODAY, TODAY), by=cast.cora, now=NOW, today=TODAY)


def take_out(cast, number):
    an_award(cast, cast.ada)
    model = a_model(cast, f"Model of {number}", items=2)
    for n in range(number):
        day = TODAY + timedelta(days=7 * n)
        reserve(Asked(cast.school, cast.ada, {model: 1}, day, day), by=cast.cora, now=NOW, today=TODAY)
    db.session.commit()
    return lambda: take_out_of_lending(model.items[0], reason="Noisy", by=cast.eli, now=NOW)


def import_equipment(cast, number):
    model = a_model(cast, f"Model of {number}", items=number)
    new = "".join(f"Kind {n},K{number}-{n},,3D printing,{n + 1}\n" for n in range(number))
    changed = "".join(f"Model of {number},{item.tag},S,,7\n" for item in model.items)
    table = read_table(f"Model,Tag,Serial,Skill,Loan days\n{new}{changed}".encode(), "ours.csv", COLUMNS, NEEDED)
    made = stage(table, cast.district.id, by=cast.eli, now=NOW)
    outcome = plan_of(table, present_in(cast.district.id)).outcome
    db.session.commit()
    return lambda: apply(made.id, outcome=outcome, by=cast.eli, now=NOW)


def forget_who_left(cast, number):
    """All of them left with the day, and each has a mail, a place and a badge that are over by then."""
    series = a_full_series(cast, number)
    for person in enrolled_people(series):
        an_award(cast, person, first_day=TODAY - timedelta(days=1), last_day=TODAY)
        put(person, "awarded", key="1", now=NOW, badge="Operator", last_day=TODAY)
    for appointment in db.session.scalars(select(Appointment).where(Appointment.district_id == cast.district.id)):
        appointment.last_day = TODAY
    return lambda: apply_retention(cast.district, TODAY, NOW.replace(year=NOW.year + 9))


def enroll_many(cast, number):
    """Half of them find a seat, the rest waits."""
    series, people = a_series(cast, f"Series of {number}", seats=number), more_teachers(cast, 2 * number)
    return lambda: enroll_or_line_up(people, series, by=cast.olive, now=NOW)


def enroll_many_who_pay(cast, number):
    """Half of them are funded, and the rest owe it."""
    series = a_series(cast, f"Series of {number}", seats=2 * number)
    series.price_cents = 100
    a_rule(cast, series, None, seats=number)
    people = more_teachers(cast, 2 * number)
    return lambda: enroll_several(people, series, by=cast.olive, now=NOW)


def pay_for_many_at_once(cast, number):
    """Half of them fit into what is left on it, the others wait."""
    series, people = a_series(cast, f"Series of {number}", seats=2 * number), more_teachers(cast, 2 * number)
    series.price_cents = 100
    said = {"cap_cents": 100 * number, "funding_code": "", "expires_on": None}
    accept(receive(cast.district, cast.school, "1", **said, by=cast.olive, now=NOW), by=cast.olive, now=NOW)
    enroll_several(people, series, by=cast.olive, now=NOW)
    db.session.commit()

    def principal() -> None:
        lines = [seat.line for seat in seats_to_pay(series, true(), NOW)]
        pay_by_purchase_order(lines, Typed("1", cast.school), by=cast.olive, now=NOW)

    return principal


def nominate_many(cast, number):
    series, people = a_series(cast, f"Series of {number}"), more_teachers(cast, number)
    return lambda: nominate(people, series, note="Do come", by=cast.olive, now=NOW)


def on_a_purchase_order(cast, number):
    """In a series that costs something, each with an order of theirs that named the same purchase order."""
    series, people = a_series(cast, f"Series of {number}", seats=number), more_teachers(cast, number)
    series.price_cents = 100
    for person in people:
        line = order_of(enroll(person, series, by=person, now=NOW).id).lines[0]
        pay_by_purchase_order([line], Typed("1", cast.school), by=person, now=NOW)
    said = {"cap_cents": 100 * number, "funding_code": "", "expires_on": None}
    return series, receive(cast.district, cast.school, "1", **said, by=cast.olive, now=NOW)


def accept_for_many(cast, number):
    _series, order = on_a_purchase_order(cast, number)
    db.session.commit()
    return lambda: accept(order, by=cast.olive, now=NOW)


def invoice_and_pay_for_many(cast, number):
    _series, order = on_a_purchase_order(cast, number)
    accept(order, by=cast.olive, now=NOW)
    db.session.commit()

    def office() -> None:
        invoice_purchase_order(order, by=cast.olive, now=NOW)
        record_payment(order, Sent(100 * number, TODAY, "Check 1"), by=cast.olive, now=NOW)

    return office


def cancel_what_is_invoiced(cast, number):
    series, order = on_a_purchase_order(cast, number)
    accept(order, by=cast.olive, now=NOW)
    invoice_purchase_order(order, by=cast.olive, now=NOW)
    db.session.commit()
    return lambda: cancel_series(series, reason="Snow", by=cast.olive, now=NOW)


@pytest.mark.parametrize(
    "prepare",
    [
        *(cancel, cancel_funded, move, attend, show, undo, tell_of_tomorrow, tell_who_runs_out, look_at_risk, tell_who_is_late),
        *(reserve_many, take_out),
        *(accept_for_many, pay_for_many_at_once, invoice_and_pay_for_many, cancel_what_is_invoiced),
        import_equipment,
        forget_who_left,
        pass_on,
        write,
        ask_who_decides,
        *(enroll_many, enroll_many_who_pay),
        nominate_many,
    ],
)
def test_many_take_as_many_reads_as_few(clean, prepare):
    found = {}
    for number in (3, 30):
        with clean.app_context():
            cast = a_cast(code=f"D{number}")
            cast.badge.valid_months = 100
            verb = prepare(cast, number)
            db.session.flush()
            with counted() as seen:
                verb()
                db.session.commit()
            found[number] = selects(seen)
            db.session.remove()
    assert found[30] == found[3]
