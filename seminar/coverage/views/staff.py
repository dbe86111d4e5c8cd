"""The staff finder."""

from flask import render_template, request
from sqlalchemy import Row, select

from seminar.coverage.access import schools_seen_closely
from seminar.coverage.finder import Sought, holders, nearly_there
from seminar.coverage.views import coverage
from seminar.ground.counting import MOST_COUNTED
from seminar.ground.db import db
from seminar.people.person import Person
from seminar.people.school import GRADE_BANDS, School
from seminar.series.access import enrolls_others, theirs_to_enroll
from seminar.skills.badge import Badge
from seminar.web.asked import asked_day, asked_id, page_number
from seminar.web.pages import page_of
from seminar.web.requires import requires, works_here
from seminar.web.viewer import district_or_404, me

# A district's holders of a badge fit on a page or two.
ROWS = 50
# More of them than anybody chooses from: their school is then looked for by words.
MOST_TO_CHOOSE = 150


@coverage.get("/staff")
@requires(works_here)
def show_staff() -> str:
    district_id = district_or_404().id
    schools = schools_to_choose(district_id)
    sought = Sought(
        day=asked_day("day", me().day),
        name=request.args.get("name", "")[:100],
        badge_id=asked_id("badge"),
        school_id=asked_id("school") if schools else None,
        school="" if schools else request.args.get("school", "").strip()[:100],
        grades=GRADE_BANDS.get(request.args.get("grades", "")),
    )
    rows, total = holders(district_id, sought, page=page_number(), size=ROWS)
    near = nearly_there(district_id, sought, schools_seen_closely(me()))
    return render_template(
        "coverage/staff.html",
        page=page_of(rows, total, page_number(), ROWS, most=MOST_COUNTED),
        near=near,
        theirs=_theirs_of([*(row.person.id for row in rows), *(person.id for person, _ in near)]),
        sees_near=schools_seen_closely(me()) != set(),
        sought=sought,
        badges=db.session.scalars(select(Badge).where(Badge.district_id == district_id).order_by(Badge.name)).all(),
        schools=schools,
        grade_bands=GRADE_BANDS,
    )


def _theirs_of(person_ids: list[int]) -> set[int]:
    """Whom of these the reader may enroll in a series."""
    if not enrolls_others(me()):
        return set()
    return set(db.session.scalars(select(Person.id).where(Person.id.in_(person_ids), theirs_to_enroll(me()))))


def schools_to_choose(district_id: int) -> list[Row[int, str]]:
    """Ids and names of the district's schools; none where there are too many to choose from."""
    query = select(School.id, School.name).where(School.district_id == district_id).order_by(School.name)
    found = db.session.execute(query.limit(MOST_TO_CHOOSE + 1)).all()
    return [] if len(found) > MOST_TO_CHOOSE else list(found)
