"""What the demo shows of who pays for seats: a funding source with some of it spent, a Title I school, and a discount code."""

from datetime import date, timedelta

from inventory.demo.calendar import year_ending
from inventory.demo.world import World
from seminar.ground.db import db
from seminar.money.discount_code import DiscountCode, add_code
from seminar.money.funding_rule import TITLE_ONE, Terms, add_rule
from seminar.money.funding_source import FundingSource, save_source
from seminar.series.enrolling import enroll
from seminar.series.series import Series

TITLE_ONE_SCHOOL = "MES"
FUNDED = 3


def fund(world: World, series: Series) -> None:
    """Title II-A pays for people of Title I schools, some of whom have enrolled; everybody else pays, or has a code."""
    by, before = world.by_email("program"), world.now - timedelta(days=3)
    school = world.schools[TITLE_ONE_SCHOOL]
    school.title_one = True
    ends = year_ending(world.today)
    source = FundingSource(district_id=world.district.id)
    days = (date(ends - 1, 7, 1), date(ends, 9, 30))
    save_source(source, name="Title II-A, professional development", code="010-4035-1110", cap_cents=180_000, days=days, by=by, now=before)
    terms = Terms(source=source, for_whom=TITLE_ONE, school=None, percent=100, most_cents=None, seats=None)
    add_rule(series, terms, by=by, now=before)
    code = DiscountCode(district_id=world.district.id, code="MAKER-25", percent=25, most_uses=40, last_day=days[1])
    add_code(code, by=by, now=before)
    db.session.flush()
    at_school = {a.person_id for a in world.appointments if a.role == "teacher" and a.school_id == school.id}
    for person in [person for person in world.teachers() if person.id in at_school][:FUNDED]:
        enroll(person, series, by=person, now=before)
