"""What a person chooses about their mail: each kind's way, the digest's weekday, and the language of mail and pages."""

from datetime import datetime

from sqlalchemy import delete, select

from seminar.ground import history
from seminar.ground.db import db
from seminar.ground.digest import rearrange
from seminar.ground.mail_kinds import AT_ONCE, DIGEST, KINDS, NEVER, WEEKLY, MailKind, kinds_to_choose
from seminar.ground.mail_preference import MONDAY, DigestDay, MailPreference, digest_weekdays, ways_of
from seminar.ground.refusal import N_, Refused
from seminar.people.appointment import Standing
from seminar.people.person import Person


def mail_ways(person: Person) -> dict[str, str]:
    """By kind, the way that the person has it: theirs where they chose one that the kind has, else its own first."""
    chosen = ways_of(person.id)
    return {kind.name: chosen[kind.name] if chosen.get(kind.name) in kind.ways else kind.ways[0] for kind in kinds_to_choose()}


def kinds_of_mail_for(standing: Standing) -> list[MailKind]:
    """The kinds that somebody in these roles can get, and those that they chose a way for while they could."""
    chosen = ways_of(standing.person.id)
    return [kind for kind in KINDS.values() if not kind.roles or standing.has(*kind.roles) or kind.name in chosen]


def once_a_week(ways: dict[str, str]) -> dict[str, str]:
    """The same, with all in the digest that can wait for it; what is turned off stays off."""
    return {name: WEEKLY if way == AT_ONCE and WEEKLY in KINDS[name].ways else way for name, way in ways.items()}


def choose_mail(person: Person, ways: dict[str, str], *, weekday: int, by: Person | None, now: datetime) -> None:
    """Have these kinds come so from now on; what isn't sent yet goes the new way too. Raises Refused for a way that a kind doesn't
    have. `by` is None where a link in a mail was pressed."""
    for name, way in ways.items():
        if way not in KINDS[name].ways:
            raise Refused(N_("This mail can't come that way."), field=f"way_{name}")
    # A worker that gathers holds the same row: what it has begun is done before, or it passes this person by.
    db.session.execute(select(Person.id).where(Person.id == person.id).with_for_update(key_share=True))
    before = mail_ways(person)
    after = before | ways
    if (before, weekday) == (after, digest_weekday(person)):
        return
    db.session.execute(delete(MailPreference).where(MailPreference.person_id == person.id, MailPreference.kind.in_(after)))
    db.session.execute(delete(DigestDay).where(DigestDay.person_id == person.id))
    mine = {"person_id": person.id, "district_id": person.district_id}
    db.session.add_all(MailPreference(**mine, kind=name, way=way) for name, way in after.items() if way != KINDS[name].ways[0])
    if weekday != MONDAY:
        db.session.add(DigestDay(**mine, weekday=weekday))
    db.session.flush()
    rearrange(person.id, after, weekday, timezone=person.district.timezone, now=now)
    changed = {name: way for name, way in after.items() if before[name] != way}
    history.record(by, "mail choices saved", person, now, ways=changed, weekday=weekday)


def digest_weekday(person: Person) -> int:
    return digest_weekdays([person.id]).get(person.id, MONDAY)


def turn_off(person: Person, kind_name: str, *, now: datetime) -> None:
    """Have no more mail of a kind. For the digest: of every kind in it that can be turned off; what can't still comes weekly."""
    if kind_name == DIGEST:
        names = [name for name, way in mail_ways(person).items() if way == WEEKLY and KINDS[name].can_be_turned_off]
    else:
        names = [kind_name]
    choose_mail(person, dict.fromkeys(names, NEVER), weekday=digest_weekday(person), by=None, now=now)
