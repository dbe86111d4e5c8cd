"""A mail in its reader's language: templates/mail/<kind>.txt, whose first line is the subject."""

from flask import current_app, g
from flask_babel import force_locale

from seminar.ground.db import db
from seminar.ground.outbox import Mail, values_of
from seminar.ground.post import Written
from seminar.people.person import Person


def write(mail: Mail) -> Written:
    person = db.session.get_one(Person, mail.person_id)
    values = values_of(mail)
    g.timezone, g.language = person.district.timezone, person.language
    template = current_app.jinja_env.get_template(f"mail/{mail.kind}.txt")
    with force_locale(person.language):
        text = template.render(person=person, url=address_of(mail.kind, values), **values)
    g.pop("timezone")
    g.pop("language")
    subject, _, body = text.partition("\n")
    return Written(mail.id, person.district.mail_from, person.email or "", subject.strip(), body.strip() + "\n", mail.calendar)


def address_of(kind: str, values: dict[str, object]) -> str:
    """The page that the mail is about."""
    base = current_app.config["BASE_URL"]
    if "token" in values:
        return f"{base}/sign-in/link/{values['token']}"
    if "reservation_id" in values:
        return f"{base}/reservations/{values['reservation_id']}"
    if "series_id" in values:
        return f"{base}/series/{values['series_id']}"
    return f"{base}/my/learning"
