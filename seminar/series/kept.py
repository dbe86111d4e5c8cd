"""How long attendance and enrollments keep their words, and the names of who they are about."""

from sqlalchemy import ColumnElement, exists, or_, select, union_all
from sqlalchemy.sql.selectable import CompoundSelect

from seminar.ground.refusal import N_
from seminar.ground.retention import Part, RetentionKind, Times, emptied
from seminar.series.attendance import Attendance
from seminar.series.enrollment import Enrollment
from seminar.series.nomination import Nomination
from seminar.series.series import Meeting, series_trainer

LONGEST_OF_STATES = N_("The longest that states ask of hours: Illinois six years, Texas seven, eight in New York.")


def _meets_since(times: Times, kind: str) -> ColumnElement[bool]:
    """A place in a series counts from the end of its last meeting, or from its own last change."""
    return exists().where(Meeting.series_id == Enrollment.series_id, Meeting.ends_at >= times.first_kept_at(kind))


def _enrollments(times: Times) -> ColumnElement[bool]:
    is_over = (Enrollment.district_id == times.district_id) & (Enrollment.state_since < times.first_kept_at("enrollments"))
    return is_over & ~_meets_since(times, "enrollments") & (Enrollment.state_reason != "")


def _nominations(times: Times) -> ColumnElement[bool]:
    of_district = Nomination.district_id == times.district_id
    return of_district & (Nomination.nominated_at < times.first_kept_at("enrollments")) & (Nomination.note != "")


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
    return union_all(attended, taught, placed, asked)


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
    covers=N_("Who had a place in which series or was nominated for it, and why it ended; it counts from the last meeting."),
    does=N_("Reasons and notes go. The places stay for the counts."),
    source=LONGEST_OF_STATES,
    years=8,
    least=8,
    parts=(
        Part(Enrollment, _enrollments, emptied(Enrollment, state_reason=None)),
        Part(Nomination, _nominations, emptied(Nomination, note="")),
    ),
)
KINDS = [ATTENDANCE, ENROLLMENTS]
TABLES = {
    "attendance": "attendance",
    **dict.fromkeys(("enrollment", "nomination"), "enrollments"),
    **dict.fromkeys(("seminar", "series", "meeting", "series_trainer"), "program"),
}
