"""Looking at the pages as somebody else sees them, for support: by the program manager, with a reason, and for a while.

Laws: it is on record from its beginning, and the person can see who looked; it is never of oneself and never of another
program manager, who sees what one sees oneself; it is over at its time by the clock. That nothing can be changed
meanwhile is decided by the access line (seminar.web.requires).
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from seminar.ground import history
from seminar.ground.db import Model, db
from seminar.ground.refusal import N_, Refused
from seminar.people.appointment import Standing
from seminar.people.person import Person

LASTS = timedelta(minutes=30)
SHOWN = 50


class SupportView(Model):
    """The program manager looked as somebody else, for support: why, and from when until when."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str]
    begun_at: Mapped[datetime]
    until: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    by: Mapped[Person] = relationship(foreign_keys=by_id)
    person: Mapped[Person] = relationship(foreign_keys=person_id)

    __table_args__ = (
        CheckConstraint("by_id <> person_id", name="never_of_oneself"),
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint("begun_at < until", name="times_in_order"),
        Index("ix_support_view_person", "district_id", "person_id", "begun_at"),
    )

    def holds(self, now: datetime) -> bool:
        return self.ended_at is None and now < self.until


def may_be_seen(seen: Standing, *, by: Standing) -> bool:
    """Whether the program manager may look as they do: as anybody but themselves and those who run the program too."""
    return seen.person.id != by.person.id and not seen.has("program_manager")


def begin_view(seen: Standing, *, by: Standing, reason: str, now: datetime) -> SupportView:
    """Begin to see what they see. Raises Refused without a reason, for oneself, and for another program manager."""
    person = seen.person
    if person.id == by.person.id:
        raise Refused(N_("These are your own pages already."))
    if seen.has("program_manager"):
        raise Refused(N_("{name} runs the program as you do: there is nothing that only they see and you may look at."), name=person.name)
    if not reason.strip():
        raise Refused(N_("Say why you look: {name} can read it."), field="reason", name=person.given_name)
    view = SupportView(
        district_id=person.district_id,
        by_id=by.person.id,
        person_id=person.id,
        reason=reason.strip(),
        begun_at=now,
        until=now + LASTS,
    )
    db.session.add(view)
    db.session.flush()
    history.record(by.person, "view begun", view, now, person=person.id, reason=view.reason)
    return view


def end_view(view: SupportView, *, now: datetime) -> None:
    """Stop looking; one that is over already was over at its time."""
    if view.ended_at is None:
        view.ended_at = min(now, view.until)
        db.session.flush()
        history.record(view.by, "view ended", view, now, person=view.person_id)


def views_of(person: Person) -> list[SupportView]:
    """Who looked at this person's pages, the latest first."""
    query = select(SupportView).where(SupportView.district_id == person.district_id, SupportView.person_id == person.id)
    found: Any = db.session.scalars(query.options(joinedload(SupportView.by)).order_by(SupportView.id.desc()).limit(SHOWN)).all()
    return list(found)
