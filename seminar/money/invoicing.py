"""Asking for the money: an invoice for what a purchase order covers, or for one order of somebody whose school pays without one."""

from datetime import date, datetime, timedelta

from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.money.covering import WAITS_FOR_MONEY, PurchaseOrderLine, covered_by, live_cover
from seminar.money.invoice import Invoice, Parties, invoiced_among, write_invoice
from seminar.money.ledger import balances
from seminar.money.order import OrderLine
from seminar.money.payment import with_a_bank
from seminar.money.po_settings import HowTaken, end_of_day, how_taken
from seminar.money.purchase_order import OPEN, PurchaseOrder, hold, move
from seminar.people.appointment import standing
from seminar.people.district import District
from seminar.people.person import Person
from seminar.people.school import School
from seminar.series.awaiting_po import await_purchase_order, keep_until, kept_at_most_until
from seminar.series.enrollment import lock
from seminar.series.waitlist import settled

NOTHING_NEW = N_("Nothing on it is to be invoiced: it covers no place that is owed and wasn't invoiced yet.")


def to_invoice(covers: list[PurchaseOrderLine]) -> dict[OrderLine, int]:
    """Of what a purchase order covers, what is owed and wasn't invoiced yet, in cents; two statements."""
    covered = [cover.line for cover in covers if cover.state == "covered"]
    owed, done = balances([line.id for line in covered]), invoiced_among([line.id for line in covered])
    return {line: owed[line.id] for line in covered if line.id not in done and owed.get(line.id, 0) > 0}


def invoice_purchase_order(order: PurchaseOrder, *, by: Person, now: datetime) -> Invoice:
    """For all that it covers and that wasn't invoiced yet. Raises Refused where that is nothing, or it isn't accepted. Flushes."""
    hold(order)
    if order.state not in OPEN:
        raise Refused(N_("Purchase order {number} isn't accepted, or is good no more."), status=409, number=order.number)
    amounts = to_invoice(covered_by(order))
    if not amounts:
        raise Refused(NOTHING_NEW, status=409)
    taken = how_taken(order.district_id)
    parties = _parties(_lines_of_buyer(order.school, order.district), order.district, taken, order.school, order.number, order.funding_code)
    if order.state != "invoiced":
        move(order, "invoiced", by=by, now=now)
    due_on = _due_on(order.district, taken, now)
    return write_invoice(amounts, parties, purchase_order_id=order.id, order_id=None, due_on=due_on, by=by, now=now)


def invoice_order(line: OrderLine, *, by: Person, now: datetime) -> Invoice:
    """For one order, whose payer's school pays by check: its seat is kept until the invoice is due. Raises Refused where a purchase
    order covers it, it was invoiced, nothing is owed, or a card payment is on its way. Flushes."""
    place = line.enrollment
    lock(place.series)
    settled(place.series, now)
    db.session.refresh(place, attribute_names=["state", "hold_until"])
    owed, cover = balances([line.id]).get(line.id, 0), live_cover(line.id)
    if cover is not None and cover.state == "covered":
        raise Refused(N_("Purchase order {number} covers this seat, and its invoice is written there."), status=409, number=cover.number)
    if invoiced_among([line.id]) or owed <= 0 or place.state not in (*WAITS_FOR_MONEY, "enrolled"):
        raise Refused(N_("Nothing is owed here that wasn't invoiced."), status=409)
    if with_a_bank([line.order_id]):
        raise Refused(N_("Your bank is working on this payment. You needn't pay again: a mail says when it is done."), status=409)
    district, taken = place.series.district, how_taken(place.district_id)
    due_on = _due_on(district, taken, now)
    until = min(end_of_day(due_on, district), kept_at_most_until(place.series, now))
    if place.state == "held":
        await_purchase_order([place], until=until, by=by, now=now)
    elif place.state == "awaiting_po":
        keep_until(place, until)
    payer = line.order.person
    school = cover.school if cover is not None else next(iter(standing(payer, district.day(now)).schools), None)
    buyer = "\n".join([payer.name, *_lines_of_buyer(school, district).splitlines()])
    parties = _parties(buyer, district, taken, school, cover.number if cover is not None else "", "")
    return write_invoice({line: owed}, parties, purchase_order_id=None, order_id=line.order_id, due_on=due_on, by=by, now=now)


def _due_on(district: District, taken: HowTaken, now: datetime) -> date:
    return district.day(now) + timedelta(days=taken.invoice_days)


def _lines_of_buyer(school: School | None, district: District) -> str:
    return "\n".join([school.name, *school.address.splitlines()]) if school is not None else district.name


def _parties(buyer: str, district: District, taken: HowTaken, school: School | None, number: str, funding_code: str) -> Parties:
    seller = "\n".join([district.name, *taken.payee.splitlines()])
    return Parties(buyer, seller, taken.remit_to, taken.tax_id, number, funding_code, school.id if school is not None else None)
