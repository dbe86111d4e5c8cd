"""Requests to decide: the list of them, the page of one with what it costs and brings, and who decides for somebody while they are
away. A link in a mail shows; only a button decides."""

from datetime import date

from flask import abort, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import func, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload
from wtforms import DateField, StringField, TextAreaField
from wtforms.validators import Length

from seminar.ground import clock, contributions
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.people.appointment import Standing
from seminar.people.person import Person
from seminar.series.approval import LONGEST_REASON, Approval, ApprovalRequest, Deciders, deciders_of, is_open, theirs_to_decide, whole
from seminar.series.approval_delegate import ApprovalDelegate, delegates_of, end_delegate, name_delegate
from seminar.series.approval_step import DECIDERS
from seminar.series.days_out import days_out_of_class, others_away
from seminar.series.deciding import approve, decline
from seminar.series.enrollment import Enrollment
from seminar.series.series import Series
from seminar.series.views import series
from seminar.series.views.approval_settings import colleague_with
from seminar.web.asked import a_likely_day, asked_id, page_number
from seminar.web.forms import Form, needed
from seminar.web.pages import PAGE_SIZE, page_of, told
from seminar.web.requires import requires, works_here
from seminar.web.saving import saved
from seminar.web.viewer import found_or_404, me


class DecisionForm(Form):
    reason = TextAreaField(
        lazy_gettext("If you decline: why"), [Length(max=LONGEST_REASON)], description=lazy_gettext("The person reads it.")
    )


class DelegateForm(Form):
    email = StringField(lazy_gettext("Email of who decides for you"), [needed(), Length(max=254)])
    first_day = DateField(lazy_gettext("First day"), [needed(), a_likely_day])
    last_day = DateField(lazy_gettext("Last day"), [needed(), a_likely_day])


@series.get("/approvals")
@requires(works_here)
def show_approvals() -> str:
    return _list_page(DelegateForm(formdata=None, first_day=me().day))


def _list_page(form: DelegateForm) -> str:
    standing, now = me(), clock.now()
    theirs = (
        select(Approval)
        .join(ApprovalRequest, ApprovalRequest.id == Approval.request_id)
        .join(Enrollment, Enrollment.id == ApprovalRequest.enrollment_id)
        .where(Approval.district_id == standing.person.district_id, is_open(now), theirs_to_decide(standing))
    )
    total = db.session.scalar(select(func.count()).select_from(theirs.subquery())) or 0
    shown = theirs.order_by(Approval.due_at, Approval.id).limit(PAGE_SIZE).offset((page_number() - 1) * PAGE_SIZE)
    steps = list(db.session.scalars(shown))
    # With all that their rows say, into the session.
    ids = {step.request_id for step in steps}
    requests = db.session.scalars(select(ApprovalRequest).where(ApprovalRequest.id.in_(ids)).options(*whole())).all()
    deciders = deciders_of(requests, {standing.person.district_id: standing.day})
    rows = [(step, *_whose(standing, step, deciders)) for step in steps]
    return render_template(
        "series/approvals.html",
        page=page_of(rows, total, page_number()),
        own=_own_requests(standing, now),
        decided=_decided_by(standing.person),
        delegates=delegates_of(standing.person, standing.day),
        form=form,
        DECIDERS=DECIDERS,
    )


def _whose(standing: Standing, step: Approval, deciders: Deciders) -> tuple[str, str]:
    """Whose step it is, where it isn't the reader's own, and for whom the reader stands in."""
    school_id = step.request.school_id
    _, behalf = deciders.may_decide(standing.person, step, school_id)
    whose = deciders.of(step, school_id)
    own = any(person.id == standing.person.id for person in whose)
    return "" if own else _names(whose), "" if behalf is None or standing.has("program_manager") else behalf.name


def _own_requests(standing: Standing, now: object) -> list[ApprovalRequest]:
    query = select(ApprovalRequest).join(ApprovalRequest.enrollment)
    waits = ApprovalRequest.person_id == standing.person.id, Enrollment.state == "requested", Enrollment.hold_until > now
    place = contains_eager(ApprovalRequest.enrollment).joinedload(Enrollment.series).joinedload(Series.seminar)
    return list(db.session.scalars(query.where(*waits).options(place).order_by(ApprovalRequest.id)))


SHOWN = 10


def _decided_by(person: Person) -> list[Approval]:
    """What the reader decided last."""
    query = select(Approval).where(Approval.decided_by_id == person.id).order_by(Approval.decided_at.desc(), Approval.id.desc())
    request = joinedload(Approval.request)
    series_of = request.joinedload(ApprovalRequest.enrollment).joinedload(Enrollment.series).joinedload(Series.seminar)
    return list(db.session.scalars(query.options(request.joinedload(ApprovalRequest.person), series_of).limit(SHOWN)))


def request_or_404(request_id: int) -> tuple[ApprovalRequest, Deciders]:
    """For who asks, who decides or decided a step of it, and who runs the program."""
    steps = selectinload(ApprovalRequest.all_steps)
    query = select(ApprovalRequest).where(ApprovalRequest.id == request_id)
    query = query.options(*whole(), steps.joinedload(Approval.decided_by), steps.joinedload(Approval.behalf_of))
    found: ApprovalRequest = found_or_404(db.session.scalars(query).one_or_none())
    standing = me()
    deciders = deciders_of([found], {found.district_id: standing.day})
    decides = any(deciders.may_decide(standing.person, step, found.school_id)[0] for step in found.steps)
    decided = any(step.decided_by_id == standing.person.id for step in found.all_steps)
    if not (decides or decided or found.person_id == standing.person.id):
        abort(404)
    return found, deciders


@series.get("/approvals/<int:request_id>")
@requires(works_here)
def show_approval(request_id: int) -> str:
    return _request_page(request_id, DecisionForm(formdata=None))


def _request_page(request_id: int, form: DecisionForm) -> str:
    standing, now = me(), clock.now()
    found, deciders = request_or_404(request_id)
    place, of_series = found.enrollment, found.enrollment.series
    is_waiting = place.state == "requested" and place.hold_until is not None and place.hold_until > now
    step = found.open_step if is_waiting else None
    may, behalf = deciders.may_decide(standing.person, step, found.school_id) if step else (False, None)
    out = days_out_of_class(of_series, now)
    skill, gains_at = of_series.seminar.skill, contributions.coverage_gains if found.school else []
    return render_template(
        "series/approval.html",
        request_=found,
        place=place,
        series=of_series,
        coming=[meeting for meeting in of_series.meetings if meeting.ends_at > now and meeting.canceled_at is None],
        step=step,
        steps=[(one, _names(deciders.of(one, found.school_id))) for one in found.steps if one.decision != "skipped"],
        before=[one for one in found.all_steps if one.round < found.round and one.decision in ("approved", "declined")],
        may=may,
        behalf=behalf,
        is_own=found.person_id == standing.person.id,
        days_out=out,
        substitute_days=[date.fromisoformat(day) for day in found.substitute_days],
        gains=[gain(found.person, found.school, skill, standing.day) for gain in gains_at],
        away=others_away(found.person, found.school_id, out, standing.day) if found.person_id != standing.person.id else [],
        form=form,
        DECIDERS=DECIDERS,
    )


def _names(people: list[Person]) -> str:
    return ", ".join(person.name for person in people)


def _to_decide(request_id: int) -> ApprovalRequest:
    """What they may decide, whichever step is open; 403 for whom the page only shows it."""
    found, deciders = request_or_404(request_id)
    if not any(deciders.may_decide(me().person, step, found.school_id)[0] for step in found.steps):
        abort(403)
    return found


@series.post("/approvals/<int:request_id>/approval")
@requires(works_here)
def create_approval(request_id: int) -> object:
    found = _to_decide(request_id)
    done = gettext("Approved.")

    def save() -> str:
        approve(found, step_id=asked_id("step"), by=me().person, now=clock.now())
        return url_for("series.show_approval", request_id=request_id)

    return saved(DecisionForm(), save, lambda form: _request_page(request_id, form), done)


@series.post("/approvals/<int:request_id>/decline")
@requires(works_here)
def create_decline(request_id: int) -> object:
    found, form = _to_decide(request_id), DecisionForm()

    def save() -> str:
        reason = (form.reason.data or "").strip()
        decline(found, step_id=asked_id("step"), reason=reason, by=me().person, now=clock.now())
        return url_for("series.show_approval", request_id=request_id)

    return saved(form, save, lambda refused: _request_page(request_id, refused), gettext("Declined, and the person is told why."))


@series.post("/approvals/delegates")
@requires(works_here)
def create_delegate() -> object:
    form = DelegateForm()

    def save() -> str:
        delegate = colleague_with((form.email.data or "").strip())
        if delegate is None:
            raise Refused(N_("Nobody in this district has this email."), field="email")
        name_delegate(me().person, delegate, first_day=form.first_day.data, last_day=form.last_day.data, now=clock.now())
        return url_for("series.show_approvals")

    return saved(form, save, _list_page, gettext("Saved. They see what you decide, and decide it for you, on these days."))


@series.post("/approvals/delegates/<int:delegate_id>/end")
@requires(works_here)
def create_delegate_end(delegate_id: int) -> object:
    row: ApprovalDelegate = found_or_404(db.session.get(ApprovalDelegate, delegate_id))
    if row.person_id != me().person.id:
        abort(404)
    end_delegate(row, by=me().person, now=clock.now())
    db.session.commit()
    told(gettext("They decide for you no more."))
    return redirect(url_for("series.show_approvals"), 303)
