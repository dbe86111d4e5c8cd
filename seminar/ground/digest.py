"""The weekly digest: what is held for a person becomes a part of one mail, on their weekday's morning.

Gathering is one transaction: the digest is a row of the outbox like any other, and each held mail names it. A death before the
commit leaves all of it held, and a death after it leaves a digest that waits to be sent. Its key is the newest mail that it
gathers; a mail is gathered once, so no digest is made twice, and none is made of nothing.
"""

from datetime import datetime

from sqlalchemy import JSON, ColumnElement, String, cast, column, exists, func, insert, literal, select, table, update
from sqlalchemy.orm import aliased

from seminar.ground.db import UTCDateTime, db
from seminar.ground.mail_kinds import AT_ONCE, DIGEST, KINDS, NEVER
from seminar.ground.mail_preference import next_digest
from seminar.ground.outbox import Mail, is_urgent, values_of

PEOPLE_AT_ONCE = 500


def gather(now: datetime) -> None:
    """Make the digests that are due; three statements for as many as 500 people. The transaction is the worker's."""
    due = (Mail.state == "held", Mail.next_try_at <= now)
    person_ids = _hold_people(due)
    if not person_ids:
        return
    mine = (*due, Mail.person_id.in_(person_ids))
    made = {
        Mail.district_id: Mail.district_id,
        Mail.person_id: Mail.person_id,
        Mail.kind: literal(DIGEST),
        Mail.key: cast(func.max(Mail.id), String),
        Mail.context: literal({}, JSON),
        Mail.state: literal("waiting"),
        Mail.created_at: literal(now, UTCDateTime),
        Mail.next_try_at: literal(now, UTCDateTime),
        Mail.tries: literal(0),
    }
    columns = [one.key for one in made]
    db.session.execute(insert(Mail).from_select(columns, select(*made.values()).where(*mine).group_by(Mail.district_id, Mail.person_id)))
    digest = aliased(Mail)
    # Of these alone: an older one may have left. A mail that finds none is refused by the CHECK, and the next round gathers it.
    just_made = (digest.person_id == Mail.person_id, digest.kind == DIGEST, digest.created_at == now)
    gathered = update(Mail).where(*mine).values(state="gathered", digest_id=select(func.max(digest.id)).where(*just_made).scalar_subquery())
    db.session.execute(gathered, execution_options={"synchronize_session": False})


def _hold_people(due: tuple[ColumnElement[bool], ...]) -> list[int]:
    """Some of those who have a digest due, held until the commit: another worker passes them by, and gathers for others."""
    person = table("person", column("id"))
    query = select(person.c.id).where(exists().where(Mail.person_id == person.c.id, *due)).order_by(person.c.id).limit(PEOPLE_AT_ONCE)
    return list(db.session.scalars(query.with_for_update(key_share=True, skip_locked=True)))


def rearrange(person_id: int, ways: dict[str, str], weekday: int, *, timezone: str, now: datetime) -> None:
    """What isn't sent yet goes the way that the person chose meanwhile; `ways` says it for each kind of mail."""
    unsent = select(Mail).where(Mail.person_id == person_id, Mail.state.in_(("held", "waiting", "dead"))).with_for_update()
    digest_at = next_digest(now, weekday, timezone)
    for mail in db.session.scalars(unsent):
        way = ways.get(mail.kind, AT_ONCE)
        if way == NEVER:
            mail.state = "unwanted"
        elif mail.state != "held":
            continue
        elif way == AT_ONCE or is_urgent(KINDS[mail.kind], values_of(mail.context), digest_at, timezone):
            mail.state, mail.next_try_at = "waiting", now
        else:
            mail.next_try_at = digest_at
    db.session.flush()
