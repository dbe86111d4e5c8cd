"""How long what is kept of people, their sign-ins and their rosters stays."""

from typing import Any

from sqlalchemy import ColumnElement, select

from seminar.ground.db import Model
from seminar.ground.refusal import N_
from seminar.ground.retention import Part, RetentionKind, Times, emptied, removed
from seminar.people.account import AccountLink, SignInAttempt
from seminar.people.device_session import DeviceSession
from seminar.people.passkey import AnsweredChallenge
from seminar.people.person import Person
from seminar.people.pseudonym import left_long_ago, pseudonymise
from seminar.people.roster.staged import STAGED, RosterFinding, RosterImport


def _attempts(times: Times) -> ColumnElement[bool]:
    return SignInAttempt.at < times.first_kept_at("sign_in_attempts")


def _challenges(times: Times) -> ColumnElement[bool]:
    return AnsweredChallenge.at < times.first_kept_at("sign_in_attempts")


def _sessions(times: Times) -> ColumnElement[bool]:
    return (DeviceSession.district_id == times.district_id) & (DeviceSession.begun_at < times.first_kept_at("sessions"))


def _links(times: Times) -> ColumnElement[bool]:
    return (AccountLink.district_id == times.district_id) & (AccountLink.expires_at < times.first_kept_at("links"))


def _abandoned(times: Times) -> ColumnElement[bool]:
    of_district = (RosterImport.district_id == times.district_id) & (RosterImport.state == "read")
    return of_district & (RosterImport.read_at < times.first_kept_at("abandoned_rosters"))


def _staged(model: Any) -> Part:
    """What it read; its own line, counted, says that there was one."""

    def over(times: Times) -> ColumnElement[bool]:
        condition: ColumnElement[bool] = model.import_id.in_(select(RosterImport.id).where(_abandoned(times)))
        return condition

    staged: type[Model] = model
    return Part(staged, over, removed(staged), counted=False)


def _findings(times: Times) -> ColumnElement[bool]:
    first_kept_at = times.first_kept_at("roster_findings")
    old = select(RosterImport.id).where(RosterImport.district_id == times.district_id, RosterImport.read_at < first_kept_at)
    return RosterFinding.import_id.in_(old)


SIGN_IN_ATTEMPTS = RetentionKind(
    name="sign_in_attempts",
    title=N_("Failed sign-ins, used answers"),
    covers=N_("That a sign-in failed, from which address, with the email unreadable; and that a passkey's answer was used."),
    does=N_("Removed."),
    source=N_("They count for minutes, against guessing."),
    days=1,
    parts=(
        Part(SignInAttempt, _attempts, removed(SignInAttempt), counted=False),
        Part(AnsweredChallenge, _challenges, removed(AnsweredChallenge), counted=False),
    ),
)
SESSIONS = RetentionKind(
    name="sessions",
    title=N_("Where somebody was signed in"),
    covers=N_("On what kind of device, and from when until when."),
    does=N_("Removed."),
    source=N_("Where somebody was signed in a season ago is nobody's business."),
    days=90,
    parts=(Part(DeviceSession, _sessions, removed(DeviceSession)),),
)
LINKS = RetentionKind(
    name="links",
    title=N_("Invitations and password links"),
    covers=N_("That somebody was sent a link, and whether it was used."),
    does=N_("Removed, once the link hasn't worked for that long."),
    source=N_("The audit trail says that it was sent."),
    days=30,
    parts=(Part(AccountLink, _links, removed(AccountLink)),),
)
ABANDONED_ROSTERS = RetentionKind(
    name="abandoned_rosters",
    title=N_("Rosters that nobody applied"),
    covers=N_("What was read for a preview that nobody came back to: names, addresses and roles."),
    does=N_("What was read is removed. That there was one stays, as left."),
    source=N_("After a week the roster says something else."),
    days=7,
    parts=(*(_staged(model) for model in STAGED), Part(RosterImport, _abandoned, emptied(RosterImport, state="left"))),
)
ROSTER_FINDINGS = RetentionKind(
    name="roster_findings",
    title=N_("What was wrong in a roster"),
    covers=N_("The rows of an import that were refused or noted, with what they said."),
    does=N_("Removed. The counts stay with the import."),
    source=N_("A school quarter is long enough to mend them."),
    days=84,
    parts=(Part(RosterFinding, _findings, removed(RosterFinding)),),
)
PEOPLE = RetentionKind(
    name="people",
    title=N_("People who left"),
    covers=N_("Name, email and roster id of who has held no appointment for that long."),
    does=N_(
        "They become a number, and what they did counts on. Not while they hold a badge, a loan or a place,"
        " or while a record within its own time names them."
    ),
    source=N_("Who comes back within two years is the same person still."),
    years=2,
    least=1,
    parts=(Part(Person, left_long_ago, pseudonymise),),
)
# The last one stands last: when somebody's name goes, all other kinds have had their turn.
KINDS = [SIGN_IN_ATTEMPTS, SESSIONS, LINKS, ABANDONED_ROSTERS, ROSTER_FINDINGS, PEOPLE]
TABLES = {
    **dict.fromkeys(("person", "appointment", "ending", "ended_appointment", "email_address", "sign_on_identity"), "people"),
    **dict.fromkeys(("account", "passkey", "second_factor", "recovery_code", "support_view", "mail_preference", "digest_day"), "people"),
    **dict.fromkeys(("sign_on_provider", "sign_on_domain"), "program"),
    **dict.fromkeys(("district", "school", "school_year", "term", "closed_day", "logo", "roster_org", "roster_server"), "program"),
    **dict.fromkeys(("roster_import", "staged_org", "staged_person", "staged_role", "staged_term"), "abandoned_rosters"),
    "account_link": "links",
    "roster_finding": "roster_findings",
    **dict.fromkeys(("sign_in_attempt", "answered_challenge"), "sign_in_attempts"),
    "device_session": "sessions",
}
