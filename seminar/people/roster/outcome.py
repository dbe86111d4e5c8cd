"""What an import would do, each part as one query: the preview counts and lists it, and applying writes from it."""

from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, and_, bindparam, case, exists, false, func, not_, or_, select

from seminar.ground.db import another, db
from seminar.ground.history import History
from seminar.people.appointment import Appointment
from seminar.people.calendar import Term
from seminar.people.leaving import EndedAppointment, Ending
from seminar.people.person import Person
from seminar.people.roster.staged import RosterFinding, RosterImport, StagedOrg, StagedPerson, StagedRole, StagedTerm
from seminar.people.roster.user_settling import ZEROS_LOST
from seminar.people.school import School

FAR = date.max
Rows = Select[*tuple[Any, ...]]


@dataclass(frozen=True)
class Count:
    """Of one kind of record, how many are new, changed and ended, and how many rows were refused."""

    new: int
    changed: int
    ended: int
    refused: int


@dataclass(frozen=True)
class Outcome:
    """By kind; `staff` is how many the roster told of before, `leaving` how many of them would have no place left."""

    schools: Count
    terms: Count
    people: Count
    appointments: Count
    staff: int
    leaving: int
    noted: int

    @property
    def refused(self) -> int:
        return sum(count.refused for count in (self.schools, self.terms, self.people, self.appointments))

    @property
    def changes(self) -> int:
        return sum(count.new + count.changed + count.ended for count in (self.schools, self.terms, self.people, self.appointments))

    @property
    def ends_many(self) -> bool:
        """More than a tenth of the staff: done only when told twice."""
        return self.leaving * 10 > self.staff

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def outcome_from(said: dict[str, Any]) -> Outcome:
    """What `as_json` kept."""
    values: dict[str, Any] = {name: Count(**value) if isinstance(value, dict) else value for name, value in said.items()}
    return Outcome(**values)


def outcome_of(one: RosterImport, today: date) -> Outcome:
    refused = _refused_by_file(one)
    values = {"import_id": one.id, "district_id": one.district_id, "today": today}
    count = db.session.execute(_counts(one.version, tuple(sorted(one.kinds.items()))), values).one()
    return Outcome(
        schools=Count(count.new_schools, count.changed_schools, count.ended_schools, refused.get("orgs.csv", 0)),
        terms=Count(count.new_terms, count.changed_terms, count.ended_terms, refused.get("academicSessions.csv", 0)),
        people=Count(count.new_people, count.changed_people, count.leaving_people, refused.get("users.csv", 0)),
        appointments=Count(count.new_appointments, count.changed_appointments, count.ended_appointments, refused.get("roles.csv", 0)),
        staff=count.staff,
        leaving=count.leaving_people,
        noted=count.noted,
    )


@cache
def _counts(version: str, kinds: tuple[tuple[str, str], ...]) -> Rows:
    """All that is counted of an import of that version, in one statement that is put together once: that takes longer than its answer."""
    one: Any = SimpleNamespace(id=bindparam("import_id"), district_id=bindparam("district_id"), version=version, kinds=dict(kinds))
    today: Any = bindparam("today", type_=Date)
    records = (new_schools, changed_schools, ended_schools, new_terms, changed_terms, ended_terms, new_people, changed_people)
    by_day = (leaving_people, new_appointments, changed_appointments, ended_appointments, staff)
    queries = {asked.__name__: asked(one) for asked in records} | {asked.__name__: asked(one, today) for asked in by_day}
    queries["noted"] = select(RosterFinding.id).where(RosterFinding.import_id == one.id, RosterFinding.taken)
    return select(*(select(func.count()).select_from(query.subquery()).scalar_subquery().label(name) for name, query in queries.items()))


def _refused_by_file(one: RosterImport) -> dict[str, int]:
    query = select(RosterFinding.file, func.count()).where(RosterFinding.import_id == one.id, RosterFinding.taken.is_(False))
    return {file: count for file, count in db.session.execute(query.group_by(RosterFinding.file))}


def new_schools(one: RosterImport) -> Rows:
    s = StagedOrg
    return select(s).where(s.import_id == one.id, s.kind == "school", s.gone.is_(False), s.school_id.is_(None))


def _a_person_did(one: RosterImport, what: str, record: str, record_id: Any) -> ColumnElement[bool]:
    """Whether it was a person who did that to it last, and no roster: what somebody decided isn't undone in the night."""
    h, any_ = History, another(History)
    last = select(func.max(any_.id)).where(any_.district_id == one.district_id, any_.record == record)
    last = last.where(any_.record_id == record_id, any_.what == what)
    return exists().where(h.id == last.scalar_subquery(), h.details["roster"].as_integer().is_(None))


def changed_schools(one: RosterImport) -> Rows:
    """Another name, an id that was not known yet, or open again. The code stays as the district has it."""
    s = StagedOrg
    by_hand = _a_person_did(one, "school closed", "school", School.id)
    opens = and_(School.closed_on.is_not(None), ~by_hand)
    other = or_(School.name != s.name, _differs(School.sourced_id, s.sourced_id), opens)
    closed_on = case((by_hand, School.closed_on), else_=None).label("closed_on")
    query = select(School.id, s.name, s.sourced_id, closed_on).join(s, s.school_id == School.id)
    return query.where(s.import_id == one.id, s.kind == "school", s.gone.is_(False), other)


def ended_schools(one: RosterImport) -> Rows:
    s = StagedOrg
    gone = exists().where(s.import_id == one.id, s.sourced_id == School.sourced_id, s.gone)
    return select(School.id).where(
        School.district_id == one.district_id,
        School.closed_on.is_(None),
        or_(gone, _missing(one, "orgs.csv", s.sourced_id == School.sourced_id, School)),
    )


def _missing(one: RosterImport, file: str, same: ColumnElement[bool], record: Any) -> ColumnElement[bool]:
    """A record that the roster told of and that isn't in its bulk file; `same` says which staged row is its own. A row that was
    refused is there all the same; and where a refused row might be anybody's, nobody is missing."""
    if one.kinds.get(file) != "bulk":
        return false()
    staged: Any = {"orgs.csv": StagedOrg, "academicSessions.csv": StagedTerm, "users.csv": StagedPerson}[file]
    there = exists().where(staged.import_id == one.id, same)
    told = record.sourced_id.is_not(None)
    return and_(told, ~there, not_(spoken_of(one, record.sourced_id)), not_(_might_be_anybody(one, file)))


def spoken_of(one: RosterImport, sourced_id: Any) -> ColumnElement[bool]:
    """Whether a row that was refused speaks of that id."""
    f = RosterFinding
    mine = and_(f.import_id == one.id, f.taken.is_(False))
    bare = select(f.about).where(mine, f.reason == ZEROS_LOST, f.about.is_not(None))
    also = select(f.also).where(mine, f.also.is_not(None))
    return or_(exists().where(mine, f.about == sourced_id), sourced_id.in_(also), func.ltrim(sourced_id, "0").in_(bare))


def _might_be_anybody(one: RosterImport, *files: str) -> ColumnElement[bool]:
    f = RosterFinding
    return exists().where(f.import_id == one.id, f.taken.is_(False), f.about.is_(None), f.file.in_(files))


def new_terms(one: RosterImport) -> Rows:
    t = StagedTerm
    return select(t).where(t.import_id == one.id, t.kind != "schoolYear", t.gone.is_(False), t.term_id.is_(None))


def changed_terms(one: RosterImport) -> Rows:
    t = StagedTerm
    by_hand = _a_person_did(one, "term ended", "term", Term.id)
    other = or_(
        Term.title != t.title,
        Term.first_day != t.first_day,
        Term.last_day != t.last_day,
        Term.ends_in != t.ends_in,
        and_(Term.ended_on.is_not(None), ~by_hand),
    )
    ended_on = case((by_hand, Term.ended_on), else_=None).label("ended_on")
    query = select(Term.id, t.title, t.first_day, t.last_day, t.ends_in, ended_on).join(t, t.term_id == Term.id)
    return query.where(t.import_id == one.id, t.gone.is_(False), other)


def ended_terms(one: RosterImport) -> Rows:
    t = StagedTerm
    gone = exists().where(t.import_id == one.id, t.sourced_id == Term.sourced_id, t.gone)
    return select(Term.id).where(
        Term.district_id == one.district_id,
        Term.ended_on.is_(None),
        or_(gone, _missing(one, "academicSessions.csv", t.sourced_id == Term.sourced_id, Term)),
    )


def new_people(one: RosterImport) -> Rows:
    s = StagedPerson
    return select(s).where(s.import_id == one.id, s.gone.is_(False), s.person_id.is_(None))


def changed_people(one: RosterImport) -> Rows:
    """Another name, address or id; an address that the roster leaves empty stays as it is."""
    s = StagedPerson
    other = or_(
        Person.given_name != s.given_name,
        Person.family_name != s.family_name,
        and_(s.email.is_not(None), _differs(Person.email, s.email)),
        Person.may_sign_in != s.enabled,
        Person.sourced_id.is_(None),
    )
    before = (Person.given_name.label("given_before"), Person.family_name.label("family_before"), Person.email.label("email_before"))
    now = (s.given_name, s.family_name, s.email, s.enabled, func.coalesce(Person.sourced_id, s.sourced_id).label("sourced_id"))
    mine = and_(s.import_id == one.id, s.gone.is_(False), s.follows.is_(False))
    return select(Person.id, *before, *now).join(s, s.person_id == Person.id).where(mine, other)


def _differs(one: Any, other: Any) -> ColumnElement[bool]:
    return func.coalesce(one, "") != func.coalesce(other, "")


def _open(appointment: Any, today: date) -> ColumnElement[bool]:
    """Held beyond today. What ends with today has been ended."""
    return or_(appointment.last_day.is_(None), appointment.last_day > today)


def _is_of(appointment: Any, role: Any) -> ColumnElement[bool]:
    return and_(
        appointment.person_id == role.person_id,
        appointment.role == role.role,
        func.coalesce(appointment.school_id, 0) == func.coalesce(role.school_id, 0),
        or_(role.school_id.is_not(None), role.school_sourced_id == ""),
    )


def wanted(one: RosterImport) -> ColumnElement[bool]:
    """The staged roles that are held, and that are one of ours."""
    return and_(StagedRole.import_id == one.id, StagedRole.gone.is_(False), StagedRole.role != "")


def new_appointments(one: RosterImport, today: date) -> Rows:
    """Held by nobody yet; where somebody holds it by hand, or it ends only today, there is nothing to add."""
    r, a = StagedRole, Appointment
    still = or_(a.last_day.is_(None), a.last_day >= today)
    # It was read before today, maybe.
    not_over = or_(r.last_day.is_(None), r.last_day >= today)
    return select(r).where(wanted(one), not_over, ~exists().where(_is_of(a, r), still))


def changed_appointments(one: RosterImport, today: date) -> Rows:
    r, a, by_hand = StagedRole, Appointment, another(Appointment)
    # What is still to come begins when the roster says so by now; what has begun has begun.
    first = case((a.first_day > today, func.coalesce(r.first_day, today)), else_=a.first_day)
    # Whose leaving somebody has set for a day to come leaves on that day, though the roster doesn't know it yet.
    leaves = and_(_was_ended_by_a_person(a), a.last_day < func.coalesce(r.last_day, FAR))
    last = case((leaves, a.last_day), (r.last_day < first, first), else_=r.last_day)
    other = or_(
        a.first_day != first,
        func.coalesce(a.last_day, FAR) != func.coalesce(last, FAR),
        and_(r.grade.is_not(None), func.coalesce(a.grade, -1) != r.grade),
        and_(r.sourced_id.is_not(None), _differs(a.sourced_id, r.sourced_id)),
    )
    held_by_hand = exists().where(_is_of(by_hand, r), by_hand.source == "hand", _open(by_hand, today))
    still = or_(a.last_day.is_(None), a.last_day >= today)
    before = (a.first_day.label("first_day_before"), a.last_day.label("last_day_before"))
    now = (first.label("first_day"), last.label("last_day"), func.coalesce(r.grade, a.grade).label("grade"), r.sourced_id)
    query = select(a.id, *before, *now)
    return query.join(r, _is_of(a, r)).where(wanted(one), a.source == "roster", still, other, ~held_by_hand)


def _was_ended_by_a_person(a: Any) -> ColumnElement[bool]:
    act, ended = Ending, EndedAppointment
    mine = and_(ended.appointment_id == a.id, act.id == ended.ending_id, act.last_day == a.last_day)
    return exists().where(mine, act.import_id.is_(None), act.taken_back_at.is_(None))


def over_and_told_again(one: RosterImport, today: date) -> Rows:
    """Appointments that are over and have the id of a role that is held elsewhere or again: it is that one's now."""
    r, a = StagedRole, Appointment
    again = exists().where(wanted(one), r.sourced_id == a.sourced_id)
    return select(a.id).where(a.district_id == one.district_id, again, a.last_day < today)


def ended_appointments(one: RosterImport, today: date) -> Rows:
    """What the roster gave and no longer tells. Never what was given by hand."""
    a, p = Appointment, Person
    # What hadn't begun was ended with its first day, which is still to come.
    ended_before = and_(a.first_day > today, a.last_day.is_not(None), a.last_day == a.first_day)
    # A place that somebody has set for a day to come, at the turn of the year: until that day the roster doesn't know it.
    to_come = and_(a.first_day > today, _a_person_did(one, "appointed", "appointment", a.id))
    theirs = and_(a.district_id == one.district_id, a.source == "roster", _open(a, today), not_(or_(ended_before, to_come)))
    theirs = and_(theirs, p.sourced_id.is_not(None))
    query = select(a.id, a.person_id, a.last_day.label("last_day_before")).join(p, p.id == a.person_id)
    return query.where(theirs, or_(*_endings(one, a, p)))


def _endings(one: RosterImport, a: Any, p: Any) -> list[ColumnElement[bool]]:
    s, r = StagedPerson, StagedRole
    staged = and_(s.import_id == one.id, s.person_id == p.id)
    unsaid = and_(
        ~exists().where(wanted(one), _is_of(a, r)),
        not_(spoken_of(one, p.sourced_id)),
        not_(_might_be_anybody(one, "users.csv", "roles.csv")),
    )
    row_gone = exists().where(r.import_id == one.id, r.gone, r.sourced_id.is_not(None), r.sourced_id == a.sourced_id)
    endings = [exists().where(staged, s.gone), _missing(one, "users.csv", s.person_id == p.id, p), and_(row_gone, unsaid)]
    elsewhere = exists().where(wanted(one), r.sourced_id == a.sourced_id, not_(_is_of(a, r)))
    endings.append(elsewhere)
    if one.version == "1.1":
        endings.append(and_(exists().where(staged), unsaid))
    elif one.kinds.get("roles.csv") == "bulk":
        endings.append(unsaid)
    return endings


def staff(one: RosterImport, today: date) -> Rows:
    """Who holds an appointment by the roster."""
    a = Appointment
    return select(a.person_id).where(a.district_id == one.district_id, a.source == "roster", _open(a, today)).distinct()


def leaving_people(one: RosterImport, today: date) -> Rows:
    """Of these, who would hold none any more: neither one that stays nor a new one."""
    ended = ended_appointments(one, today).subquery()
    a, r = Appointment, StagedRole
    stays = exists().where(a.person_id == ended.c.person_id, a.source == "roster", _open(a, today), a.id.not_in(select(ended.c.id)))
    moves = exists().where(wanted(one), r.person_id == ended.c.person_id)
    return select(ended.c.person_id).where(~stays, ~moves).distinct()
