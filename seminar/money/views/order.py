"""An order as whoever pays sees it, and all of theirs."""

from flask import abort, redirect, render_template, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from seminar.ground import clock
from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.money.access import keeps_orders, sees_order
from seminar.money.covering import WAITS_FOR_MONEY, covered_among, live_cover
from seminar.money.invoice import invoiced_among, invoices_of
from seminar.money.ledger import GIVEN, balances, entries_of
from seminar.money.order import Order, OrderLine, order_of, whole_order
from seminar.money.payment import open_payment, payments_of
from seminar.money.po_file import file_of_cover
from seminar.money.refund import refunds_of
from seminar.money.remittance import owed_back
from seminar.money.settling import comes_back
from seminar.money.views import money
from seminar.money.views.card import card, is_a_stand_in
from seminar.money.views.po_form import PurchaseOrderForm, po_form
from seminar.series.enrollment import Enrollment
from seminar.series.series import Series
from seminar.web.asked import page_number
from seminar.web.language import sentence_of
from seminar.web.pages import PAGE_SIZE, page_of
from seminar.web.requires import anyone_signed_in, requires
from seminar.web.viewer import found_or_404, me


def order_or_404(order_id: int) -> Order:
    """An order of theirs, or of the district for its office."""
    query = select(Order).where(Order.id == order_id).options(*whole_order())
    found: Order = found_or_404(db.session.scalars(query).unique().one_or_none())
    if not sees_order(me(), found):
        abort(404)
    return found


@money.get("/enrollments/<int:enrollment_id>/order")
@requires(anyone_signed_in)
def show_order_of_place(enrollment_id: int) -> object:
    found: Order = found_or_404(order_of(enrollment_id))
    if not sees_order(me(), found):
        abort(404)
    return redirect(url_for("money.show_order", order_id=found.id), 303)


@money.get("/orders/<int:order_id>")
@requires(anyone_signed_in)
def show_order(order_id: int) -> str:
    return order_page(order_or_404(order_id))


def order_page(order: Order, refused: Refused | None = None, *, by_po: PurchaseOrderForm | None = None) -> str:
    now, line = clock.now(), order.lines[0]
    place = line.enrollment
    owed = balances([line.id]).get(line.id, 0)
    is_held = place.state in WAITS_FOR_MONEY and place.hold_until is not None and place.hold_until > now
    cover, is_theirs = live_cover(line.id), order.person_id == me().person.id
    covered = cover is not None and cover.state == "covered"
    has_seat, payments, entries = place.state == "enrolled", payments_of(order.id), entries_of(order.id)
    return render_template(
        "money/order.html",
        order=order,
        line=line,
        place=place,
        owed=owed,
        is_held=is_held,
        has_seat=has_seat,
        paid_cents=sum(payment.left_cents for payment in payments),
        back=comes_back(line, payments, now) if has_seat else 0,
        payment=open_payment(order.id) if is_held else None,
        entries=entries,
        by_others=any(entry.kind in GIVEN for entry in entries),
        has_code=sum(entry.amount_cents for entry in entries if entry.kind in ("discount", "discount_back")) < 0,
        payments=payments,
        refunds=refunds_of(order.id),
        pays_by_card=card() is not None,
        stands_in=is_a_stand_in(),
        may_decide=keeps_orders(me()),
        is_theirs=is_theirs,
        cover=cover,
        cover_file=file_of_cover(cover),
        by_po=by_po or (po_form(me().day) if is_held and is_theirs and not covered else None),
        invoices=invoices_of(line.id),
        back_by_check=sum(owed_back([line]).values()) if keeps_orders(me()) else 0,
        is_open_invoice=owed > 0 and not covered and bool(invoiced_among([line.id])),
        is_for_them=place.person_id == order.person_id,
        refusal=sentence_of(refused) if refused else "",
        refused_field=refused.field if refused else None,
        typed=request.form,
    )


@money.get("/my/orders")
@requires(anyone_signed_in)
def show_my_orders() -> str:
    mine = Order.person_id == me().person.id
    total = db.session.scalar(select(func.count()).where(mine)) or 0
    series = selectinload(Order.lines).joinedload(OrderLine.enrollment).joinedload(Enrollment.series).joinedload(Series.seminar)
    query = select(Order).where(mine).options(series, joinedload(Order.person)).order_by(Order.id.desc())
    rows = list(db.session.scalars(query.limit(PAGE_SIZE).offset((page_number() - 1) * PAGE_SIZE)))
    owed = balances([line.id for order in rows for line in order.lines])
    return render_template("money/my_orders.html", page=page_of(rows, total, page_number()), owed=owed, covered=covered_among(list(owed)))
