"""How long the ground's own records are kept: mail, sent forms, the audit trail; and the kind of what is kept for good."""

from typing import Any

from sqlalchemy import ColumnElement, String, case, cast, exists, or_, update
from sqlalchemy.orm import aliased

from seminar.ground.db import db
from seminar.ground.once import SentForm
from seminar.ground.outbox import Mail
from seminar.ground.refusal import N_
from seminar.ground.retention import Part, RetentionKind, Times, emptied, removed

# A mail that was given up says, emptied, that nothing leaves any more; nobody can have an empty one tried again.
EMPTY: dict[str, Any] = {"context": {}, "calendar": None, "last_error": None}
OVER = ("sent", "dead", "unwanted")
UNSENT = ("waiting", "held", "dead")


def says_something() -> ColumnElement[bool]:
    return or_(cast(Mail.context, String) != "{}", Mail.calendar.is_not(None), Mail.last_error.is_not(None), Mail.state == "dead")


def _mail(times: Times) -> ColumnElement[bool]:
    """Sent, given up or unwanted; what is a part of a digest goes when the digest does."""
    first_kept_at = times.first_kept_at("mail")
    digest = aliased(Mail)
    digest_is_over = exists().where(digest.id == Mail.digest_id, digest.created_at < first_kept_at, digest.state.in_(OVER))
    is_over = or_(Mail.state.in_(OVER), digest_is_over)
    return (Mail.district_id == times.district_id) & (Mail.created_at < first_kept_at) & is_over & says_something()


def _sent_forms(times: Times) -> ColumnElement[bool]:
    return SentForm.at < times.first_kept_at("sent_forms")


MAIL = RetentionKind(
    name="mail",
    title=N_("Mail"),
    covers=N_("What the mails said, and their calendar entries."),
    does=N_("The text goes. That there was a mail of that kind, and when, stays: it is never sent twice."),
    source=N_("What a mail told is in the records themselves, so a year is enough."),
    years=1,
    least=1,
    parts=(Part(Mail, _mail, emptied(Mail, **EMPTY, state=case((Mail.state == "dead", "unwanted"), else_=Mail.state))),),
)
SENT_FORMS = RetentionKind(
    name="sent_forms",
    title=N_("Sent forms"),
    covers=N_("That a form was sent, so that a button pressed twice does its work once."),
    does=N_("Removed."),
    source=N_("Nobody presses a button again after a day."),
    days=1,
    parts=(Part(SentForm, _sent_forms, removed(SentForm), counted=False),),
)
AUDIT_TRAIL = RetentionKind(
    name="audit_trail",
    title=N_("Audit trail"),
    covers=N_("Who did what to which record, and when."),
    does=N_("Nothing: it is only ever added to. It names people by number, so it loses their names with them."),
    source=N_("A trail that can be changed proves nothing."),
)
PROGRAM = RetentionKind(
    name="program",
    title=N_("The program itself"),
    covers=N_("Schools, skills, badges, seminars and series, equipment, calendars and settings."),
    does=N_("Nothing: it is retired or closed, and stays, for the records refer to it."),
    source=N_("It is about no person."),
)
KINDS = [MAIL, SENT_FORMS, AUDIT_TRAIL, PROGRAM]
TABLES = {
    "mail": "mail",
    "sent_form": "sent_forms",
    "history": "audit_trail",
    "day_done": "program",
    "round_done": "program",
    "retention_rule": "program",
    "retention_report": "program",
}


def empty_mails_of(person_ids: list[int]) -> None:
    """Whoever they are to, nothing of them is said or sent any more."""
    changed = {**EMPTY, "state": case((Mail.state.in_(UNSENT), "unwanted"), else_=Mail.state)}
    query = update(Mail).where(Mail.person_id.in_(person_ids), or_(says_something(), Mail.state.in_(UNSENT))).values(changed)
    db.session.execute(query, execution_options={"synchronize_session": False})
