"""What a test does with purchase orders, as people and the office do."""

from datetime import datetime

from seminar.ground.db import db
from seminar.money.choosing_po import Typed, pay_by_purchase_order
from seminar.money.covering import PurchaseOrderLine, accept
from seminar.money.invoice import Invoice
from seminar.money.invoicing import invoice_purchase_order
from seminar.money.order import OrderLine, order_of
from seminar.money.po_settings import HowTaken, change_po_settings
from seminar.money.purchase_order import PurchaseOrder, receive
from seminar.money.remittance import Remittance, Sent, record_payment
from seminar.series.enrollment import Enrollment
from seminar.series.series import Series
from tests.cast import NOW, TODAY, Cast
from tests.money.stripe import held


def line_of(place: Enrollment) -> OrderLine:
    return order_of(place.id).lines[0]


def a_purchase_order(cast: Cast, *, cents: int = 50_000, number: str = "77120", **said: object) -> PurchaseOrder:
    """Of the cast's school, which the office has received."""
    values = {"cap_cents": cents, "funding_code": "", "expires_on": None, **said}
    order = receive(cast.district, cast.school, number, by=cast.olive, now=NOW, **values)
    db.session.commit()
    return order


def accepted(cast: Cast, *, cents: int = 50_000, number: str = "77120", **said: object) -> PurchaseOrder:
    order = a_purchase_order(cast, cents=cents, number=number, **said)
    accept(order, by=cast.olive, now=NOW)
    db.session.commit()
    return order


def chosen(cast: Cast, place: Enrollment, number: str = "77120", now: datetime = NOW) -> PurchaseOrderLine:
    """Who has the place says that this purchase order of the school pays for it."""
    [cover] = pay_by_purchase_order([line_of(place)], Typed(number, cast.school), by=place.person, now=now)
    db.session.commit()
    return cover


def awaiting(cast: Cast, who: str, series: Series, number: str = "77120") -> Enrollment:
    place = held(cast, who, series, NOW)
    chosen(cast, place, number)
    return place


def invoiced(cast: Cast, order: PurchaseOrder, now: datetime = NOW) -> Invoice:
    invoice = invoice_purchase_order(order, by=cast.olive, now=now)
    db.session.commit()
    return invoice


def paid(cast: Cast, order: PurchaseOrder, cents: int, now: datetime = NOW) -> Remittance:
    came = record_payment(order, Sent(cents, TODAY, "Check 4711"), by=cast.olive, now=now)
    db.session.commit()
    return came


def waits_for_the_money(cast: Cast) -> None:
    """The district's setting: an accepted purchase order confirms no seat."""
    change_po_settings(cast.district, HowTaken(accepted_confirms=False), by=cast.olive, now=NOW)
    db.session.commit()
