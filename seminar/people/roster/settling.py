"""Who and what is known already, and what can't be taken beside the rest: over the staging tables, a statement for each question.

Settled twice: when the set was read, for the preview, and again in the transaction that applies it, since others work meanwhile.
"""

from typing import Any

from sqlalchemy import ColumnElement, String, and_, case, delete, exists, false, func, insert, literal, or_, select, text, true, update
from sqlalchemy.orm import aliased

from seminar.ground.db import db
from seminar.ground.refusal import N_
from seminar.people.appointment import Appointment
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


ZEROS_LOST_OF_A_SCHOOL = N_(
    "{value} has lost the zeros that it began with: a school is known under the id {other}. A spreadsheet does that."
    " Export the file again, and don't open it in one."
)


def settle(one: RosterImport) -> None:
    """Raises WrongSet where ids have lost their zeros in more than a tenth of the rows."""
    take_stock(*STAGED, RosterFinding)
    _match_schools(one)
    _refuse_lost_zeros_of_schools(one)
    _refuse_schools(one)
    _match_terms(one)
    _match_people(one)
    _refuse_people(one)
    _drop_roles_of_who_goes(one)
    _refuse_roles(one)
    _forget_strangers(one)
    resolve_roles(one)
    db.session.expire_all()


def take_stock(*models: type[Any]) -> None:
    """PostgreSQL plans by what it knew of a table before this transaction filled it, and would then search 75,000 rows for each of
    75,000: have it look. SQLite goes by its indexes."""
    if db.session.get_bind().dialect.name == "postgresql":
        # Each statement runs once: compiling it costs more seconds than it saves.
        db.session.execute(text("SET LOCAL jit = off"))
        db.session.execute(text(f"ANALYZE {', '.join(model.__tablename__ for model in models)}"))


def _match_schools(one: RosterImport) -> None:
    """By the roster's id; else by code, then by name, a school that was added by hand."""
    s = StagedOrg
    mine = and_(s.import_id == one.id, s.kind == "school")
    here = select(School.id).where(School.district_id == one.district_id)
    _set(s, mine, school_id=here.where(School.sourced_id == s.sourced_id).scalar_subquery())
    other = aliased(StagedOrg)
    for same in (School.code == s.code, School.name == s.name):
        anothers = exists().where(other.import_id == one.id, other.school_id == School.id)
        by_hand = here.where(School.sourced_id.is_(None), same, ~anothers)
        _set(s, and_(mine, s.school_id.is_(None)), school_id=by_hand.scalar_subquery())


def _set(model: type[Any], where: ColumnElement[bool], **values: Any) -> None:
    db.session.execute(update(model).where(where).values(**values).execution_options(synchronize_session=False))


def _refuse_lost_zeros_of_schools(one: RosterImport) -> None:
    s, other, there = StagedOrg, aliased(StagedOrg), aliased(School)
    in_the_file = exists().where(other.import_id == one.id, other.sourced_id == there.sourced_id)
    with_zeros = and_(
        there.district_id == one.district_id,
        there.sourced_id.like("0%"),
        func.ltrim(there.sourced_id, "0") == s.sourced_id,
        ~in_the_file,
    )
    whole = select(func.min(there.sourced_id)).where(with_zeros).scalar_subquery()
    lost = and_(s.import_id == one.id, s.kind == "school", s.school_id.is_(None), exists().where(with_zeros))
    _refuse_where_few_lost_them(s, one, lost, "orgs.csv", ZEROS_LOST_OF_A_SCHOOL, other=whole, also=whole)


def _refuse_where_few_lost_them(
    model: type[Any], one: RosterImport, lost: ColumnElement[bool], file: str, reason: str, **more: Any
) -> None:
    """One id that lost its zeros is a row; many are a file that went through a spreadsheet. Raises WrongSet then."""
    mine = select(func.count()).select_from(model).where(model.import_id == one.id)
    count, rows = (db.session.scalar(query) or 0 for query in (mine.where(lost), mine))
    if count * 10 > rows:
        raise WrongSet(SEVERAL_LOST, count=count)
    _refuse(model, lost, file, "sourcedId", model.sourced_id, reason, **more)


KNOWN_UNDER_ANOTHER_ID = N_(
    "{value} is of a school that is known under the id {other}. If they are one school, correct the id in the roster's source."
)


def _refuse_schools(one: RosterImport) -> None:
    """Until nothing more is refused: a name that a refused row would have given up isn't free."""
    while _refuse_taken_words(one):
        pass


def _refuse_taken_words(one: RosterImport) -> int:
    s, other, there = StagedOrg, aliased(StagedOrg), aliased(School)
    mine = and_(s.import_id == one.id, s.kind == "school", s.gone.is_(False))
    count = 0
    for name, column, theirs, which in (
        ("identifier", s.code, there.code, s.school_id.is_(None)),
        ("name", s.name, there.name, true()),
    ):
        twin = exists().where(other.import_id == one.id, other.kind == "school", getattr(other, column.key) == column, other.line < s.line)
        sentence = N_("Another school of the file has {value} too, and it was taken.")
        count += _refuse(s, and_(mine, which, twin), "orgs.csv", name, column, sentence)
        # A school to which the same file gives another name leaves its own free.
        changing = exists().where(other.import_id == one.id, other.school_id == there.id, getattr(other, column.key) != theirs)
        has_it = and_(there.district_id == one.district_id, theirs == column, there.id != func.coalesce(s.school_id, 0), ~changing)
        # It may be the same school under a new id: the one that is there isn't missing.
        known_as = select(func.min(there.sourced_id)).where(has_it).scalar_subquery()
        told_before = and_(mine, which, exists().where(has_it, there.sourced_id.is_not(None)))
        count += _refuse(s, told_before, "orgs.csv", name, column, KNOWN_UNDER_ANOTHER_ID, other=known_as, also=known_as)
        taken_by = N_("Another school of the district has {value}. Change it there, or in the roster's source.")
        count += _refuse(s, and_(mine, which, exists().where(has_it)), "orgs.csv", name, column, taken_by)
    return count


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
    _refuse_second_rows_of_one(one, mine)
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
    # Until nothing more is refused: an address that a refused row would have given up isn't free.
    while _refuse_addresses_of_others(one, mine):
        pass


def _refuse_lost_zeros(one: RosterImport) -> None:
    s, other = StagedPerson, aliased(StagedPerson)
    in_the_file = exists().where(other.import_id == one.id, other.sourced_id == Person.sourced_id)
    with_zeros = select(func.ltrim(Person.sourced_id, "0")).where(
        Person.district_id == one.district_id, Person.sourced_id.like("0%"), ~in_the_file
    )
    lost = and_(s.import_id == one.id, s.person_id.is_(None), s.bare_id == s.sourced_id, s.bare_id.in_(with_zeros))
    _refuse_where_few_lost_them(s, one, lost, "users.csv", ZEROS_LOST)


def _refuse_second_rows_of_one(one: RosterImport, mine: ColumnElement[bool]) -> None:
    """Of somebody who was added by hand with two addresses, and whom the roster tells of twice, once by each."""
    s, other = StagedPerson, aliased(StagedPerson)
    by_hand = exists().where(Person.id == s.person_id, Person.sourced_id.is_(None))
    earlier = exists().where(
        other.import_id == one.id, other.person_id == s.person_id, other.gone.is_(False), other.follows.is_(False), other.line < s.line
    )
    sentence = N_("{value} is a further address of somebody whom an earlier line tells of. If they are one person, give them one line.")
    _refuse(s, and_(mine, by_hand, earlier), "users.csv", "email", s.email, sentence)


def _refuse_addresses_of_others(one: RosterImport, mine: ColumnElement[bool]) -> int:
    """Answers how many rows."""
    s, other, holder, held_by = StagedPerson, aliased(StagedPerson), aliased(EmailAddress), aliased(Person)
    leaves_it = exists().where(
        other.import_id == one.id,
        other.person_id == held_by.id,
        other.email.is_not(None),
        other.email != held_by.email,
        held_by.email == holder.address,
    )
    held = (
        holder.address == s.email,
        holder.confirmed_at.is_not(None),
        held_by.id == holder.person_id,
        held_by.id != func.coalesce(s.person_id, 0),
        ~leaves_it,
    )
    here = (*held, held_by.district_id == one.district_id)
    reason = case(
        (~exists().where(*here), OF_ANOTHER_DISTRICT),
        (exists().where(*here, held_by.sourced_id.is_(None)), ADDED_BY_HAND),
        else_=OF_ANOTHER_ID,
    )
    theirs = select(held_by.sourced_id).where(*here).limit(1).scalar_subquery()
    return _refuse(
        s, and_(mine, exists().where(*held)), "users.csv", "email", s.email, reason, other=func.coalesce(theirs, ""), also=theirs
    )


OF_ANOTHER_DISTRICT = N_("{value} belongs to somebody of another district.")
OF_ANOTHER_ID = N_(
    "{value} belongs to somebody who is known under the id {other}. If they are one person, correct the id in the roster's source."
)
ADDED_BY_HAND = N_(
    "{value} belongs to somebody who was added by hand. If they are one person, merge the two records on their page; else correct the"
    " address there."
)


def _drop_roles_of_who_goes(one: RosterImport) -> None:
    """Who goes holds nothing, whatever roles.csv says."""
    r = StagedRole
    goes = exists().where(StagedPerson.import_id == one.id, StagedPerson.gone, StagedPerson.sourced_id == r.user_sourced_id)
    dropped = delete(r).where(r.import_id == one.id, r.gone.is_(False), goes)
    db.session.execute(dropped.execution_options(synchronize_session=False))


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


def _forget_strangers(one: RosterImport) -> None:
    """A record that goes and that we don't know was a pupil's, as a rule."""
    s, r = StagedPerson, StagedRole
    holds = exists().where(Appointment.district_id == one.district_id, Appointment.sourced_id == r.sourced_id)
    for model, unknown in ((s, s.person_id.is_(None)), (r, ~holds)):
        gone = delete(model).where(model.import_id == one.id, model.gone, unknown)
        db.session.execute(gone.execution_options(synchronize_session=False))


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
    model: type[Any], wrong: ColumnElement[bool], file: Any, column: str, value: Any, reason: Any, *, about: Any = None, **more: Any
) -> int:
    """Move the rows that are wrong from the staging table into the findings; answers how many."""
    said = select(
        model.import_id,
        literal(file) if isinstance(file, str) else file,
        model.line,
        literal(column),
        func.coalesce(value, ""),
        more.get("other", literal("")),
        literal(reason) if isinstance(reason, str) else reason,
        model.sourced_id if about is None else about,
        more.get("also", literal(None, String)),
        literal(False),
    ).where(wrong)
    names = ["import_id", "file", "line", "column", "value", "other", "reason", "about", "also", "taken"]
    db.session.execute(insert(RosterFinding).from_select(names, said))
    moved: Any = db.session.execute(delete(model).where(wrong).execution_options(synchronize_session=False))
    return int(moved.rowcount)
