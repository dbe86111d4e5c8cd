"""What somebody fills in to pay by purchase order: at their order, or for several seats."""

from collections.abc import Sequence
from datetime import date
from typing import TypeVar

from flask import request
from flask_babel import gettext, lazy_gettext
from wtforms import FileField, SelectField, StringField
from wtforms.validators import Length

from seminar.money.choosing_po import Typed
from seminar.money.purchase_order import LONGEST_NUMBER, PurchaseOrder, open_orders
from seminar.people.school import School
from seminar.web.amount import money
from seminar.web.forms import Form
from seminar.web.uploads import sent_files
from seminar.web.viewer import district_or_404, me

P = TypeVar("P", bound="PurchaseOrderForm")


class PurchaseOrderForm(Form):
    # Without one of the list, what was typed counts.
    open_order = SelectField(lazy_gettext("Purchase order"), validate_choice=False)
    number = StringField(lazy_gettext("Purchase order number"), [Length(max=LONGEST_NUMBER)], render_kw={"autocomplete": "off"})
    buyer = SelectField(lazy_gettext("Whose purchase order it is"))
    file = FileField(lazy_gettext("Its file (PDF, PNG or JPEG), if you have it"))

    orders: dict[str, PurchaseOrder]
    schools: dict[str, School]

    def typed(self) -> Typed:
        chosen = self.orders.get(self.open_order.data or "")
        if chosen is not None:
            return Typed(chosen.number, chosen.school)
        return Typed(self.number.data or "", self.schools.get(self.buyer.data or ""))


def po_form(today: date) -> PurchaseOrderForm:
    """For the reader's own order: with the purchase orders of their schools."""
    return with_orders(PurchaseOrderForm(), me().schools, today)


def with_orders(form: P, schools: Sequence[School], today: date) -> P:
    """With the open purchase orders of these schools to choose from, or a number to type; as it was typed, where it was."""
    form.schools = {str(school.id): school for school in schools}
    form.orders = {str(one.id): one for one in open_orders(district_or_404().id, {school.id for school in schools}, today)}
    form.open_order.choices = [*((id, _left(one)) for id, one in form.orders.items()), ("", lazy_gettext("Another one: I type its number"))]
    form.buyer.choices = [*((id, school.name) for id, school in form.schools.items()), ("", district_or_404().name)]
    if not form.is_submitted():
        form.buyer.data = next(iter(form.schools), "")
        form.open_order.data = next(iter(form.orders), "")
    return form


def _left(order: PurchaseOrder) -> str:
    amount = money(order.left_cents)
    return str(gettext("%(number)s, %(buyer)s: %(amount)s left", number=order.number, buyer=order.buyer, amount=amount))


def sent_file() -> bytes | None:
    """What was sent in the field `file`; None where nothing was chosen."""
    for upload in sent_files(request.files.getlist("file")):
        return upload.read()
    return None
