"""How long sign-offs and awards keep their words, and the names of who they are about."""

from sqlalchemy import ColumnElement, case, or_, select, union_all
from sqlalchemy.sql.selectable import CompoundSelect

from seminar.ground.refusal import N_
from seminar.ground.retention import Part, RetentionKind, Times, emptied
from seminar.skills.award import Award
from seminar.skills.sign_off import SignOff


def _sign_offs(times: Times) -> ColumnElement[bool]:
    is_over = (SignOff.district_id == times.district_id) & (SignOff.day < times.first_kept("sign_offs"))
    return is_over & or_(SignOff.note != "", SignOff.withdrawn_reason != "")


def _awards(times: Times) -> ColumnElement[bool]:
    is_over = (Award.district_id == times.district_id) & (Award.last_day < times.first_kept("sign_offs"))
    return is_over & (Award.withdrawn_reason != "")


def people_named(times: Times) -> CompoundSelect[int]:
    """Whom a sign-off or an award within its time names, the trainers too; and who holds a badge."""
    recent = (SignOff.district_id == times.district_id, SignOff.day >= times.first_kept("sign_offs"))
    stands = Award.withdrawn_at.is_(None) | (Award.withdrawn_at >= times.first_kept_at("sign_offs"))
    held = select(Award.person_id).where(Award.district_id == times.district_id, Award.last_day >= times.first_kept("sign_offs"), stands)
    return union_all(select(SignOff.person_id).where(*recent), select(SignOff.trainer_id).where(*recent), held)


# A sign-off that stands has no reason, and the database asks one of the others: there it is empty from now on.
NO_REASON = case((SignOff.withdrawn_at.is_not(None), ""), else_=None)
SIGN_OFFS = RetentionKind(
    name="sign_offs",
    title=N_("Sign-offs and badges"),
    covers=N_("What a trainer noted, and why something was withdrawn; a badge counts from its last day."),
    does=N_("Notes and reasons go. Who showed what, and when, stays for the counts."),
    source=N_("The longest that states ask of hours: Illinois six years, Texas seven, eight in New York."),
    years=8,
    least=8,
    parts=(
        Part(SignOff, _sign_offs, emptied(SignOff, note="", withdrawn_reason=NO_REASON)),
        Part(Award, _awards, emptied(Award, withdrawn_reason="")),
    ),
)
KINDS = [SIGN_OFFS]
TABLES = {
    **dict.fromkeys(("sign_off", "award", "clearance"), "sign_offs"),
    **dict.fromkeys(("skill", "badge", "badge_prerequisite", "competency"), "program"),
}
