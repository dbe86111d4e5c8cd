"""What needs attention today on somebody's home: a seat that is kept for them; requests to decide; a moved meeting to answer for; who
nominates them; their next meeting, or series that would fit them; a badge they are on the way to; what they teach; and for the program
manager, how the year fills."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from seminar.ground.contributions import Card
from seminar.ground.counting import count_of
from seminar.ground.db import db
from seminar.ground.outbox import Mail
from seminar.people.appointment import Standing
from seminar.series.approval import Approval, ApprovalRequest, is_open, theirs_to_decide
from seminar.series.catalog import Listed, Wanted, catalog, first_start, is_over, taken_seats
from seminar.series.enrollment import LIVE, Enrollment
from seminar.series.go_ahead import to_decide
from seminar.series.moved import open_questions
from seminar.series.nomination import nominations_of
from seminar.series.series import Meeting, Series
from seminar.series.teaching import listed, meetings_of_trainer, next_meeting_of, planned_series
from seminar.series.waitlist import open_offers
from seminar.skills.award import RUNS_OUT_WITHIN, Award, Progress, awards_of, progress
from seminar.skills.badge import Badge

SUGGESTED = 3
# Of drafts, and of what begins half empty, so many.
SHOWN = 8
SOON = timedelta(days=14)


def home_cards(standing: Standing, now: datetime) -> list[Card]:
    cards = []
    if offers := open_offers(standing.person.id, now):
        cards.append(Card("series/card_offers.html", {"offers": offers}))
    if moves := open_questions(standing.person.id, now):
        cards.append(Card("series/card_moves.html", {"moves": moves}))
    if waiting := _to_decide(standing, now):
        cards.append(Card("series/card_approvals.html", waiting))
    if nominations := nominations_of(standing.person, now):
        cards.append(Card("series/card_nominations.html", {"nominations": nominations}))
    meeting = next_meeting_of(standing.person.id, now)
    if meeting is not None:
        cards.append(Card("series/card_next.html", {"meeting": meeting}))
    if standing.has("trainer", "coach"):
        coming, _ = meetings_of_trainer(standing, now)
        if coming or standing.has("trainer"):
            cards.append(Card("series/card_teaching.html", {"meetings": coming[:3]}))
    if standing.has("program_manager"):
        cards.append(Card("series/card_program.html", _program(standing, now)))
    if standing.has("teacher"):
        cards.append(_learning(standing, now, has_meeting=meeting is not None))
    return cards


def _to_decide(standing: Standing, now: datetime) -> dict[str, object]:
    """How many requests they may decide, and by when the first; empty where none waits."""
    query = (
        select(func.count(), func.min(Approval.due_at))
        .join(ApprovalRequest, ApprovalRequest.id == Approval.request_id)
        .join(Enrollment, Enrollment.id == ApprovalRequest.enrollment_id)
        .where(Approval.district_id == standing.person.district_id, is_open(now), theirs_to_decide(standing))
    )
    count, first = db.session.execute(query).one()
    return {"count": count, "first": first} if count else {}


def _learning(standing: Standing, now: datetime, *, has_meeting: bool) -> Card:
    awards = [award for award in awards_of(standing.person) if award.last_day >= standing.day]
    held = {award.badge_id for award in awards if award.last_day - RUNS_OUT_WITHIN > standing.day}
    return Card(
        "series/card_learning.html",
        {
            "near": _on_the_way(standing),
            "ending": [award for award in awards if award.badge_id not in held and not _renewed(award, awards)],
            "suggested": [] if has_meeting else _suggested(standing, held, now),
        },
    )


def _renewed(award: Award, awards: list[Award]) -> bool:
    return any(other.badge_id == award.badge_id and other.last_day > award.last_day for other in awards)


def _on_the_way(standing: Standing) -> list[Progress]:
    """Badges that are begun and not held, the nearest first."""
    badges = db.session.scalars(
        select(Badge)
        .where(Badge.district_id == standing.person.district_id, Badge.retired_on.is_(None))
        .options(joinedload(Badge.skill), selectinload(Badge.competencies), selectinload(Badge.prerequisites))
    ).all()
    found = progress([standing.person.id], badges, standing.day).values()
    begun = [at for at in found if at.award is None and at.shown and at.owed]
    return sorted(begun, key=lambda at: (len(at.owed), at.badge.name))[:2]


def _suggested(standing: Standing, held: set[int], now: datetime) -> list[Listed]:
    """Open series for the grades that they teach, leading to a badge that they don't hold, in the order of their first day."""
    grades = [a.grade for a in standing.appointments if a.role == "teacher" and a.grade is not None]
    wanted = Wanted(open_only=True, grades=(min(grades), max(grades)) if grades else None, standing=standing)
    listed, _ = catalog(standing.person.district_id, wanted, now=now, page=1, size=20)
    taken = select(Enrollment.series_id).where(Enrollment.person_id == standing.person.id, Enrollment.state.in_(LIVE))
    mine = set(db.session.scalars(taken))
    return [one for one in listed if one.series.seminar.badge_id not in held and one.series.id not in mine][:SUGGESTED]


def _program(standing: Standing, now: datetime) -> dict[str, object]:
    """Series that want a decision: drafts, and those that begin soon and are less than half full; and mail that died."""
    district_id, day = standing.person.district_id, standing.day
    still = (Series.canceled_at.is_(None), ~is_over(district_id, now))
    ahead = planned_series(district_id, day.year + (day.month >= 7), *still)
    drafts, open_ones = ahead.where(Series.published_at.is_(None)), ahead.where(Series.published_at.is_not(None))
    soon = select(Meeting.series_id).where(Meeting.district_id == district_id, Meeting.starts_at.between(now, now + SOON))
    empty = open_ones.where(Series.id.in_(soon), first_start() > now, taken_seats() * 2 < Series.seats)
    return {
        "undecided": to_decide(district_id, day, now)[:SHOWN],
        "drafts": listed(drafts, page=1, size=SHOWN),
        "empty": listed(empty, page=1, size=SHOWN),
        "counts": {"ahead": count_of(ahead), "full": count_of(open_ones.where(taken_seats() >= Series.seats)), "drafts": count_of(drafts)},
        "dead": db.session.scalar(select(func.count()).where(Mail.district_id == district_id, Mail.state == "dead")),
    }
