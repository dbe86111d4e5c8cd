"""Who and what is known already, and what can't be taken beside the rest: over the staging tables, a statement for each question.

Settled twice: when the set was read, for the preview, and again in the transaction that applies it, since others work meanwhile.
"""

from typing import Any

from sqlalchemy import ColumnElement, String, and_, case, delete, exists, false, func, insert, literal, or_, select, text, true, update
from sqlalchemy.orm import aliased

from seminar.ground.db import db
from seminar.ground.refusal import N_
from seminar.people.calendar import Term
from seminar.people.email_address import EmailAddress
from seminar.people.person import Person
from seminar.people.roster.found import WrongSet
from seminar.people.roster.shelf import TWICE
from seminar.people.roster.staged import STAGED, RosterFinding, RosterImport, StagedOrg, StagedPerson, StagedRole, StagedTerm
from seminar.people.school import School

ZEROS_LOST = N_(
    "{value} has lost the zeros that it began with: somebody is known under that id with them. A spreadsheet does that."
    " Export the file again, and don't open it in one."
)
SEVERAL_LOST = N_(
    "{count} ids have lost the zeros that they began with. A spreadsheet does that when it opens the file."
    " Export the set again, and don't open it in one."
)


def settle(one: RosterImport) -> None:
    """Raises WrongSet where ids have lost their zeros in more than a tenth of the rows."""
    take_stock(*STAGED, RosterFinding)
    _match_schools(one)
    _refuse_schools(one)
    _match_terms(one)
    _match_people(one)
    _refuse_people(one)
    _refuse_roles(one)
    resolve_roles(one)
    db.session.expire_all()


def take_stock(*models: type[Any]) -> None:
    """PostgreSQL plans by what it knew of a table before this transaction filled it, and would then search 75,000 rows for each of
    75,000: have it look. SQLite goes by its indexes."""
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text(f"ANALYZE {', '.join(model.__tablename__ for model in models)}"))


def _match_schools(one: RosterImport) -> None:
    """By the roster's id; else by code, then by name, a school that was added by hand."""
    s = StagedOrg
    mine = and_(s.import_id == one.id, s.kind == "school")
    here = select(School.id).where(School.district_id == one.district_id)
    _set(s, mine, school_id=here.where(School.sourced_id == s.sourced_id).scalar_subquery())
    by_hand = here.where(School.sourced_id.is_(None))
    for same in (School.code == s.code, School.name == s.name):
        _set(s, and_(mine, s.school_id.is_(None)), school_id=by_hand.where(same).scalar_subquery())


def _set(model: type[Any], where: ColumnElement[bool], **values: Any) -> None:
    db.session.execute(update(model).where(where).values(**values).execution_options(synchronize_session=False))


def _refuse_schools(one: RosterImport) -> None:
    s, other, there = StagedOrg, aliased(StagedOrg), aliased(School)
    mine = and_(s.import_id == one.id, s.kind == "school", s.gone.is_(False))
    for name, column, theirs, which in (
        ("identifier", s.code, there.code, s.school_id.is_(None)),
        ("name", s.name, there.name, true()),
    ):
        twin = exists().where(other.import_id == one.id, other.kind == "school", getattr(other, column.key) == column, other.line < s.line)
        sentence = N_("Another school of the file has {value} too, and it was taken.")
        _refuse(s, and_(mine, which, twin), "orgs.csv", name, column, sentence)
        # A school to which the same file gives another name leaves its own free.
        changing = exists().where(other.import_id == one.id, other.school_id == there.id, getattr(other, column.key) != theirs)
        taken = exists().where(there.district_id == one.district_id, theirs == column, there.id != func.coalesce(s.school_id, 0), ~changing)
        taken_by = N_("Another school of the district has {value}. Change it there, or in the roster's source.")
        _refuse(s, and_(mine, which, taken), "orgs.csv", name, column, taken_by)


def _match_terms(one: RosterImport) -> None:
    t, other = StagedTerm, aliased(StagedTerm)
    here = select(Term.id).where(Term.district_id == one.district_id, Term.sourced_id == t.sourced_id)
    twin = exists().where(other.import_id == one.id, other.sourced_id == t.sourced_id, other.line < t.line)
    _refuse(t, and_(t.import_id == one.id, twin), "academicSessions.csv", "sourcedId", t.sourced_id, TWICE)
    _set(t, t.import_id == one.id, term_id=here.scalar_subquery())


def _match_people(one: RosterImport) -> None:
    """By the roster's id, which leads on to whom a record was made one with; else by address, somebody who was added by hand:
    never a second person for the same one."""
    s, other = StagedPerson, aliased(StagedPerson)
    stays = func.coalesce(Person.merged_into_id, Person.id)
    by_id = select(stays).where(Person.district_id == one.district_id, Person.sourced_id == s.sourced_id)
    _set(s, s.import_id == one.id, person_id=by_id.scalar_subquery())
    by_address = select(EmailAddress.person_id).join(Person, Person.id == EmailAddress.person_id)
    by_address = by_address.where(_counts(s.email), Person.district_id == one.district_id, Person.sourced_id.is_(None))
    _set(s, and_(s.import_id == one.id, s.person_id.is_(None), s.email.is_not(None)), person_id=by_address.scalar_subquery())
    holds = exists().where(EmailAddress.person_id == s.person_id, _counts(s.email))
    _set(s, and_(s.import_id == one.id, s.person_id.is_not(None)), holds_email=case((holds, 1), else_=0))
    itself = exists().where(other.import_id == one.id, other.sourced_id == Person.sourced_id)
    follows = exists().where(Person.id == s.person_id, Person.sourced_id != s.sourced_id, itself)
    _set(s, and_(s.import_id == one.id, s.person_id.is_not(None)), follows=case((follows, true()), else_=false()))


def _counts(address: Any) -> ColumnElement[bool]:
    return and_(EmailAddress.address == address, EmailAddress.confirmed_at.is_not(None))


def _refuse_people(one: RosterImport) -> None:
    s, other = StagedPerson, aliased(StagedPerson)
    mine = and_(s.import_id == one.id, s.gone.is_(False), s.follows.is_(False))
    twin = exists().where(other.import_id == one.id, other.sourced_id == s.sourced_id, other.line < s.line)
    _refuse(s, and_(s.import_id == one.id, twin), "users.csv", "sourcedId", s.sourced_id, TWICE)
    _refuse_lost_zeros(one)
    earlier = or_(other.holds_email > s.holds_email, and_(other.holds_email == s.holds_email, other.line < s.line))
    same = exists().where(other.import_id == one.id, other.gone.is_(False), other.follows.is_(False), other.email == s.email, earlier)
    _refuse(
        s,
        and_(mine, same),
        "users.csv",
        "email",
        s.email,
        N_("Somebody else of the file has {value} too, and was taken. An address is one person's."),
    )
    _refuse_addresses_of_others(one, mine)


def _refuse_lost_zeros(one: RosterImport) -> None:
    s, other = StagedPerson, aliased(StagedPerson)
    in_the_file = exists().where(other.import_id == one.id, other.sourced_id == Person.sourced_id)
    with_zeros = select(func.ltrim(Person.sourced_id, "0")).where(
        Person.district_id == one.district_id, Person.sourced_id.like("0%"), ~in_the_file
    )
    lost = and_(s.import_id == one.id, s.person_id.is_(None), s.bare_id == s.sourced_id, s.bare_id.in_(with_zeros))
    count = db.session.scalar(select(func.count()).select_from(s).where(lost)) or 0
    rows = db.session.scalar(select(func.count()).select_from(s).where(s.import_id == one.id)) or 0
    if count * 10 > rows:
        raise WrongSet(SEVERAL_LOST, count=count)
    _refuse(s, lost, "users.csv", "sourcedId", s.sourced_id, ZEROS_LOST)


def _refuse_addresses_of_others(one: RosterImport, mine: ColumnElement[bool]) -> None:
    s, other, holder, held_by = StagedPerson, aliased(StagedPerson), aliased(EmailAddress), aliased(Person)
    leaves_it = exists().where(
        other.import_id == one.id,
        other.person_id == held_by.id,
        other.email.is_not(None),
        other.email != held_by.email,
        held_by.email == s.email,
    )
    held = (
        holder.address == s.email,
        holder.confirmed_at.is_not(None),
        held_by.id == holder.person_id,
        held_by.id != func.coalesce(s.person_id, 0),
        ~leaves_it,
    )
    elsewhere = exists().where(*held, held_by.district_id != one.district_id)
    _refuse(s, and_(mine, elsewhere), "users.csv", "email", s.email, N_("{value} belongs to somebody of another district."))
    here = exists().where(*held)
    theirs = select(held_by.sourced_id).where(*held).limit(1).scalar_subquery()
    sentence = N_(
        "{value} belongs to somebody who is known under the id {other}. If they are one person, correct the id in the roster's source."
    )
    _refuse(s, and_(mine, here), "users.csv", "email", s.email, sentence, other=func.coalesce(theirs, "–"), also=theirs)


def _refuse_roles(one: RosterImport) -> None:
    """A role of nobody, or at a school that was refused; and of the same role twice, one is enough."""
    r, other = StagedRole, aliased(StagedRole)
    active = and_(r.import_id == one.id, r.gone.is_(False))
    staged = exists().where(StagedPerson.import_id == one.id, StagedPerson.sourced_id == r.user_sourced_id)
    known: ColumnElement[bool] = exists().where(Person.district_id == one.district_id, Person.sourced_id == r.user_sourced_id)
    named = exists().where(RosterFinding.import_id == one.id, RosterFinding.about == r.user_sourced_id, RosterFinding.taken.is_(False))
    nobody = and_(active, r.file == "roles.csv", ~staged)
    refused = N_("The row of users.csv of {value} was refused, so this one waits for it.")
    _refuse(r, and_(nobody, named), "roles.csv", "userSourcedId", r.user_sourced_id, refused, about=r.user_sourced_id)
    if one.kinds.get("users.csv") == "bulk":
        known = false()
    _refuse(
        r,
        and_(nobody, ~known),
        "roles.csv",
        "userSourcedId",
        r.user_sourced_id,
        N_("users.csv has nobody with the id {value}."),
        about=r.user_sourced_id,
    )
    db.session.execute(delete(r).where(and_(active, r.file == "users.csv", ~staged)).execution_options(synchronize_session=False))
    school = exists().where(StagedOrg.import_id == one.id, StagedOrg.sourced_id == r.school_sourced_id, StagedOrg.gone.is_(False))
    there = exists().where(School.district_id == one.district_id, School.sourced_id == r.school_sourced_id)
    lost = and_(active, r.school_sourced_id != "", ~school, ~there)
    waits = N_("The school {value} was refused, so this row waits for it.")
    _refuse(r, lost, r.file, "orgSourcedId", r.school_sourced_id, waits, about=r.user_sourced_id)
    twin = exists().where(other.import_id == one.id, other.sourced_id == r.sourced_id, other.line < r.line)
    _refuse(
        r,
        and_(r.import_id == one.id, r.sourced_id.is_not(None), twin),
        "roles.csv",
        "sourcedId",
        r.sourced_id,
        TWICE,
        about=r.user_sourced_id,
    )
    same = exists().where(
        other.import_id == one.id,
        other.user_sourced_id == r.user_sourced_id,
        other.role == r.role,
        other.school_sourced_id == r.school_sourced_id,
        other.gone.is_(False),
        other.id < r.id,
    )
    db.session.execute(delete(r).where(and_(active, same)).execution_options(synchronize_session=False))


def resolve_roles(one: RosterImport) -> None:
    """Whose they are and where, as far as those are in our tables by now."""
    r = StagedRole
    person = select(func.coalesce(Person.merged_into_id, Person.id))
    person = person.where(Person.district_id == one.district_id, Person.sourced_id == r.user_sourced_id)
    by_address = select(StagedPerson.person_id).where(StagedPerson.import_id == one.id, StagedPerson.sourced_id == r.user_sourced_id)
    school = select(School.id).where(School.district_id == one.district_id, School.sourced_id == r.school_sourced_id)
    by_code = select(StagedOrg.school_id).where(StagedOrg.import_id == one.id, StagedOrg.sourced_id == r.school_sourced_id)
    _set(
        r,
        r.import_id == one.id,
        person_id=func.coalesce(person.scalar_subquery(), by_address.limit(1).scalar_subquery()),
        school_id=func.coalesce(school.scalar_subquery(), by_code.limit(1).scalar_subquery()),
    )


def _refuse(
    model: type[Any], wrong: ColumnElement[bool], file: Any, column: str, value: Any, reason: str, *, about: Any = None, **more: Any
) -> None:
    """Move the rows that are wrong from the staging table into the findings."""
    said = select(
        model.import_id,
        literal(file) if isinstance(file, str) else file,
        model.line,
        literal(column),
        func.coalesce(value, ""),
        more.get("other", literal("")),
        literal(reason),
        model.sourced_id if about is None else about,
        more.get("also", literal(None, String)),
        literal(False),
    ).where(wrong)
    names = ["import_id", "file", "line", "column", "value", "other", "reason", "about", "also", "taken"]
    db.session.execute(insert(RosterFinding).from_select(names, said))
    db.session.execute(delete(model).where(wrong).execution_options(synchronize_session=False))
