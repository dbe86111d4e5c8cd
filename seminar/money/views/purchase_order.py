"""The PD office's purchase orders: what wants a decision, each one with what it covers, and what the office does with it."""

from collections.abc import Callable
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext, lazy_gettext, ngettext
from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload
from wtforms import DateField, FileField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from seminar.ground import clock
from seminar.ground.db import db
from seminar.money import work_lists
from seminar.money.access import keeps_orders
from seminar.money.covering import accept, cancel, cover_waiting, covered_by, reject, waiting_for
from seminar.money.invoice import Invoice, open_of
from seminar.money.invoicing import invoice_purchase_order, to_invoice
from seminar.money.ledger import balances
from seminar.money.po_file import files_of, keep_file
from seminar.money.purchase_order import (
    LONGEST_CODE,
    LONGEST_NUMBER,
    LONGEST_REASON,
    OPEN,
    PurchaseOrder,
    as_number,
    change,
    receive,
)
from seminar.money.remittance import LONGEST_REFERENCE, Sent, owed_back, record_payment, record_sent_back, remittances_of
from seminar.money.views import money
from seminar.money.views.po_form import sent_file
from seminar.people.school import School, schools_open_on
from seminar.web.amount import LARGEST_CENTS, AmountField, AtMost
from seminar.web.asked import a_likely_day, asked_id, page_number
from seminar.web.forms import Form
from seminar.web.pages import PAGE_SIZE, page_of, told
from seminar.web.requires import requires
from seminar.web.saving import pressed, saved
from seminar.web.uploads import takes_files
from seminar.web.viewer import district_or_404, found_or_404, me


def _text(field: StringField) -> str:
    """What was typed; empty where the field wasn't sent."""
    return (field.data or "").strip()


class DetailsForm(Form):
    cap = AmountField(lazy_gettext("Good for, in dollars"), [AtMost(1, LARGEST_CENTS)], render_kw={"inputmode": "decimal"})
    funding_code = StringField(lazy_gettext("Funding code, if it names one"), [Length(max=LONGEST_CODE)])
    expires_on = DateField(lazy_gettext("Good through, if it says so"), [Optional(), a_likely_day])

    def details(self) -> dict[str, Any]:
        return {"cap_cents": self.cap.data or 0, "funding_code": _text(self.funding_code), "expires_on": self.expires_on.data}


class NewForm(DetailsForm):
    number = StringField(lazy_gettext("Number"), [Length(max=LONGEST_NUMBER)], render_kw={"autocomplete": "off"})
    buyer = SelectField(lazy_gettext("Buyer"))
    file = FileField(lazy_gettext("Its file (PDF, PNG or JPEG)"))


class ReasonForm(Form):
    reason = StringField(lazy_gettext("Why; who waits for it is told"), [Length(max=LONGEST_REASON)])


class RemittanceForm(Form):
    amount = AmountField(lazy_gettext("Amount in dollars"), [AtMost(1, LARGEST_CENTS)], render_kw={"inputmode": "decimal"})
    day = DateField(lazy_gettext("Day"), [Optional(), a_likely_day])
    reference = StringField(lazy_gettext("Check number, or what the transfer says"), [Length(max=LONGEST_REFERENCE)])

    def sent(self) -> Sent:
        return Sent(self.amount.data, self.day.data, _text(self.reference))


class FileForm(Form):
    file = FileField(lazy_gettext("Its file (PDF, PNG or JPEG)"), [InputRequired(lazy_gettext("Choose the file."))])


def purchase_order_or_404(purchase_order_id: int) -> PurchaseOrder:
    query = select(PurchaseOrder).where(PurchaseOrder.id == purchase_order_id, PurchaseOrder.district_id == district_or_404().id)
    beside = joinedload(PurchaseOrder.school), joinedload(PurchaseOrder.district), joinedload(PurchaseOrder.state_by)
    found: PurchaseOrder = found_or_404(db.session.scalar(query.options(*beside)))
    return found


@money.get("/purchase-orders")
@requires(keeps_orders)
def show_purchase_orders() -> str:
    search = request.args.get("search", "")[:200]
    district, today = district_or_404(), me().day
    if request.args.get("show") != "all" and not search:
        return render_template("money/purchase_orders_to_do.html", work=work_lists.work_of(district.id, today))
    query = select(PurchaseOrder).outerjoin(School, School.id == PurchaseOrder.school_id).where(PurchaseOrder.district_id == district.id)
    for word in search.split():
        by_number = PurchaseOrder.number.contains(as_number(word), autoescape=True)
        query = query.where(or_(by_number, School.name.icontains(word, autoescape=True)))
    total = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = query.options(joinedload(PurchaseOrder.school), joinedload(PurchaseOrder.district)).order_by(PurchaseOrder.id.desc())
    found = list(db.session.scalars(rows.limit(PAGE_SIZE).offset((page_number() - 1) * PAGE_SIZE)))
    return render_template("money/purchase_orders.html", page=page_of(found, total, page_number()), search=search, today=today)


def _new_form() -> NewForm:
    form, district = NewForm(), district_or_404()
    schools = db.session.scalars(schools_open_on(district.id, me().day))
    form.buyer.choices = [("", district.name), *((str(school.id), school.name) for school in schools)]
    return form


@money.get("/purchase-orders/new")
@requires(keeps_orders)
def show_new_purchase_order() -> str:
    """What somebody typed at their order is filled in."""
    form = _new_form()
    form.number.data = request.args.get("number", "")[:LONGEST_NUMBER]
    form.buyer.data = str(asked_id("school") or "")
    return _new_page(form)


def _new_page(form: NewForm) -> str:
    return render_template("money/purchase_order_form.html", form=form)


@money.post("/purchase-orders")
@requires(keeps_orders)
@takes_files(megabytes=3)
def create_purchase_order() -> object:
    form, content = _new_form(), sent_file()

    def save() -> str:
        by, now, chosen = me().person, clock.now(), form.buyer.data
        school = db.session.get(School, int(chosen)) if chosen else None
        order = receive(district_or_404(), school, _text(form.number), **form.details(), by=by, now=now)
        if content is not None:
            keep_file(content, of=order, by=by, now=now)
        return url_for("money.show_purchase_order", purchase_order_id=order.id)

    return saved(form, save, _new_page, gettext("Saved. Look through it, then accept or reject it."))


@money.get("/purchase-orders/<int:purchase_order_id>")
@requires(keeps_orders)
def show_purchase_order(purchase_order_id: int) -> str:
    return _page(purchase_order_id)


def _page(purchase_order_id: int, **typed: Form) -> str:
    """With the one of its forms that was refused as it was typed."""
    order = purchase_order_or_404(purchase_order_id)
    covers, waiting = covered_by(order), waiting_for(order)
    lines = [cover.line for cover in (*covers, *waiting)]
    invoices = list(db.session.scalars(select(Invoice).where(Invoice.purchase_order_id == order.id).order_by(Invoice.number)))
    back = sum(owed_back([cover.line for cover in covers]).values())
    forms: dict[str, Form] = {
        "details": DetailsForm(formdata=None, cap=order.cap_cents, funding_code=order.funding_code, expires_on=order.expires_on),
        "rejection": ReasonForm(formdata=None, prefix="rejection-"),
        "cancellation": ReasonForm(formdata=None, prefix="cancellation-"),
        "payment": RemittanceForm(formdata=None, prefix="payment-", day=me().day),
        "back": RemittanceForm(formdata=None, prefix="back-", day=me().day, amount=back or None),
        "file": FileForm(formdata=None),
    }
    still = open_of(invoices)
    return render_template(
        "money/purchase_order.html",
        order=order,
        covers=covers,
        waiting=waiting,
        owed=balances([line.id for line in lines]),
        invoices=invoices,
        still=still,
        open_cents=sum(still.values()),
        back_cents=back,
        new_cents=sum(to_invoice(covers).values()),
        remittances=remittances_of(order),
        files=files_of(order, [cover.id for cover in (*covers, *waiting)]),
        is_open=order.state in OPEN and not order.is_expired(me().day),
        is_expired=order.is_expired(me().day),
        day=me().day,
        forms={**forms, **typed},
        refused=next(iter(typed.values()), None),
    )


def _saved(purchase_order_id: int, name: str, form: Form, act: Callable[[PurchaseOrder], object], done: str) -> object:
    def save() -> str:
        act(purchase_order_or_404(purchase_order_id))
        return url_for("money.show_purchase_order", purchase_order_id=purchase_order_id)

    purchase_order_or_404(purchase_order_id)
    return saved(form, save, lambda refused: _page(purchase_order_id, **{name: refused}), done)


@money.post("/purchase-orders/<int:purchase_order_id>/details")
@requires(keeps_orders)
def save_purchase_order(purchase_order_id: int) -> object:
    form = DetailsForm()
    changed = lambda order: change(order, **form.details(), by=me().person, now=clock.now())  # noqa: E731
    return _saved(purchase_order_id, "details", form, changed, gettext("Saved."))


def _covered(purchase_order_id: int, cover: Callable[..., list[Any]]) -> object:
    """How many places it was too small for is said besides."""
    over: list[Any] = []

    def act() -> None:
        over[:] = cover(purchase_order_or_404(purchase_order_id), by=me().person, now=clock.now())

    back = url_for("money.show_purchase_order", purchase_order_id=purchase_order_id)
    purchase_order_or_404(purchase_order_id)
    answer = pressed(act, gettext("Accepted. What it covers stands below, and whoever is enrolled by it was told by mail."), back=back)
    if over:
        told(
            ngettext(
                "%(num)d place doesn't fit into its amount, and waits on: it stands below.",
                "%(num)d places don't fit into its amount, and wait on: they stand below.",
                len(over),
            ),
            "warn",
        )
    return answer


@money.post("/purchase-orders/<int:purchase_order_id>/acceptance")
@requires(keeps_orders)
def create_acceptance(purchase_order_id: int) -> object:
    return _covered(purchase_order_id, accept)


@money.post("/purchase-orders/<int:purchase_order_id>/covering")
@requires(keeps_orders)
def create_covering(purchase_order_id: int) -> object:
    return _covered(purchase_order_id, cover_waiting)


@money.post("/purchase-orders/<int:purchase_order_id>/rejection")
@requires(keeps_orders)
def create_rejection(purchase_order_id: int) -> object:
    form = ReasonForm(prefix="rejection-")
    act = lambda order: reject(order, reason=_text(form.reason), by=me().person, now=clock.now())  # noqa: E731
    return _saved(purchase_order_id, "rejection", form, act, gettext("Rejected, and whoever waited for it was told by mail."))


@money.post("/purchase-orders/<int:purchase_order_id>/cancellation")
@requires(keeps_orders)
def create_purchase_order_cancellation(purchase_order_id: int) -> object:
    form = ReasonForm(prefix="cancellation-")
    act = lambda order: cancel(order, reason=_text(form.reason), by=me().person, now=clock.now())  # noqa: E731
    return _saved(purchase_order_id, "cancellation", form, act, gettext("Canceled, and whoever waited for it was told by mail."))


@money.post("/purchase-orders/<int:purchase_order_id>/invoices")
@requires(keeps_orders)
def create_invoice(purchase_order_id: int) -> object:
    def act() -> None:
        invoice_purchase_order(purchase_order_or_404(purchase_order_id), by=me().person, now=clock.now())

    purchase_order_or_404(purchase_order_id)
    back = url_for("money.show_purchase_order", purchase_order_id=purchase_order_id)
    return pressed(act, gettext("The invoice is written; it stands below. The school's principals see it too."), back=back)


@money.post("/purchase-orders/<int:purchase_order_id>/payments")
@requires(keeps_orders)
def create_remittance(purchase_order_id: int) -> object:
    form = RemittanceForm(prefix="payment-")
    act = lambda order: record_payment(order, form.sent(), by=me().person, now=clock.now())  # noqa: E731
    return _saved(purchase_order_id, "payment", form, act, gettext("Written down, and split over what is open."))


@money.post("/purchase-orders/<int:purchase_order_id>/sent-back")
@requires(keeps_orders)
def create_sent_back(purchase_order_id: int) -> object:
    form = RemittanceForm(prefix="back-")
    act = lambda order: record_sent_back(order, form.sent(), by=me().person, now=clock.now())  # noqa: E731
    return _saved(purchase_order_id, "back", form, act, gettext("Written down: so much went back."))


@money.post("/purchase-orders/<int:purchase_order_id>/files")
@requires(keeps_orders)
@takes_files(megabytes=3)
def create_purchase_order_file(purchase_order_id: int) -> object:
    form, content = FileForm(), sent_file()
    act = lambda order: keep_file(content or b"", of=order, by=me().person, now=clock.now())  # noqa: E731
    return _saved(purchase_order_id, "file", form, act, gettext("Saved."))
