"""Which schools and terms of a set are known already, and which can't be taken beside the rest."""

from sqlalchemy import and_, exists, func, select, true

from seminar.ground.db import another
from seminar.ground.refusal import N_
from seminar.people.calendar import Term
from seminar.people.roster.shelf import TWICE
from seminar.people.roster.staged import RosterImport, StagedOrg, StagedTerm
from seminar.people.roster.staging import refuse_rows, refuse_where_few_lost_them, set_rows
from seminar.people.school import School

ZEROS_LOST_OF_A_SCHOOL = N_(
    "{value} has lost the zeros that it began with: a school is known under the id {other}. A spreadsheet does that."
    " Export the file again, and don't open it in one."
)
KNOWN_UNDER_ANOTHER_ID = N_(
    "{value} is of a school that is known under the id {other}. If they are one school, correct the id in the roster's source."
)


def settle_schools(one: RosterImport) -> None:
    _match_schools(one)
    _refuse_lost_zeros(one)
    _refuse_schools(one)


def _match_schools(one: RosterImport) -> None:
    """By the roster's id; else by code, then by name, a school that was added by hand."""
    s = StagedOrg
    mine = and_(s.import_id == one.id, s.kind == "school")
    here = select(School.id).where(School.district_id == one.district_id)
    set_rows(s, mine, school_id=here.where(School.sourced_id == s.sourced_id).scalar_subquery())
    other = another(StagedOrg)
    for same in (School.code == s.code, School.name == s.name):
        anothers = exists().where(other.import_id == one.id, other.school_id == School.id)
        by_hand = here.where(School.sourced_id.is_(None), same, ~anothers)
        set_rows(s, and_(mine, s.school_id.is_(None)), school_id=by_hand.scalar_subquery())


def _refuse_lost_zeros(one: RosterImport) -> None:
    s, other, there = StagedOrg, another(StagedOrg), another(School)
    in_the_file = exists().where(other.import_id == one.id, other.sourced_id == there.sourced_id)
    with_zeros = and_(
        there.district_id == one.district_id,
        there.sourced_id.like("0%"),
        func.ltrim(there.sourced_id, "0") == s.sourced_id,
        ~in_the_file,
    )
    whole = select(func.min(there.sourced_id)).where(with_zeros).scalar_subquery()
    lost = and_(s.import_id == one.id, s.kind == "school", s.school_id.is_(None), exists().where(with_zeros))
    refuse_where_few_lost_them(s, one, lost, "orgs.csv", ZEROS_LOST_OF_A_SCHOOL, other=whole, also=whole)


def _refuse_schools(one: RosterImport) -> None:
    """Until nothing more is refused: a name that a refused row would have given up isn't free."""
    while _refuse_taken_words(one):
        pass


def _refuse_taken_words(one: RosterImport) -> int:
    s, other, there = StagedOrg, another(StagedOrg), another(School)
    mine = and_(s.import_id == one.id, s.kind == "school", s.gone.is_(False))
    count = 0
    for name, column, theirs, which in (
        ("identifier", s.code, there.code, s.school_id.is_(None)),
        ("name", s.name, there.name, true()),
    ):
        twin = exists().where(other.import_id == one.id, other.kind == "school", getattr(other, column.key) == column, other.line < s.line)
        sentence = N_("Another school of the file has {value} too, and it was taken.")
        count += refuse_rows(s, and_(mine, which, twin), "orgs.csv", name, column, sentence)
        # A school to which the same file gives another name leaves its own free.
        changing = exists().where(other.import_id == one.id, other.school_id == there.id, getattr(other, column.key) != theirs)
        has_it = and_(there.district_id == one.district_id, theirs == column, there.id != func.coalesce(s.school_id, 0), ~changing)
        # It may be the same school under a new id: the one that is there isn't missing.
        known_as = select(func.min(there.sourced_id)).where(has_it).scalar_subquery()
        told_before = and_(mine, which, exists().where(has_it, there.sourced_id.is_not(None)))
        count += refuse_rows(s, told_before, "orgs.csv", name, column, KNOWN_UNDER_ANOTHER_ID, other=known_as, also=known_as)
        taken_by = N_("Another school of the district has {value}. Change it there, or in the roster's source.")
        count += refuse_rows(s, and_(mine, which, exists().where(has_it)), "orgs.csv", name, column, taken_by)
    return count


def settle_terms(one: RosterImport) -> None:
    t, other = StagedTerm, another(StagedTerm)
    here = select(Term.id).where(Term.district_id == one.district_id, Term.sourced_id == t.sourced_id)
    twin = exists().where(other.import_id == one.id, other.sourced_id == t.sourced_id, other.line < t.line)
    refuse_rows(t, and_(t.import_id == one.id, twin), "academicSessions.csv", "sourcedId", t.sourced_id, TWICE)
    set_rows(t, t.import_id == one.id, term_id=here.scalar_subquery())
