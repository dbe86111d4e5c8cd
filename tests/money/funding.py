"""Funding sources, their rules and discount codes, without surprises."""

from datetime import timedelta

from seminar.ground.db import db
from seminar.money.discount_code import DiscountCode, add_code
from seminar.money.funding_rule import FundingRule, Terms, add_rule
from seminar.money.funding_source import FundingSource, save_source
from seminar.people.school import School
from tests.cast import NOW, TODAY, Cast, people_at

TERMS = {"for_whom": "everybody", "school": None, "percent": 100, "most_cents": None, "seats": None}


def a_source(cast: Cast, *, cents: int = 100_000, code: str = "010-3010", name: str = "Title I") -> FundingSource:
    source = FundingSource(district_id=cast.district.id)
    days = (TODAY - timedelta(days=200), TODAY + timedelta(days=200))
    save_source(source, name=name, code=code, cap_cents=cents, days=days, by=cast.olive, now=NOW)
    return source


def a_rule(cast: Cast, of: object, source: FundingSource | None, **terms: object) -> FundingRule:
    """Pays all of it for everybody, unless it is said otherwise."""
    rule = add_rule(of, Terms(source, **{**TERMS, **terms}), by=cast.olive, now=NOW)
    db.session.commit()
    return rule


def a_code(cast: Cast, code: str = "SUMMER", **values: object) -> DiscountCode:
    """Half off, as often as anybody likes, unless it is said otherwise."""
    made = DiscountCode(district_id=cast.district.id, code=code, **({"percent": 50} | values))
    add_code(made, by=cast.olive, now=NOW)
    db.session.commit()
    return made


def another_school(cast: Cast, *, title_one: bool) -> School:
    """With Tito, who teaches there."""
    school = School(district_id=cast.district.id, code="T", name="Tamarack", grade_first=0, grade_last=5, title_one=title_one)
    db.session.add(school)
    db.session.flush()
    cast.people |= people_at(school, cast.district, {"tito": "teacher"})
    db.session.commit()
    return school
