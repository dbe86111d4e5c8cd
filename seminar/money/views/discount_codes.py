"""The PD office's discount codes, and who used them."""

from flask import render_template, url_for
from flask_babel import gettext, lazy_gettext
from wtforms import DateField, StringField
from wtforms.validators import NumberRange, Optional, Regexp

from seminar.ground import clock
from seminar.ground.db import db
from seminar.money.access import keeps_orders
from seminar.money.discount_code import DiscountCode, add_code, codes_of, end_code, uses_of
from seminar.money.views import money
from seminar.money.views.funding import MOST_SEATS, EndingForm, named, of_or_404
from seminar.series.seminar import Seminar
from seminar.series.series import Series
from seminar.web.amount import LARGEST_CENTS, AmountField, AtMost
from seminar.web.asked import a_likely_day, page_number
from seminar.web.forms import Form, WholeNumberField, needed
from seminar.web.pages import PAGE_SIZE, page_of
from seminar.web.requires import requires
from seminar.web.saving import saved
from seminar.web.viewer import district_or_404, found_or_404, me

# What is read over the phone: no letter that capitals change into another.
WRITTEN = r"^\s*[A-Za-z0-9][A-Za-z0-9-]{2,29}\s*$"


class CodeForm(Form):
    code = StringField(
        lazy_gettext("Code"),
        [needed(), Regexp(WRITTEN, message=lazy_gettext("Type 3 to 30 letters, digits and hyphens, such as SUMMER-27."))],
        description=lazy_gettext("Small and capital letters are the same."),
    )
    percent = WholeNumberField(lazy_gettext("Percent off"), [Optional(), NumberRange(1, 100)])
    most_cents = AmountField(lazy_gettext("Or so many dollars off"), [Optional(), AtMost(1, LARGEST_CENTS)])
    most_uses = WholeNumberField(
        lazy_gettext("Most uses"), [Optional(), NumberRange(1, MOST_SEATS)], description=lazy_gettext("Empty: as often as anybody likes.")
    )
    last_day = DateField(lazy_gettext("Last day"), [Optional(), a_likely_day], description=lazy_gettext("Empty: until you end it."))


@money.get("/discount-codes")
@requires(keeps_orders)
def show_discount_codes() -> str:
    return render_template("money/discount_codes.html", codes=codes_of(district_or_404().id), day=me().day)


@money.get("/discount-codes/new")
@requires(keeps_orders)
def show_new_discount_code() -> str:
    return _new_page(of_or_404(), CodeForm(formdata=None))


def _new_page(of: Series | Seminar | None, form: CodeForm) -> str:
    seminar = of.seminar if isinstance(of, Series) else of
    return render_template("money/new_discount_code.html", series_id=of.id if isinstance(of, Series) else None, seminar=seminar, form=form)


@money.post("/discount-codes/new")
@requires(keeps_orders)
def create_discount_code() -> object:
    form, of = CodeForm(), named(of_or_404())

    def save() -> str:
        code = DiscountCode(
            district_id=district_or_404().id,
            code=form.code.data,
            percent=form.percent.data,
            most_cents=form.most_cents.data,
            series_id=of.get("series"),
            seminar_id=of.get("seminar"),
            most_uses=form.most_uses.data,
            last_day=form.last_day.data,
        )
        add_code(code, by=me().person, now=clock.now())
        return url_for("money.show_discount_codes")

    return saved(form, save, lambda refused: _new_page(of_or_404(), refused), gettext("Added. Whoever has a seat to pay can use it."))


@money.get("/discount-codes/<int:code_id>")
@requires(keeps_orders)
def show_discount_code(code_id: int) -> str:
    return _code_page(_code_or_404(code_id), EndingForm(formdata=None))


def _code_or_404(code_id: int) -> DiscountCode:
    code: DiscountCode = found_or_404(db.session.get(DiscountCode, code_id))
    return code


def _code_page(code: DiscountCode, ending: EndingForm) -> str:
    uses, total = uses_of(code, page=page_number(), size=PAGE_SIZE)
    return render_template("money/discount_code.html", code=code, page=page_of(uses, total, page_number()), ending=ending)


@money.post("/discount-codes/<int:code_id>/ending")
@requires(keeps_orders)
def create_code_ending(code_id: int) -> object:
    code, form = _code_or_404(code_id), EndingForm()

    def save() -> str:
        end_code(code, reason=(form.reason.data or "").strip(), by=me().person, now=clock.now())
        return url_for("money.show_discount_codes")

    return saved(form, save, lambda refused: _code_page(_code_or_404(code_id), refused), gettext("Ended. What it took off stays."))
