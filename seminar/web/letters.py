"""A mail in its reader's language, as plain text and as HTML, both made from templates/mail/<kind>.txt: its first paragraph is
the subject, and one that is the address of its page becomes the link. The HTML is built from that text, piece by piece and
escaped, so that no mail is written twice and nothing that somebody typed is ever markup.
"""

import re
from dataclasses import dataclass
from typing import Any

import structlog
from flask import current_app, g
from flask_babel import force_locale, gettext, refresh
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from seminar.ground.db import db, reading
from seminar.ground.mail_kinds import DIGEST, KINDS, MailKind
from seminar.ground.outbox import Mail, recipient_of, values_of
from seminar.ground.post import Written
from seminar.people.person import Person
from seminar.web.mail_links import turn_off_url

log = structlog.get_logger("makerpd.letters")


@dataclass(frozen=True)
class Piece:
    """What one event says: a subject, its paragraphs, and the link to its page."""

    subject: str
    paragraphs: list[str]
    url: str
    link: str


def write_all(mail_ids: list[int]) -> dict[int, Written | str]:
    """By mail id, the mail as it leaves, or why it can't be written; two statements. One that is broken holds up no other: a digest
    leaves without it."""
    query = select(Mail, Person).join(Person, Person.id == Mail.person_id).where(Mail.id.in_(mail_ids)).order_by(Mail.id)
    with reading():
        rows = db.session.execute(query.options(joinedload(Person.district))).all()
        gathered = _gathered([mail.id for mail, _ in rows if mail.kind == DIGEST])
        written = {mail.id: _written(mail, person, gathered.get(mail.id, [])) for mail, person in rows}
        db.session.rollback()
    return written


def _gathered(digest_ids: list[int]) -> dict[int, list[Mail]]:
    """By digest, the mails in it, in the order of their events."""
    found: dict[int, list[Mail]] = {}
    if digest_ids:
        for mail in db.session.scalars(select(Mail).where(Mail.digest_id.in_(digest_ids)).order_by(Mail.created_at, Mail.id)):
            found.setdefault(mail.digest_id or 0, []).append(mail)
    return found


def _written(mail: Mail, person: Person, gathered: list[Mail]) -> Written | str:
    try:
        return write(mail, person, gathered, language=person.language or person.district.language)
    except Exception as error:
        return _why_not(mail, error)


def _why_not(mail: Mail, error: Exception) -> str:
    log.exception("mail can't be written", mail=mail.id)
    return repr(error)


def write(mail: Mail, person: Person, gathered: list[Mail], *, language: str) -> Written:
    """The mail in that language, with what it gathers where it is a digest."""
    before = {name: g.get(name) for name in ("timezone", "language")}
    g.timezone, g.language = person.district.timezone, language
    refresh()
    try:
        with force_locale(language):
            return _in_this_language(mail, person, gathered, language)
    finally:
        for name, value in before.items():
            g.pop(name) if value is None else setattr(g, name, value)
        refresh()


def _in_this_language(mail: Mail, person: Person, gathered: list[Mail], language: str) -> Written:
    kind = KINDS[mail.kind]
    found = [(one, _piece_or_why_not(one, person)) for one in gathered]
    pieces = {one: piece for one, piece in found if isinstance(piece, Piece)}
    if gathered and not pieces:
        raise ValueError("Nothing of this digest can be written.")
    lead = _piece(mail, person, number=len(pieces))
    said = {
        "greeting": gettext("Hello %(name)s,", name=person.given_name),
        "lead": lead,
        "pieces": list(pieces.values()),
        "signature": gettext("PD office, %(district)s", district=person.district.name),
        "footer": _footer(kind, person.id),
        "language": language,
        "district_name": person.district.name,
    }
    return Written(
        mail_id=mail.id,
        written_at=mail.created_at,
        sender_name=person.district.name,
        sender=person.district.mail_from,
        recipient=recipient_of(mail, person),
        subject=lead.subject,
        body=_as_text(said),
        html=current_app.jinja_env.get_template("mail/letter.html").render(**said),
        calendars=tuple(one.calendar for one in (mail, *pieces) if one.calendar is not None),
        turn_off_url=turn_off_url(person.id, kind.name) if kind.can_be_turned_off else None,
        left_out={one.id: why for one, why in found if isinstance(why, str)},
    )


def _piece_or_why_not(mail: Mail, person: Person) -> Piece | str:
    try:
        return _piece(mail, person)
    except Exception as error:
        return _why_not(mail, error)


def _piece(mail: Mail, person: Person, **more: Any) -> Piece:
    kind, values = KINDS[mail.kind], values_of(mail.context)
    url = f"{current_app.config['BASE_URL']}/{kind.page.format(**values)}"
    template = current_app.jinja_env.get_template(f"mail/{kind.name}.txt")
    subject, *paragraphs = re.split(r"\n\s*\n", template.render(person=person, url=url, **values, **more).strip())
    # A subject is one line: a title that was pasted can hold breaks of its own, and no header may (RFC 5322, section 2.2).
    return Piece(" ".join(subject.split()), paragraphs, url, gettext(kind.link))


def _footer(kind: MailKind, person_id: int) -> list[tuple[str, str]]:
    """What to do about mails like this: words and an address each. Nothing where there is nothing to choose."""
    if len(kind.ways) == 1 and kind.group == "account":
        return []
    choose = [(gettext("Choose which mails you get, and when"), f"{current_app.config['BASE_URL']}/my/account/mail")]
    return ([(gettext("Turn off mails like this"), turn_off_url(person_id, kind.name))] if kind.can_be_turned_off else []) + choose


def _as_text(said: dict[str, Any]) -> str:
    parts = [said["greeting"], *said["lead"].paragraphs]
    for piece in said["pieces"]:
        parts += [f"* {piece.subject}", *piece.paragraphs]
    parts.append(said["signature"])
    if said["footer"]:
        # Two hyphens and a space: what mail programs take for the end of the letter, and leave out of an answer.
        parts.append("-- \n" + "\n".join(f"{words}: {address}" for words, address in said["footer"]))
    return "\n\n".join(parts) + "\n"
