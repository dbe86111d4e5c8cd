"""How long attendance, enrollments and answers keep their words, and the names of who they are about."""

from sqlalchemy import ColumnElement, exists, or_, select, union_all
from sqlalchemy.sql.selectable import CompoundSelect

from seminar.ground.refusal import N_
from seminar.ground.retention import Part, RetentionKind, Times, emptied, removed
from seminar.series.answer import EnrollmentAnswer
from seminar.series.approval import Approval, ApprovalRequest
from seminar.series.attendance import Attendance
from seminar.series.enrollment import OVER, Enrollment
from seminar.series.message import SeriesMessage
from seminar.series.nomination import Nomination
from seminar.series.question import KEPT_DAYS, NEEDS
from seminar.series.series import Meeting, series_trainer

LONGEST_OF_STATES = N_("The longest that states ask of hours: Illinois six years, Texas seven, eight in New York.")


def _meets_since(times: Times, kind: str) -> ColumnElement[bool]:
    """A place in a series counts from the end of its last meeting, or from its own last change."""
    return exists().where(Meeting.series_id == Enrollment.series_id, Meeting.ends_at >= times.first_kept_at(kind))


def _enrollments(times: Times) -> ColumnElement[bool]:
    is_over = (Enrollment.district_id == times.district_id) & (Enrollment.state_since < times.first_kept_at("enrollments"))
    return is_over & ~_meets_since(times, "enrollments") & (Enrollment.state_reason != "")


def _needs(times: Times) -> ColumnElement[bool]:
    """Of a series that is over, and of a place that is, whatever the series does."""
    is_over = Enrollment.state.in_(OVER) | ~_meets_since(times, "answers")
    over = (Enrollment.district_id == times.district_id) & (Enrollment.state_since < times.first_kept_at("answers")) & is_over
    of_district = (EnrollmentAnswer.district_id == times.district_id) & EnrollmentAnswer.question.in_(NEEDS)
    return of_district & exists().where(Enrollment.id == EnrollmentAnswer.enrollment_id, over)


def _messages(times: Times) -> ColumnElement[bool]:
    first_kept_at = times.first_kept_at("enrollments")
    meets_since = exists().where(Meeting.series_id == SeriesMessage.series_id, Meeting.ends_at >= first_kept_at)
    is_over = (SeriesMessage.district_id == times.district_id) & (SeriesMessage.sent_at < first_kept_at) & ~meets_since
    return is_over & ((SeriesMessage.subject != "") | (SeriesMessage.text != ""))


def _nominations(times: Times) -> ColumnElement[bool]:
    of_district = Nomination.district_id == times.district_id
    return of_district & (Nomination.nominated_at < times.first_kept_at("enrollments")) & (Nomination.note != "")


def _requests(times: Times) -> ColumnElement[bool]:
    of_district = ApprovalRequest.district_id == times.district_id
    return of_district & (ApprovalRequest.asked_at < times.first_kept_at("enrollments")) & (ApprovalRequest.note != "")


def _approvals(times: Times) -> ColumnElement[bool]:
    of_district = Approval.district_id == times.district_id
    return of_district & (Approval.decided_at < times.first_kept_at("enrollments")) & (Approval.reason != "")


def people_named(times: Times) -> CompoundSelect[int]:
    """Who attended, taught, had a place or was nominated within the time of such records; and who has a place in a series to come."""
    first_kept_at = times.first_kept_at("attendance")
    met = select(Meeting.id, Meeting.series_id).where(Meeting.district_id == times.district_id, Meeting.ends_at >= first_kept_at).subquery()
    attended = select(Attendance.person_id).join(met, met.c.id == Attendance.meeting_id)
    taught = select(series_trainer.c.person_id).join(met, met.c.series_id == series_trainer.c.series_id)
    recent = or_(Enrollment.state_since >= times.first_kept_at("enrollments"), _meets_since(times, "enrollments"))
    placed = select(Enrollment.person_id).where(Enrollment.district_id == times.district_id, recent)
    asked = select(Nomination.person_id).where(
        Nomination.district_id == times.district_id, Nomination.nominated_at >= times.first_kept_at("enrollments")
    )
    lately = (Approval.district_id == times.district_id) & (Approval.decided_at >= times.first_kept_at("enrollments"))
    decided = select(Approval.decided_by_id).where(lately, Approval.decided_by_id.is_not(None))
    return union_all(attended, taught, placed, asked, decided)


ATTENDANCE = RetentionKind(
    name="attendance",
    title=N_("Attendance and hours"),
    covers=N_("Who was in which meeting, for how many minutes; it counts from the meeting's end."),
    does=N_("Until then nobody in it loses their name. The minutes stay, as they are, for the counts."),
    source=LONGEST_OF_STATES,
    years=8,
    least=8,
)
ENROLLMENTS = RetentionKind(
    name="enrollments",
    title=N_("Enrollments"),
    covers=N_(
        "Who had a place in which series or was nominated for it, why it ended, and what its people were written; it counts from the last"
        " meeting."
    ),
    does=N_("Reasons, notes and messages go. The places, and who could still come to a moved meeting, stay for the counts."),
    source=LONGEST_OF_STATES,
    years=8,
    least=8,
    parts=(
        Part(Enrollment, _enrollments, emptied(Enrollment, state_reason=None)),
        Part(SeriesMessage, _messages, emptied(SeriesMessage, subject="", text="")),
        Part(Nomination, _nominations, emptied(Nomination, note="")),
        Part(ApprovalRequest, _requests, emptied(ApprovalRequest, note="")),
        Part(Approval, _approvals, emptied(Approval, reason="")),
    ),
)
ANSWERS = RetentionKind(
    name="answers",
    title=N_("Answers before a series"),
    covers=N_("Which food and which help somebody needs; it counts from the last meeting, or from the day their place ended."),
    does=N_("Removed. Grade, experience and confidence stay with the place, for the counts."),
    source=N_("Once everybody has eaten and gone home, nobody needs to know any more."),
    days=KEPT_DAYS,
    parts=(Part(EnrollmentAnswer, _needs, removed(EnrollmentAnswer)),),
)
KINDS = [ATTENDANCE, ENROLLMENTS, ANSWERS]
TABLES = {
    "enrollment_answer": "answers",
    "attendance": "attendance",
    **dict.fromkeys(("enrollment", "meeting_move", "move_answer", "nomination", "series_message", "waiting_group"), "enrollments"),
    **dict.fromkeys(("approval", "approval_request"), "enrollments"),
    **dict.fromkeys(("seminar", "series", "meeting", "series_trainer", "set_aside", "approval_step", "approval_delegate"), "program"),
}
