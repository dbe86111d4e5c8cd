"""Presence of a person in a meeting, in minutes. Marks: present (from start to end), part, absent, excused."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from seminar.ground import history
from seminar.ground.db import Model, db
from seminar.ground.refusal import N_, Refused
from seminar.people.person import Person
from seminar.series.seminar import Seminar
from seminar.series.series import Meeting, Series, lock_meeting
from seminar.skills.award import Award, award_what_is_earned, withdraw_what_is_not_earned
from seminar.skills.badge import Badge
from seminar.skills.signing import lock_people

MARKS = ("present", "part", "absent", "excused")


class Attendance(Model):
    """How long somebody was present in a meeting."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    mark: Mapped[str]
    minutes: Mapped[int]
    marked_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    marked_at: Mapped[datetime]

    meeting: Mapped[Meeting] = relationship()
    person: Mapped[Person] = relationship(foreign_keys=person_id)

    __table_args__ = (
        UniqueConstraint("meeting_id", "person_id"),
        CheckConstraint("mark IN ('present', 'part', 'absent', 'excused')", name="mark"),
        CheckConstraint("minutes >= 0", name="minutes"),
        Index("ix_attendance_person", "person_id"),
    )


@dataclass(frozen=True)
class Present:
    """What a sheet says of one person: a mark, and the minutes where they were there in part."""

    person: Person
    mark: str
    minutes: int


def sheet(meeting: Meeting) -> dict[int, Attendance]:
    """The saved marks of a meeting, by person."""
    rows = db.session.scalars(select(Attendance).where(Attendance.meeting_id == meeting.id))
    return {row.person_id: row for row in rows}


def here_on(series: Series, day: date) -> set[int] | None:
    """Who was there, all the time or in part, in a meeting of the series on that day; None where no sheet is saved yet."""
    meetings = [m.id for m in series.meetings if series.district.day(m.starts_at) == day]
    rows = db.session.execute(select(Attendance.person_id, Attendance.mark).where(Attendance.meeting_id.in_(meetings))).all()
    return {person_id for person_id, mark in rows if mark in ("present", "part")} if rows else None


def take_attendance(meeting: Meeting, presence: list[Present], *, by: Person, now: datetime) -> list[Award]:
    """Write a sheet: what changed is written over, and history keeps what was before. Where the badge asks for attendance, it
    follows, or ends; answers the awards that follow.

    Raises Refused before the meeting's day, for a canceled meeting, or for minutes that the meeting doesn't have."""
    lock_meeting(meeting)
    if meeting.canceled_at is not None:
        raise Refused(N_("This meeting is canceled, so nobody's attendance is taken."), status=409)
    if meeting.starts_at - now > timedelta(hours=12):
        raise Refused(N_("This meeting hasn't begun. Attendance opens on its day."), status=409)
    saved = sheet(meeting)
    for present in presence:
        if present.minutes > meeting.minutes:
            sentence = N_("The meeting lasts {minutes} minutes; nobody was there for longer.")
            raise Refused(sentence, field=f"minutes-{present.person.id}", minutes=meeting.minutes)
        _mark(meeting, present, saved.get(present.person.id), by=by, now=now)
    db.session.flush()
    return _badge_follows(meeting, [present.person for present in presence], by=by, now=now)


def _badge_follows(meeting: Meeting, people: list[Person], *, by: Person, now: datetime) -> list[Award]:
    badge, district = meeting.series.seminar.badge, meeting.series.district
    if badge is None or badge.attendance_percent is None or not people:
        return []
    lock_people(people)
    since = district.day(meeting.starts_at)
    withdraw_what_is_not_earned(people, badge, since=since, reason=N_("The attendance was corrected."), by=by, now=now)
    return award_what_is_earned(people, [badge], now=now, day=district.day(now))


def _mark(meeting: Meeting, present: Present, row: Attendance | None, *, by: Person, now: datetime) -> None:
    minutes = meeting.minutes if present.mark == "present" else present.minutes if present.mark == "part" else 0
    before = (row.mark, row.minutes) if row is not None else None
    if before == (present.mark, minutes):
        return
    row = row or Attendance(district_id=meeting.district_id, meeting_id=meeting.id, person_id=present.person.id)
    row.mark, row.minutes, row.marked_by_id, row.marked_at = present.mark, minutes, by.id, now
    db.session.add(row)
    history.record(by, "attendance", meeting, now, person=present.person.id, mark=present.mark, minutes=minutes, before=before)


def share_attended(person_ids: list[int], badge: Badge) -> dict[int, int]:
    """By person, the best share in percent of a series' minutes that they attended, among series that lead to the badge."""
    leads = select(Series.id).join(Seminar, Seminar.id == Series.seminar_id).where(Seminar.badge_id == badge.id)
    theirs = select(Meeting.series_id).join(Attendance, Attendance.meeting_id == Meeting.id).where(Attendance.person_id.in_(person_ids))
    held = select(Meeting).where(Meeting.series_id.in_(leads), Meeting.series_id.in_(theirs), Meeting.canceled_at.is_(None))
    planned: dict[int, int] = {}
    for meeting in db.session.scalars(held):
        planned[meeting.series_id] = planned.get(meeting.series_id, 0) + meeting.minutes
    there = (
        select(Attendance.person_id, Meeting.series_id, func.sum(Attendance.minutes))
        .join(Meeting, Meeting.id == Attendance.meeting_id)
        .where(Attendance.person_id.in_(person_ids), Meeting.series_id.in_(leads), Meeting.canceled_at.is_(None))
        .group_by(Attendance.person_id, Meeting.series_id)
    )
    best: dict[int, int] = {}
    for person_id, series_id, minutes in db.session.execute(there):
        best[person_id] = max(best.get(person_id, 0), 100 * minutes // planned[series_id])
    return best
