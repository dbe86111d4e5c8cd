"""The settings page of purchase orders and invoices."""

from flask import render_template, url_for
from flask_babel import gettext, lazy_gettext
from wtforms import RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange

from seminar.ground import clock
from seminar.ground.contributions import Place
from seminar.money.access import keeps_orders
from seminar.money.po_settings import (
    LONGEST_ADDRESS,
    LONGEST_TAX_ID,
    MOST_INVOICE_DAYS,
    MOST_SCHOOL_DAYS,
    HowTaken,
    change_po_settings,
    how_taken,
)
from seminar.money.views import money
from seminar.web.forms import Form, WholeNumberField
from seminar.web.requires import requires
from seminar.web.saving import saved
from seminar.web.viewer import district_or_404, me


class PoSettingsForm(Form):
    confirms = RadioField(
        lazy_gettext("When the office accepts a purchase order"),
        [InputRequired(lazy_gettext("Choose one of the two."))],
        choices=[("yes", lazy_gettext("the people on it are enrolled")), ("no", lazy_gettext("they wait until their invoice is paid"))],
    )
    school_days = WholeNumberField(lazy_gettext("School days that a seat waits for its purchase order"), [NumberRange(1, MOST_SCHOOL_DAYS)])
    invoice_days = WholeNumberField(lazy_gettext("Days until an invoice is due"), [NumberRange(0, MOST_INVOICE_DAYS)])
    payee = TextAreaField(lazy_gettext("The district's address"), [Length(max=LONGEST_ADDRESS)], render_kw={"rows": 4})
    remit_to = TextAreaField(lazy_gettext("Where payments are sent"), [Length(max=LONGEST_ADDRESS)], render_kw={"rows": 4})
    tax_id = StringField(lazy_gettext("Tax ID"), [Length(max=LONGEST_TAX_ID)])


def settings_pages() -> list[Place]:
    says = lazy_gettext("Whether an accepted purchase order confirms a seat, how long seats wait for one, and what stands on invoices.")
    return [Place(lazy_gettext("Purchase orders"), says, "money.show_po_settings", keeps_orders)]


@money.get("/settings/purchase-orders")
@requires(keeps_orders)
def show_po_settings() -> str:
    taken = how_taken(district_or_404().id)
    shown = {**vars(taken), "confirms": "yes" if taken.accepted_confirms else "no"}
    return _page(PoSettingsForm(formdata=None, data=shown))


def _page(form: PoSettingsForm) -> str:
    return render_template("money/po_settings.html", form=form)


@money.post("/settings/purchase-orders")
@requires(keeps_orders)
def save_po_settings() -> object:
    form = PoSettingsForm()

    def save() -> str:
        taken = HowTaken(
            accepted_confirms=form.confirms.data == "yes",
            school_days=form.school_days.data,
            invoice_days=form.invoice_days.data,
            payee=_lines(form.payee.data or ""),
            remit_to=_lines(form.remit_to.data or ""),
            tax_id=(form.tax_id.data or "").strip(),
        )
        change_po_settings(district_or_404(), taken, by=me().person, now=clock.now())
        return url_for("money.show_po_settings")

    return saved(form, save, _page, gettext("Saved. It counts for purchase orders and invoices from now on."))


def _lines(typed: str) -> str:
    return "\n".join(line.strip() for line in typed.splitlines() if line.strip())
