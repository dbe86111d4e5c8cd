"""A mail in its reader's language: templates/mail/<kind>.txt, whose first line is the subject."""

import structlog
from flask import current_app, g
from flask_babel import force_locale, gettext, refresh
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from seminar.ground.db import db, reading
from seminar.ground.outbox import Mail, values_of
from seminar.ground.post import Written
from seminar.people.person import Person

log = structlog.get_logger("makerpd.letters")


def write_all(mail_ids: list[int]) -> dict[int, Written | str]:
    """By mail id, the mail as it leaves, or why it can't be written; one statement. One that is broken holds up no other."""
    query = select(Mail, Person).join(Person, Person.id == Mail.person_id).where(Mail.id.in_(mail_ids))
    with reading():
        rows = db.session.execute(query.options(joinedload(Person.district))).all()
        written = {mail.id: _written(mail, person) for mail, person in rows}
        db.session.rollback()
    return written


def _written(mail: Mail, person: Person) -> Written | str:
    language = person.language or person.district.language
    g.timezone, g.language = person.district.timezone, language
    refresh()
    try:
        with force_locale(language):
            return write(mail, person)
    except Exception as error:
        log.exception("mail can't be written", mail=mail.id)
        return repr(error)
    finally:
        g.pop("timezone")
        g.pop("language")


def write(mail: Mail, person: Person) -> Written:
    values = values_of(mail.context)
    template = current_app.jinja_env.get_template(f"mail/{mail.kind}.txt")
    subject, _, body = template.render(person=person, url=address_of(mail.kind, values), **values).partition("\n")
    greeting = gettext("Hello %(name)s,", name=person.given_name)
    signature = gettext("PD office, %(district)s", district=person.district.name)
    whole = f"{greeting}\n\n{body.strip()}\n\n{signature}\n"
    return Written(mail.id, person.district.mail_from, values.get("to") or person.email or "", subject.strip(), whole, mail.calendar)


def address_of(kind: str, values: dict[str, object]) -> str:
    """The page that the mail is about."""
    base = current_app.config["BASE_URL"]
    if "page" in values:
        return f"{base}/{values['page']}"
    if "token" in values:
        return f"{base}/sign-in/link/{values['token']}"
    if "reservation_id" in values:
        return f"{base}/reservations/{values['reservation_id']}"
    if "series_id" in values:
        return f"{base}/series/{values['series_id']}"
    return f"{base}/{'equipment' if kind == 'awarded' else 'my/learning'}"
