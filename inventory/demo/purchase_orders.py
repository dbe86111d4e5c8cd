"""What the demo shows of purchase orders: one that is accepted and invoiced, one whose invoice is overdue, and a number that somebody
typed and nobody has sent yet."""

from datetime import datetime, timedelta

from inventory.demo.world import World
from seminar.ground.db import db
from seminar.money.choosing_po import Typed, pay_by_purchase_order
from seminar.money.covering import accept
from seminar.money.invoicing import invoice_purchase_order
from seminar.money.order import order_of
from seminar.money.po_settings import HowTaken, change_po_settings
from seminar.money.purchase_order import receive
from seminar.people.person import Person
from seminar.people.school import School
from seminar.series.enrolling import enroll
from seminar.series.series import Series

DISTRICT = HowTaken(
    payee="1200 Harbor Street\nRivermark, CA 94599",
    remit_to="Rivermark USD, Accounts Receivable\nPO Box 311\nRivermark, CA 94599",
    tax_id="94-0000000",
)


def pay_by_purchase_orders(world: World, series: Series) -> None:
    db.session.flush()
    office, today = world.by_email("program"), world.today
    change_po_settings(world.district, DISTRICT, by=office, now=world.now - timedelta(days=39))
    schools = sorted({a.school_id for a in world.appointments if a.role == "teacher" and a.school_id is not None})
    first, second, third = (db.session.get_one(School, school_id) for school_id in schools[:3])
    until = today + timedelta(days=120)
    # Long enough ago that its invoice, due after 30 days, is late.
    for school, number, people, cents, days in ((second, "MV-2201", 3, 36_000, 38), (first, "77120", 2, 60_000, 6)):
        at = world.now - timedelta(days=days)
        of_buyer = (world.district, school, number)
        order = receive(*of_buyer, cap_cents=cents, funding_code="Title II-A", expires_on=until, by=office, now=at)
        accept(order, by=office, now=at)
        for person in _teachers_at(world, school, people):
            _choose(person, series, number, school, at)
        invoice_purchase_order(order, by=office, now=at + timedelta(hours=1))
    for person in _teachers_at(world, third, 2):
        _choose(person, series, "WS-118", third, world.now - timedelta(days=2))


def _teachers_at(world: World, school: School, count: int) -> list[Person]:
    there = {a.person_id for a in world.appointments if a.school_id == school.id and a.role == "teacher"}
    return [person for person in world.teachers() if person.id in there][-count:]


def _choose(person: Person, series: Series, number: str, school: School, at: datetime) -> None:
    place = enroll(person, series, by=person, now=at)
    order = order_of(place.id)
    assert order is not None
    pay_by_purchase_order(order.lines, Typed(number, school), by=person, now=at)
