"""What the depot has, and one model with its free days and who may be responsible for it."""

from dataclasses import dataclass
from datetime import date, timedelta

from flask import abort, render_template, request
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload, selectinload

from inventory.access import lends, may_reserve
from inventory.calendar import free_counts, free_per_day, lendable
from inventory.depot import OpenDays, depot_of, open_days
from inventory.equipment import EquipmentModel, Item
from inventory.gate import badges_for, candidates
from inventory.views import inventory
from seminar.coverage.access import sees_who_is_close
from seminar.ground import clock
from seminar.ground.db import db
from seminar.series.catalog import contains
from seminar.series.coming import next_series_for
from seminar.skills.skill import Skill
from seminar.web.asked import asked_day, asked_id, page_number
from seminar.web.pages import Page, page_of
from seminar.web.requires import requires, works_here
from seminar.web.viewer import district_or_404, me

ITEMS = 60


@inventory.get("/equipment")
@requires(works_here)
def show_equipment() -> str:
    district, today = district_or_404(), me().day
    first = asked_day("from", today)
    last = max(first, min(asked_day("until", first), first + timedelta(days=180)))
    query = (
        select(EquipmentModel)
        .join(Skill, Skill.id == EquipmentModel.skill_id)
        .where(EquipmentModel.district_id == district.id, EquipmentModel.retired_on.is_(None))
        .options(joinedload(EquipmentModel.skill), selectinload(EquipmentModel.badges))
        .order_by(Skill.position, EquipmentModel.name)
    )
    for word in request.args.get("search", "").split()[:8]:
        query = query.where(contains(word, EquipmentModel.name, EquipmentModel.description, Skill.name))
    skill_id = asked_id("skill")
    if skill_id is not None:
        query = query.where(EquipmentModel.skill_id == skill_id)
    models = db.session.scalars(query).all()
    free = free_counts([model.id for model in models], first, last, today=today)
    skills = db.session.scalars(select(Skill).where(Skill.district_id == district.id).order_by(Skill.position)).all()
    return render_template(
        "inventory/equipment.html",
        models=models,
        free=free,
        first=first,
        last=last,
        skills=skills,
        skill_id=skill_id,
        search=request.args.get("search", ""),
        filtered=any(request.args.get(name) for name in ("from", "until", "skill", "search")),
        may_edit=lends(me()),
        may_set_up=me().has("program_manager"),
        retired=_retired(district.id) if lends(me()) else [],
    )


def _retired(district_id: int) -> list[EquipmentModel]:
    query = select(EquipmentModel).where(EquipmentModel.district_id == district_id, EquipmentModel.retired_on.is_not(None))
    return list(db.session.scalars(query.order_by(EquipmentModel.name)))


def model_or_404(slug: str) -> EquipmentModel:
    query = select(EquipmentModel).where(EquipmentModel.district_id == district_or_404().id, EquipmentModel.slug == slug)
    options = (joinedload(EquipmentModel.skill), selectinload(EquipmentModel.badges))
    return db.session.scalar(query.options(*options)) or abort(404)


def items_page(model: EquipmentModel, total: int, *conditions: ColumnElement[bool], number: int | None = None) -> Page:
    """A page of the model's items, by tag: the one that was asked for where no other is named."""
    shown = number or page_number()
    query = select(Item).where(Item.model_id == model.id, *conditions).order_by(Item.tag)
    return page_of(list(db.session.scalars(query.limit(ITEMS).offset((shown - 1) * ITEMS))), total, shown, ITEMS)


@dataclass(frozen=True)
class Day:
    """A day of the free-days calendar."""

    date: date
    number: int
    free: int
    kind: str
    why: str


@inventory.get("/equipment/<slug>")
@requires(works_here)
def show_model(slug: str) -> str:
    model, standing = model_or_404(slug), me()
    month = asked_day("month", standing.day).replace(day=1)
    schools = standing.schools
    badges = badges_for([model])
    people = candidates(schools[0], badges, standing.day, standing.day) if schools else []
    if schools and not sees_who_is_close(standing, schools[0].id):
        people = [candidate for candidate in people if candidate.person.id == standing.person.id]
    there = lendable([model.id]).get(model.id, 0)
    free = free_per_day(model.id, month, last_of(month), today=standing.day)
    free_now = free if standing.day in free else free_per_day(model.id, standing.day, standing.day, today=standing.day)
    return render_template(
        "inventory/model.html",
        model=model,
        month=month,
        weeks=weeks_of(free, open_days(model.district_id), standing.day) if depot_of(model.district_id) else [],
        previous=(month - timedelta(days=1)).replace(day=1) if month > standing.day else None,
        following=last_of(month) + timedelta(days=1),
        free_today=free_now[standing.day],
        there=there,
        items=items_page(model, there, Item.retired_on.is_(None)),
        school=schools[0] if schools else None,
        people=people,
        next_series=next_series_for({badge.id for badge in badges}, clock.now()),
        may_reserve=may_reserve(standing) and model.retired_on is None,
        may_edit=lends(standing),
    )


def last_of(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def weeks_of(free: dict[date, int], opened: OpenDays, today: date) -> list[list[Day | None]]:
    """A month in weeks from Sunday, with how many items are free each day."""
    cells: list[Day | None] = [None] * (min(free).isoweekday() % 7)
    for day, count in free.items():
        kind = "past" if day < today else "closed" if not opened.is_open(day) else "none" if count == 0 else "few" if count < 3 else "free"
        cells.append(Day(day, day.day, count, kind, opened.why_closed(day)))
    cells += [None] * (-len(cells) % 7)
    return [cells[n : n + 7] for n in range(0, len(cells), 7)]
