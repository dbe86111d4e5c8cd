"""Who of a set is known already, by the roster's id or by address, and whose row can't be taken beside the rest."""

from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, false, func, or_, select, true

from seminar.ground.db import another
from seminar.ground.refusal import N_
from seminar.people.email_address import EmailAddress
from seminar.people.person import Person
from seminar.people.roster.shelf import TWICE
from seminar.people.roster.staged import RosterImport, StagedPerson
from seminar.people.roster.staging import refuse_rows, refuse_where_few_lost_them, set_rows

ZEROS_LOST = N_(
    "{value} has lost the zeros that it began with: somebody is known under that id with them. A spreadsheet does that."
    " Export the file again, and don't open it in one."
)
OF_ANOTHER_DISTRICT = N_("{value} belongs to somebody of another district.")
OF_ANOTHER_ID = N_(
    "{value} belongs to somebody who is known under the id {other}. If they are one person, correct the id in the roster's source."
)
OF_ANOTHER_ID = N_(
    "{value} belongs to somebody who is known under the id {other}. If they are one person, correct the id in the roster's source."
)
ADDED_BY_HAND = N_(
    "{value} belongs to somebody who was added by hand. If they are one person, merge the two records on their page; else correct the"
    " address there."
)


def settle_people(one: RosterImport) -> None:
    _match_people(one)
    _refuse_people(one)


def _match_people(one: RosterImport) -> None:
    """By the roster's id, which leads on to whom a record was made one with; else by address, somebody who was added by hand:
    never a second person for the same one."""
    s, other = StagedPerson, another(StagedPerson)
    stays = func.coalesce(Person.merged_into_id, Person.id)
    by_id = select(stays).where(Person.district_id == one.district_id, Person.sourced_id == s.sourced_id)
    set_rows(s, s.import_id == one.id, person_id=by_id.scalar_subquery())
    by_address = select(EmailAddress.person_id).join(Person, Person.id == EmailAddress.person_id)
    by_address = by_address.where(_counts(s.email), Person.district_id == one.district_id, Person.sourced_id.is_(None))
    set_rows(s, and_(s.import_id == one.id, s.person_id.is_(None), s.email.is_not(None)), person_id=by_address.scalar_subquery())
    holds = exists().where(EmailAddress.person_id == s.person_id, _counts(s.email))
    set_rows(s, and_(s.import_id == one.id, s.person_id.is_not(None)), holds_email=case((holds, 1), else_=0))
    itself = exists().where(other.import_id == one.id, other.sourced_id == Person.sourced_id)
    follows = exists().where(Person.id == s.person_id, Person.sourced_id != s.sourced_id, itself)
    set_rows(s, and_(s.import_id == one.id, s.person_id.is_not(None)), follows=case((follows, true()), else_=false()))


def _counts(address: Any) -> ColumnElement[bool]:
    return and_(EmailAddress.address == address, EmailAddress.confirmed_at.is_not(None))


def _refuse_people(one: RosterImport) -> None:
    s, other = StagedPerson, another(StagedPerson)
    mine = and_(s.import_id == one.id, s.gone.is_(False), s.follows.is_(False))
    twin = exists().where(other.import_id == one.id, other.sourced_id == s.sourced_id, other.line < s.line)
    refuse_rows(s, and_(s.import_id == one.id, twin), "users.csv", "sourcedId", s.sourced_id, TWICE)
    _refuse_lost_zeros(one)
    _refuse_second_rows_of_one(one, mine)
    earlier = or_(other.holds_email > s.holds_email, and_(other.holds_email == s.holds_email, other.line < s.line))
    same = exists().where(other.import_id == one.id, other.gone.is_(False), other.follows.is_(False), other.email == s.email, earlier)
    refuse_rows(
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
    s, other = StagedPerson, another(StagedPerson)
    in_the_file = exists().where(other.import_id == one.id, other.sourced_id == Person.sourced_id)
    with_zeros = select(func.ltrim(Person.sourced_id, "0")).where(
        Person.district_id == one.district_id, Person.sourced_id.like("0%"), ~in_the_file
    )
    lost = and_(s.import_id == one.id, s.person_id.is_(None), s.bare_id == s.sourced_id, s.bare_id.in_(with_zeros))
    refuse_where_few_lost_them(s, one, lost, "users.csv", ZEROS_LOST)


def _refuse_second_rows_of_one(one: RosterImport, mine: ColumnElement[bool]) -> None:
    """Of somebody who was added by hand with two addresses, and whom the roster tells of twice, once by each."""
    s, other = StagedPerson, another(StagedPerson)
    by_hand = exists().where(Person.id == s.person_id, Person.sourced_id.is_(None))
    earlier = exists().where(
        other.import_id == one.id, other.person_id == s.person_id, other.gone.is_(False), other.follows.is_(False), other.line < s.line
    )
    sentence = N_("{value} is a further address of somebody whom an earlier line tells of. If they are one person, give them one line.")
    refuse_rows(s, and_(mine, by_hand, earlier), "users.csv", "email", s.email, sentence)


def _refuse_addresses_of_others(one: RosterImport, mine: ColumnElement[bool]) -> int:
    """Answers how many rows."""
    s, other, holder, held_by = StagedPerson, another(StagedPerson), another(EmailAddress), another(Person)
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
    return refuse_rows(
        s, and_(mine, exists().where(*held)), "users.csv", "email", s.email, reason, other=func.coalesce(theirs, ""), also=theirs
    )
