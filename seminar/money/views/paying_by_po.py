"""Paying by purchase order, at the order; and its file, to be saved."""

from flask import Response, abort, redirect, url_for
from flask_babel import gettext

from seminar.ground import clock
from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.money.access import keeps_orders
from seminar.money.choosing_po import pay_by_purchase_order
from seminar.money.po_file import PurchaseOrderFile, keep_file
from seminar.money.views import money
from seminar.money.views.order import order_or_404, order_page
from seminar.money.views.po_form import po_form, sent_file
from seminar.web.pages import done_once, refusing, told
from seminar.web.requires import anyone_signed_in, requires
from seminar.web.uploads import takes_files
from seminar.web.viewer import found_or_404, me


@money.post("/orders/<int:order_id>/purchase-order")
@requires(anyone_signed_in)
@takes_files(megabytes=3)
def create_purchase_order_choice(order_id: int) -> object:
    order = order_or_404(order_id)
    if order.person_id != me().person.id:
        abort(403)
    form, content = po_form(me().day), sent_file()
    if not form.validate():
        return order_page(order, by_po=form), 422
    covered = False

    def choose() -> str:
        nonlocal covered
        line, now, person = order_or_404(order_id).lines[0], clock.now(), me().person
        [cover] = pay_by_purchase_order([line], form.typed(), by=person, now=now)
        if content is not None:
            keep_file(content, of=cover, by=person, now=now)
        covered = line.enrollment.state == "enrolled"
        return url_for("money.show_order", order_id=order_id)

    try:
        with refusing():
            address = done_once(choose)
    except Refused as refused:
        form = po_form(me().day)
        form.refuse(refused)
        return order_page(order_or_404(order_id), by_po=form), refused.status
    waits = gettext("The seat waits for the purchase order. When the PD office has accepted it, a mail says that you're enrolled.")
    told(gettext("You're enrolled: the purchase order pays for your seat.") if covered else waits)
    return redirect(address, 303)


@money.get("/purchase-order-files/<int:file_id>")
@requires(anyone_signed_in)
def show_purchase_order_file(file_id: int) -> Response:
    """To be saved, never shown: for the office, and for who sent it."""
    found: PurchaseOrderFile = found_or_404(db.session.get(PurchaseOrderFile, file_id))
    if not (keeps_orders(me()) or found.created_by_id == me().person.id):
        abort(404)
    name = f'attachment; filename="purchase-order-{found.id}.{found.ending}"'
    return Response(found.content, mimetype=found.kind, headers={"Content-Disposition": name})
