"""Funding, discount codes and spend as people meet them: who pays is said before, on the order and in the reports."""

import csv
import io
from decimal import Decimal

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from seminar.ground.db import db
from seminar.money.discount_code import DiscountCode
from seminar.money.funding_source import FundingSource
from seminar.money.payment import Payment
from seminar.series.enrollment import Enrollment
from tests.cast import TODAY, a_cast
from tests.databases import POSTGRESQL_IN_THE_DEEP_RUN
from tests.money.funding import another_school
from tests.money.stripe import a_priced_series, stripe_beside
from tests.pages.as_who import as_who
from tests.pages.test_exports import rows_of
from tests.pages.test_waiting import refused, said

pytestmark = POSTGRESQL_IN_THE_DEEP_RUN

ENROLL, ORDER, DISCOUNT, SERIES = "/series/1/enrollment", "/orders/1", "/orders/1/discount", "/series/1"
SOURCE = {"name": "Title II-A", "code": "4035", "cap_cents": "1,000.00", "first_day": "2026-07-01", "last_day": "2027-06-30"}
RULE = {"source": "1", "for_whom": "everybody", "school": "0", "percent": "50", "most_cents": "", "seats": ""}


@pytest.fixture
def priced(clean):
    """A series (1) that costs $120; Tito teaches at a Title I school, everybody else doesn't."""
    with clean.app_context():
        cast = a_cast()
        another_school(cast, title_one=True)
        a_priced_series(cast, seats=9)
    return clean


def one(app, query):
    with app.app_context():
        return db.session.scalar(query)


def fund(app, **changed):
    olive = as_who(app, "olive")
    assert olive.post("/funding/new", data=SOURCE).status_code == 303
    assert olive.post("/funding/rules/new?series=1", data=RULE | changed).status_code == 303
    return olive


def test_from_a_source_to_a_seat_that_it_pays(priced):
    olive = as_who(priced, "olive")
    assert "No funding source yet" in said(olive, "/funding")
    fund(priced, percent="100", for_whom="title_one", seats="1")
    assert "Title II-A 4035 $0.00 of $1,000.00 given" in said(olive, "/funding")
    assert "All of the price, for people of Title I schools 0 of 1 seat used" in said(olive, "/funding")
    tito, ada = as_who(priced, "tito"), as_who(priced, "ada")
    assert "Free for you: Title II-A pays $120.00." in said(tito) and "Nothing to pay: the seat is yours at once" in said(tito)
    assert "for you" not in said(ada).replace("kept for you", "") and "You say on the next page how you pay" in said(ada)
    assert tito.post(ENROLL).location == SERIES
    assert "You're enrolled" in said(tito)
    order = said(tito, ORDER)
    assert "Funded Title II-A (4035)" in order and "Still to pay $0.00" in order and "by card" not in order
    assert "$120.00 of $1,000.00 given" in said(olive, "/funding") and "1 of 1 seat used" in said(olive, "/funding")


def test_a_part_is_said_before_and_the_card_is_asked_for_the_rest(priced):
    fund(priced)
    ada = as_who(priced, "ada")
    assert "$60.00 for you instead of $120.00: Title II-A pays $60.00." in said(ada)
    with stripe_beside(priced) as stripe:
        ada.post(ENROLL)
        assert "Pay $60.00 by card" in said(ada, ORDER) and "Pay $60.00, and the seat is yours." in said(ada, "/")
        ada.post(f"{ORDER}/payments")
        assert stripe.objects("checkout.session")[0]["amount_total"] == 6_000


def a_code_of(app, **changed):
    values = {"code": "summer-27", "percent": "25", "most_cents": "", "most_uses": "", "last_day": ""} | changed
    olive = as_who(app, "olive")
    assert olive.post("/discount-codes/new", data=values).status_code == 303
    return olive


def test_a_code_is_typed_on_the_order_and_a_wrong_one_is_told_beside_its_field(priced):
    olive, ada = a_code_of(priced), as_who(priced, "ada")
    ada.post(ENROLL)
    status, page = refused(ada.post(DISCOUNT, data={"code": "sumer"}))
    assert status == 422 and "No discount code like that counts for this seat." in page
    assert 'value="sumer"' in ada.post(DISCOUNT, data={"code": "sumer"}).text
    assert ada.post(DISCOUNT, data={"code": "Summer-27"}).location == ORDER
    assert "Discount code SUMMER-27" in said(ada, ORDER) and "Still to pay $90.00" in said(ada, ORDER)
    assert 'name="code"' not in ada.get(ORDER).text
    assert refused(ada.post(DISCOUNT, data={"code": "Summer-27"}))[0] == 409
    assert "25% off, every seat · used 1 time" in said(olive, "/discount-codes/1")
    assert "Ada Example School A Laser" in said(olive, "/discount-codes/1")


def test_a_code_that_takes_all_of_it_leads_to_the_seat(priced):
    a_code_of(priced, percent="100")
    ada = as_who(priced, "ada")
    ada.post(ENROLL)
    assert ada.post(DISCOUNT, data={"code": "SUMMER-27"}).location == SERIES
    assert "there is nothing to pay" in said(ada) and "You're enrolled" in said(ada)


def test_nobody_finds_a_code_by_trying(priced):
    a_code_of(priced)
    ada = as_who(priced, "ada")
    ada.post(ENROLL)
    tried = [ada.post(DISCOUNT, data={"code": f"TRY{n}"}).status_code for n in range(9)]
    assert tried == [422] * 8 + [429]
    assert ada.post(DISCOUNT, data={"code": "SUMMER-27"}).status_code == 429


def test_using_a_code_closes_the_card_page_that_asks_for_more(priced):
    a_code_of(priced)
    ada = as_who(priced, "ada")
    with stripe_beside(priced) as stripe:
        ada.post(ENROLL)
        ada.post(f"{ORDER}/payments")
        assert refused(ada.post(DISCOUNT, data={"code": "wrong"}))[0] == 422
        assert [page["status"] for page in stripe.objects("checkout.session")] == ["open"]
        assert ada.post(DISCOUNT, data={"code": "SUMMER-27"}).location == ORDER
        ada.post(f"{ORDER}/payments")
        assert [(page["status"], page["amount_total"]) for page in stripe.objects("checkout.session")] == [
            ("expired", 12_000),
            ("open", 9_000),
        ]


def test_a_page_that_was_paid_meanwhile_is_paid_and_the_code_is_not_used(priced):
    a_code_of(priced)
    ada = as_who(priced, "ada")
    with stripe_beside(priced) as stripe:
        ada.post(ENROLL)
        ada.post(f"{ORDER}/payments")
        stripe.pay(one(priced, select(Payment.session_id)))
        assert ada.post(DISCOUNT, data={"code": "SUMMER-27"}).location == SERIES
    assert (one(priced, select(Enrollment.state)), one(priced, select(DiscountCode.used_count))) == ("enrolled", 0)


def test_the_pages_of_the_office_keep_what_was_typed_and_say_what_is_wrong(priced):
    olive = as_who(priced, "olive")
    status, page = refused(olive.post("/funding/new", data=SOURCE | {"cap_cents": "lots"}))
    assert status == 422 and "Type an amount in dollars" in page
    fund(priced, percent="100")
    as_who(priced, "ada").post(ENROLL)
    answer = olive.post("/funding/1", data=SOURCE | {"cap_cents": "119.99"})
    assert answer.status_code == 422 and "$120.00 of it is given already" in answer.text and 'value="119.99"' in answer.text
    assert refused(olive.post("/funding/rules/new?series=1", data=RULE | {"most_cents": "5"}))[0] == 422
    assert refused(olive.post("/discount-codes/new", data={"code": "a b", "percent": "5"}))[0] == 422
    for ending in ("/funding/rules/1/ending", "/funding/1/ending"):
        assert refused(olive.post(ending, data={"reason": " "}))[0] == 422
        assert olive.post(ending, data={"reason": "Spent"}).status_code == 303
        assert refused(olive.post(ending, data={"reason": "Spent"}))[0] == 409
    assert "Ended: Spent" in said(olive, "/funding")
    assert olive.get("/funding/rules/new").location == "/program"


def test_nothing_of_the_next_district_is_funded_or_named(priced):
    fund(priced)
    a_code_of(priced)
    with priced.app_context():
        a_cast("B", {"stan": "program_manager"})
    stan = as_who(priced, "stan", "b")
    assert "No funding source yet" in said(stan, "/funding") and "No discount code yet" in said(stan, "/discount-codes")
    assert "Nothing was spent yet" in said(stan, "/spend")
    for path in ("/funding/rules/new?series=1", "/discount-codes/new?seminar=1"):
        assert stan.get(path).status_code == 404
    assert stan.post("/funding/rules/new?series=1", data=RULE).status_code == 404
    assert len(rows_of(stan.get("/orders/export?format=csv"))) == 1
    stan.post("/funding/new", data=SOURCE)
    # A source of another district is none that can be chosen.
    assert refused(as_who(priced, "olive").post("/funding/rules/new?series=1", data=RULE | {"source": "2"}))[0] == 422


@pytest.fixture
def spent(priced):
    """Ada and Tito have half of their seats from a source, Ada a code besides; Ben gave his seat back; Tito's is paid by the district."""
    fund(priced, seats="3")
    olive = a_code_of(priced, percent="10")
    olive.post("/funding/rules/new?seminar=1", data=RULE | {"source": "0", "for_whom": "title_one"})
    for name in ("ada", "tito", "ben"):
        as_who(priced, name).post(ENROLL)
    as_who(priced, "ada").post(DISCOUNT, data={"code": "SUMMER-27"})
    as_who(priced, "ben").post(f"{ENROLL}/withdrawal")
    with priced.app_context():
        db.session.scalars(select(FundingSource)).one().code = "=4035"
        db.session.commit()
    return priced


SPENT = [
    ["=4035", "Title II-A", "School A", "School year", "2026–27", 1, Decimal("60.00")],
    ["=4035", "Title II-A", "Tamarack", "School year", "2026–27", 1, Decimal("60.00")],
    ["", "The district", "Tamarack", "School year", "2026–27", 1, Decimal("60.00")],
    ["SUMMER-27", "Discount code", "School A", "School year", "2026–27", 1, Decimal("6.00")],
]


def test_spend_is_by_funding_code_school_and_season_to_the_cent(spent):
    olive = as_who(spent, "olive")
    page = said(olive, "/spend")
    assert "=4035 Title II-A 2 $120.00" in page and "All together $186.00" in page
    assert "=4035 Title II-A School A School year 1 $60.00" in page
    assert "Nothing was spent yet" in said(olive, "/spend?year=2026")
    rows = rows_of(olive.get("/spend/export?year=2027&format=csv"))
    assert rows[0] == ["Funding code", "Who pays", "School", "Season", "School year", "Seats", "Amount"]
    assert rows[1:] == [[row[0].replace("=", "'="), *map(str, row[1:])] for row in SPENT]
    book = load_workbook(io.BytesIO(olive.get("/spend/export?year=2027").data)).active
    assert [[cell.value or "" for cell in row] for row in book.iter_rows(min_row=2)] == [[*row[:-1], int(row[-1])] for row in SPENT]
    assert {cell.data_type for row in book.iter_rows(min_row=2, min_col=7) for cell in row} == {"n"}


def test_a_years_orders_have_a_row_each_with_all_that_their_ledger_says(spent):
    answer = as_who(spent, "olive").get("/orders/export?year=2027&format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    shown = ("Order", "Who has the seat", "School", "State", "Price", "Funding", "Given by the district", "Discount", "Let go", "Balance")
    assert [[row[name] for name in (*shown, "Funding codes", "Discount codes")] for row in rows] == [
        ["1", "Ada Example", "School A", "Held", "120.00", "60.00", "0.00", "6.00", "0.00", "54.00", "'=4035", "SUMMER-27"],
        ["2", "Tito Example", "Tamarack", "Enrolled", "120.00", "60.00", "60.00", "0.00", "0.00", "0.00", "'=4035", ""],
        ["3", "Ben Example", "School A", "Withdrawn", "120.00", "0.00", "0.00", "0.00", "120.00", "0.00", "", ""],
    ]
    assert rows[0]["First meeting"] == TODAY.isoformat() and rows[0]["School year"] == "2026–27"


def test_a_school_is_made_a_title_one_school_on_its_page(priced):
    olive = as_who(priced, "olive")
    school = {"name": "School A", "code": "S", "grade_first": "0", "grade_last": "5", "title_one": "y"}
    assert olive.post("/settings/schools/1", data=school).status_code == 303
    fund(priced, for_whom="title_one", percent="100")
    assert "Free for you" in said(as_who(priced, "ada"))
