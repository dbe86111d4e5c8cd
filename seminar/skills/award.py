"""A badge held by a person from a day until a day (both included).

Laws: it follows from its badge's rule, never by hand (rule 7); what is withdrawn stays on record with its reason.
"""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from seminar.ground import contributions, history, outbox
from seminar.ground.db import Model, db
from seminar.ground.outbox import Letter
from seminar.people.person import Person
from seminar.skills.badge import Badge, Competency, badge_prerequisite
from seminar.skills.sign_off import SignOff

# A badge that runs out within these days can be renewed, and is called running out everywhere.
RUNS_OUT_WITHIN = timedelta(days=90)


class Award(Model):
    """A badge held by a person from a day until a day."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    badge_id: Mapped[int] = mapped_column(ForeignKey("badge.id"))
    first_day: Mapped[date]
    last_day: Mapped[date]
    awarded_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None] = mapped_column()
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    withdrawn_reason: Mapped[str | None]

    person: Mapped[Person] = relationship(foreign_keys=person_id)
    badge: Mapped[Badge] = relationship()

    __table_args__ = (
        CheckConstraint("last_day >= first_day", name="days_in_order"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name="withdrawn_with_a_reason"),
        Index(
            "uq_award_standing",
            "person_id",
            "badge_id",
            "first_day",
            unique=True,
            sqlite_where=withdrawn_at.is_(None),
            postgresql_where=withdrawn_at.is_(None),
        ),
        Index("ix_award_badge", "district_id", "badge_id", "last_day"),
        Index("ix_award_last_day", "district_id", "last_day"),
    )

    def covers(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day

    @property
    def renewable_from(self) -> date:
        """It can be renewed within its last 90 days, and of a short one within its second half."""
        return self.last_day - min(RUNS_OUT_WITHIN, (self.last_day - self.first_day) // 2)


def valid_on(day: date) -> ColumnElement[bool]:
    """The condition that an award is held on that day: not before it, not past it, not withdrawn."""
    return (Award.first_day <= day) & (Award.last_day >= day) & Award.withdrawn_at.is_(None)


def last_day_of(first_day: date, months: int) -> date:
    """The last day of an award: so many months on, and the last of a month that is too short for it."""
    year, month = divmod(first_day.month - 1 + months, 12)
    year, month = first_day.year + year, month + 1
    return date(year, month, min(first_day.day, calendar.monthrange(year, month)[1]))


@dataclass(frozen=True)
class Progress:
    """How far somebody is towards a badge, on a day: what is shown, what is owed, and which badges come first."""

    badge: Badge
    shown: frozenset[int]
    award: Award | None
    missing_badges: tuple[Badge, ...]

    @property
    def owed(self) -> list[Competency]:
        return [c for c in self.badge.competencies if c.retired_on is None and c.id not in self.shown]

    @property
    def total(self) -> int:
        return sum(1 for c in self.badge.competencies if c.retired_on is None)

    @property
    def is_near(self) -> bool:
        """Begun, not held, and one or two competencies away."""
        return self.award is None and bool(self.shown) and 0 < len(self.owed) <= NEARLY


# So many competencies away from a badge is called near.
NEARLY = 2


def progress(person_ids: Iterable[int], badges: Iterable[Badge], day: date) -> dict[tuple[int, int], Progress]:
    """Everybody's progress towards every one of these badges, by (person id, badge id).

    A competency is shown by a sign-off that stands. Once the award runs out within 90 days, or has, its safety-critical
    competencies (all of them, where none is) must be shown anew. Three statements, however many people there are.
    """
    people, asked = set(person_ids), list(badges)
    wanted = {badge.id for badge in asked} | {required.id for badge in asked for required in badge.prerequisites}
    held = _standing_awards(people, wanted)
    signed = _signed_days(people, {badge.id for badge in asked})
    found: dict[tuple[int, int], Progress] = {}
    for badge in asked:
        for person_id in people:
            award = _last_begun(held.get((person_id, badge.id), []), day)
            shown = _shown(badge, signed.get((person_id, badge.id), {}), award, day)
            missing = tuple(b for b in badge.prerequisites if not _holds(_last_begun(held.get((person_id, b.id), []), day), day))
            found[person_id, badge.id] = Progress(badge, shown, award if _holds(award, day) else None, missing)
    return found


def _last_begun(awards: list[Award], day: date) -> Award | None:
    """Of the awards of one badge, that which lasts longest of those begun by that day."""
    begun = [award for award in awards if award.first_day <= day]
    return begun[-1] if begun else None


def _shown(badge: Badge, signed: dict[int, list[date]], award: Award | None, day: date) -> frozenset[int]:
    """What counts as shown on a day: once the award can be renewed, what must be shown anew counts from then on only."""
    anew = {c.id for c in badge.competencies if c.is_safety and c.retired_on is None}
    anew = anew or {c.id for c in badge.competencies}
    since = award.renewable_from if award is not None and award.renewable_from <= day else date.min
    return frozenset(
        competency_id
        for competency_id, days in signed.items()
        if any((since if competency_id in anew else date.min) <= shown_on <= day for shown_on in days)
    )


def _holds(award: Award | None, day: date) -> bool:
    return award is not None and award.covers(day)


def _standing_awards(people: set[int], badge_ids: set[int]) -> dict[tuple[int, int], list[Award]]:
    """The awards that weren't withdrawn, by (person, badge), the longest-lasting last."""
    query = select(Award).where(Award.person_id.in_(people), Award.badge_id.in_(badge_ids), Award.withdrawn_at.is_(None))
    found: dict[tuple[int, int], list[Award]] = {}
    for award in db.session.scalars(query.order_by(Award.last_day)):
        found.setdefault((award.person_id, award.badge_id), []).append(award)
    return found


def _signed_days(people: set[int], badge_ids: set[int]) -> dict[tuple[int, int], dict[int, list[date]]]:
    """The days on which each competency was signed off, of what stands, by (person, badge)."""
    query = (
        select(SignOff.person_id, Competency.badge_id, SignOff.competency_id, SignOff.day)
        .join(Competency, Competency.id == SignOff.competency_id)
        .where(SignOff.person_id.in_(people), Competency.badge_id.in_(badge_ids), SignOff.withdrawn_at.is_(None))
    )
    found: dict[tuple[int, int], dict[int, list[date]]] = {}
    for person_id, badge_id, competency_id, day in db.session.execute(query):
        found.setdefault((person_id, badge_id), {}).setdefault(competency_id, []).append(day)
    return found


def award_what_is_earned(people: list[Person], badges: list[Badge], *, now: datetime, day: date) -> list[Award]:
    """Give each of these people each of these badges whose rule is met and which they don't hold for longer yet, then the
    badges that build on those. Everybody is told. Flushes."""
    given: list[Award] = []
    while people and badges:
        standing = progress([person.id for person in people], badges, day)
        new = [a for badge in badges for a in _award_all(_earners(people, badge, standing, day), badge, now=now, day=day)]
        given += new
        gained = {award.badge_id for award in new}
        people = [person for person in people if any(a.person_id == person.id for a in new)]
        badges = _building_on(gained)
    _standing_changed({award.person_id: award.person for award in given}, now)
    return given


def award_after_a_change(badge: Badge, *, now: datetime, day: date) -> list[Award]:
    """The badge asks for less than before: give it to whoever has shown all that is left."""
    began = select(SignOff.person_id).join(Competency, Competency.id == SignOff.competency_id)
    began = began.where(Competency.badge_id == badge.id, SignOff.withdrawn_at.is_(None))
    people = list(db.session.scalars(select(Person).where(Person.id.in_(began)).order_by(Person.id).with_for_update(key_share=True)))
    return award_what_is_earned(people, [badge], now=now, day=day)


def _earners(people: list[Person], badge: Badge, standing: dict[tuple[int, int], Progress], day: date) -> list[Person]:
    """Who meets the badge's rule now and would hold it for longer than they do; nobody, where it is retired."""
    if badge.retired_on is not None:
        return []
    ready = []
    for person in people:
        at = standing[person.id, badge.id]
        lasts = at.award is not None and at.award.renewable_from > day
        if at.total and not at.owed and not at.missing_badges and not lasts:
            ready.append(person)
    absent = _attended_too_little(ready, badge)
    return [person for person in ready if person.id not in absent]


def _award_all(people: list[Person], badge: Badge, *, now: datetime, day: date) -> list[Award]:
    last_day = last_day_of(day, badge.valid_months)
    awards = []
    for person in people:
        award = Award(
            district_id=person.district_id,
            person_id=person.id,
            badge_id=badge.id,
            first_day=day,
            last_day=last_day,
            awarded_at=now,
        )
        award.person, award.badge = person, badge
        awards.append(award)
    db.session.add_all(awards)
    db.session.flush()
    for award in awards:
        history.record(None, "awarded", award, now, person=award.person_id, badge=badge.name)
    told = [Letter(award.person, str(award.id), {"badge": badge.name, "last_day": last_day}) for award in awards]
    outbox.put_all("awarded", told, now=now)
    return awards


def _building_on(badge_ids: set[int]) -> list[Badge]:
    if not badge_ids:
        return []
    query = select(Badge).join(badge_prerequisite, badge_prerequisite.c.badge_id == Badge.id)
    return list(db.session.scalars(query.where(badge_prerequisite.c.required_id.in_(badge_ids)).distinct()))


def withdraw_what_is_not_earned(people: list[Person], badge: Badge, *, since: date, reason: str, by: Person, now: datetime) -> list[Award]:
    """End these people's awards of a badge, begun on that day or later, whose rule is no longer met, then those that build on
    them. Everybody is told."""
    query = select(Award).where(
        Award.person_id.in_([person.id for person in people]),
        Award.badge_id == badge.id,
        Award.first_day >= since,
        Award.withdrawn_at.is_(None),
    )
    begun = list(db.session.scalars(query.options(joinedload(Award.person), joinedload(Award.badge))))
    ids = {award.person_id for award in begun}
    signed, held = _signed_days(ids, {badge.id}), _standing_awards(ids, {badge.id})
    absent = _attended_too_little([award.person for award in begun], badge)

    def is_shown(award: Award) -> bool:
        """Whether all that the badge asked for when the award began still stands as it counted then."""
        before = [one for one in held[award.person_id, badge.id] if one.first_day < award.first_day]
        shown = _shown(badge, signed.get((award.person_id, badge.id), {}), before[-1] if before else None, award.first_day)
        return all(c.id in shown for c in badge.competencies if c.retired_on is None and c.was_asked_on(award.first_day))

    ending = [award for award in begun if award.person_id in absent or not is_shown(award)]
    ended: list[Award] = []
    while ending:
        _withdraw(ending, reason=reason, by=by, now=now)
        ended += ending
        ending = _built_on(ending)
    _standing_changed({award.person_id: award.person for award in ended}, now)
    return ended


def _withdraw(awards: list[Award], *, reason: str, by: Person, now: datetime) -> None:
    for award in awards:
        award.withdrawn_at, award.withdrawn_by_id, award.withdrawn_reason = now, by.id, reason
        history.record(by, "award withdrawn", award, now, person=award.person_id, badge=award.badge.name, reason=reason)
    letters = [Letter(award.person, str(award.id), {"badge": award.badge.name, "reason": reason}) for award in awards]
    outbox.put_all("award_withdrawn", letters, now=now)
    db.session.flush()


def _built_on(ended: list[Award]) -> list[Award]:
    """Awards of badges that build on these, given while one of these was held and no other award of that badge is."""
    query = (
        select(Award, badge_prerequisite.c.required_id)
        .join(badge_prerequisite, badge_prerequisite.c.badge_id == Award.badge_id)
        .where(badge_prerequisite.c.required_id.in_({award.badge_id for award in ended}), Award.withdrawn_at.is_(None))
        .where(Award.person_id.in_({award.person_id for award in ended}))
        .options(joinedload(Award.person), joinedload(Award.badge))
    )
    held = _standing_awards({award.person_id for award in ended}, {award.badge_id for award in ended})
    found: dict[int, Award] = {}
    for award, required_id in db.session.execute(query):
        lost = any(e.person_id == award.person_id and e.badge_id == required_id and e.covers(award.first_day) for e in ended)
        if lost and not any(a.covers(award.first_day) for a in held.get((award.person_id, required_id), [])):
            found[award.id] = award
    return list(found.values())


def _attended_too_little(people: list[Person], badge: Badge) -> set[int]:
    """Who attended less than the badge asks for, of no series that leads to it more."""
    if badge.attendance_percent is None or not people:
        return set()
    ids = [person.id for person in people]
    shares = [facts(ids, badge) for facts in contributions.attendance_facts]
    return {n for n in ids if max((share.get(n, 0) for share in shares), default=0) < badge.attendance_percent}


def _standing_changed(people: dict[int, Person], now: datetime) -> None:
    if people:
        for changed in contributions.standing_changed:
            changed(list(people.values()), now)


def awards_of(person: Person) -> list[Award]:
    """Every award of the person that was not withdrawn, the longest-lasting first; one statement."""
    query = (
        select(Award)
        .where(Award.person_id == person.id, Award.withdrawn_at.is_(None))
        .options(joinedload(Award.badge).joinedload(Badge.skill))
        .order_by(Award.last_day.desc(), Award.id)
    )
    return list(db.session.scalars(query))
