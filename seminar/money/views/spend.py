"""What was spent on seats in a school year, as a page and as a sheet; and its orders as a sheet."""

from decimal import Decimal

from flask import Response, render_template
from flask_babel import gettext, lazy_gettext

from seminar.ground.sheets.writing import Cell
from seminar.money.access import keeps_orders
from seminar.money.exports import OrderRow, order_rows
from seminar.money.spend import Spent, spent_in, totals
from seminar.money.views import money
from seminar.series.exports import STATES
from seminar.series.teaching import planned_years, year_of
from seminar.web.asked import asked_id
from seminar.web.language import local, school_year_name
from seminar.web.requires import requires
from seminar.web.sheet import sheet
from seminar.web.viewer import district_or_404, me

SEASONS = {"year-round": lazy_gettext("School year"), "summer": lazy_gettext("Summer")}


def _year() -> int:
    return asked_id("year") or year_of(me().day)


@money.get("/spend")
@requires(keeps_orders)
def show_spend() -> str:
    year, district_id = _year(), district_or_404().id
    rows = spent_in(district_id, year)
    return render_template(
        "money/spend.html", year=year, years=planned_years(district_id, year), rows=rows, totals=totals(rows), seasons=SEASONS
    )


@money.get("/spend/export")
@requires(keeps_orders)
def show_spend_export() -> Response:
    year = _year()
    headings = [
        *(gettext("Funding code"), gettext("Who pays"), gettext("School"), gettext("Season"), gettext("School year")),
        *(gettext("Seats"), gettext("Amount")),
    ]
    return sheet(gettext("Spend"), f"spend-{year}", [headings, *(_spent(row, year) for row in spent_in(district_or_404().id, year))])


def _spent(row: Spent, year: int) -> list[Cell]:
    named = {"grant": row.name, "waiver": gettext("The district"), "discount": gettext("Discount code")}
    season = str(SEASONS[row.season])
    return [row.code, named[row.kind], row.school or gettext("No school"), season, school_year_name(year), row.seats, exact(row.cents)]


def exact(cents: int) -> Decimal:
    """In dollars, of integers alone."""
    return Decimal(cents).scaleb(-2)


@money.get("/orders/export")
@requires(keeps_orders)
def show_orders_export() -> Response:
    year = _year()
    headings = [
        *(gettext("Order"), gettext("Day"), gettext("Who pays"), gettext("Who has the seat"), gettext("Email"), gettext("School")),
        *(gettext("Seminar"), gettext("First meeting"), gettext("Season"), gettext("School year"), gettext("State")),
        *(gettext("Price"), gettext("Funding"), gettext("Given by the district"), gettext("Discount"), gettext("Let go")),
        *(gettext("Paid"), gettext("Refunded"), gettext("Balance"), gettext("Funding codes"), gettext("Discount codes")),
    ]
    rows = [_order(row, year) for row in order_rows(district_or_404().id, year, me().day)]
    return sheet(gettext("Orders"), f"orders-{year}", [headings, *rows])


def _order(row: OrderRow, year: int) -> list[Cell]:
    line, place = row.line, row.line.enrollment
    held = [meeting.starts_at for meeting in place.series.meetings if meeting.canceled_at is None]
    return [
        line.order_id,
        f"{local(line.order.created_at):%Y-%m-%d}",
        line.order.person.name,
        place.person.name,
        place.person.email or "",
        ", ".join(row.schools),
        place.series.seminar.title,
        f"{local(held[0]):%Y-%m-%d}" if held else "",
        str(SEASONS[place.series.season]),
        school_year_name(year),
        gettext(STATES[place.state]),
        exact(line.price_cents),
        exact(-row.sum_of("grant", "grant_back")),
        exact(-row.sum_of("waiver", "waiver_back")),
        exact(-row.sum_of("discount", "discount_back")),
        exact(-row.sum_of("credit")),
        exact(-row.sum_of("payment", "dispute", "dispute_won")),
        exact(row.sum_of("refund")),
        exact(row.balance_cents),
        ", ".join(row.funding_codes),
        ", ".join(row.discount_codes),
    ]
