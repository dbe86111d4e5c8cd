"""A trainer's meetings, and the attendance sheet of one."""

from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext

from seminar.ground import clock
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.people.person import Person
from seminar.series.access import looks_after, opens_teaching
from seminar.series.attendance import MARKS, Present, sheet, take_attendance
from seminar.series.enrollment import enrolled_people
from seminar.series.question import asked_by
from seminar.series.series import Meeting
from seminar.series.teaching import meetings_of_trainer
from seminar.series.views import series
from seminar.series.views.catalog import series_or_404
from seminar.web.language import sentence_of
from seminar.web.pages import refusing, told
from seminar.web.requires import anyone_signed_in, requires
from seminar.web.viewer import found_or_404, me


@series.get("/teaching")
@requires(opens_teaching)
def show_teaching() -> str:
    coming, past = meetings_of_trainer(me(), clock.now())
    asking = {meeting.series_id for meeting in [*coming, *past] if asked_by(meeting.series)}
    return render_template("series/teaching.html", coming=coming, past=past, asking=asking)


def meeting_to_teach_or_refuse(meeting_id: int) -> Meeting:
    """A meeting whose series is theirs; 404 where there is none, 403 where it is somebody else's."""
    meeting: Meeting = found_or_404(db.session.get(Meeting, meeting_id))
    if not looks_after(me(), series_or_404(meeting.series_id)):
        abort(403)
    return meeting


@series.get("/meetings/<int:meeting_id>/attendance")
@requires(anyone_signed_in)
def show_attendance(meeting_id: int) -> str:
    return _sheet_page(meeting_to_teach_or_refuse(meeting_id))


def _sheet_page(meeting: Meeting, refused: Refused | None = None) -> str:
    return render_template(
        "series/attendance.html",
        meeting=meeting,
        people=enrolled_people(meeting.series),
        saved=sheet(meeting),
        refusal=sentence_of(refused) if refused else "",
        refused_field=refused.field if refused else None,
    )


@series.post("/meetings/<int:meeting_id>/attendance")
@requires(anyone_signed_in)
def save_attendance(meeting_id: int) -> object:
    meeting = meeting_to_teach_or_refuse(meeting_id)
    try:
        with refusing():
            presence = [_typed(person) for person in enrolled_people(meeting.series) if _is_on_the_sheet(person)]
            take_attendance(meeting, presence, by=me().person, now=clock.now())
            db.session.commit()
    except Refused as refused:
        return _sheet_page(meeting_to_teach_or_refuse(meeting_id), refused), refused.status
    here = sum(1 for present in presence if present.mark in ("present", "part"))
    told(gettext("Saved: %(here)d of %(all)d were there.", here=here, all=len(presence)))
    return redirect(url_for("series.show_attendance", meeting_id=meeting_id), 303)


def _is_on_the_sheet(person: Person) -> bool:
    """Who enrolled after the sheet was opened isn't on it, so it says nothing of them."""
    return f"there-{person.id}" in request.form or f"mark-{person.id}" in request.form


def _typed(person: Person) -> Present:
    """What the sheet says of a person: the box means from start to end; else the mark beside it."""
    if request.form.get(f"there-{person.id}"):
        return Present(person, "present", 0)
    mark = request.form.get(f"mark-{person.id}", "absent")
    if mark not in MARKS or mark == "present":
        mark = "absent"
    minutes = request.form.get(f"minutes-{person.id}", "").strip()
    if mark == "part" and not (minutes.isascii() and minutes.isdigit() and len(minutes) < 5 and int(minutes) > 0):
        raise Refused(N_("Type for how many minutes {name} was there."), field=f"minutes-{person.id}", name=person.name)
    return Present(person, mark, int(minutes) if mark == "part" else 0)
