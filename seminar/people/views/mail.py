"""A person's own mail: what comes when and in which language; and the page that a link in a mail turns a kind off on."""

from typing import Any

from flask import abort, render_template, request, url_for
from flask_babel import lazy_gettext, refresh
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from wtforms import SelectField

from seminar.ground import clock
from seminar.ground.contributions import Place
from seminar.ground.db import db
from seminar.ground.mail_kinds import AT_ONCE, DIGEST, GROUPS, KINDS, NEVER, WEEKLY, MailKind, kinds_by_group, kinds_to_choose
from seminar.people.mail_choices import choose_mail, digest_weekday, kinds_of_mail_for, mail_ways, once_a_week, turn_off
from seminar.people.person import Person, who_stays
from seminar.people.views import people
from seminar.web.forms import Form
from seminar.web.mail_links import named_by
from seminar.web.requires import anyone_signed_in, public, requires
from seminar.web.saving import saved
from seminar.web.viewer import me

WAY_NAMES = {AT_ONCE: lazy_gettext("At once"), WEEKLY: lazy_gettext("In the weekly digest"), NEVER: lazy_gettext("Not at all")}
WEEKDAYS = [
    (0, lazy_gettext("Monday")),
    (1, lazy_gettext("Tuesday")),
    (2, lazy_gettext("Wednesday")),
    (3, lazy_gettext("Thursday")),
    (4, lazy_gettext("Friday")),
]


def account_pages() -> list[Place]:
    return [
        Place(
            lazy_gettext("Your mail and language"),
            lazy_gettext("What comes at once, once a week or not at all, and the language of mail and pages."),
            "people.show_own_mail",
            anyone_signed_in,
        )
    ]


class OwnMailForm(Form):
    language = SelectField(
        lazy_gettext("Language of mail and pages"),
        choices=[("", lazy_gettext("As the device says")), ("en", "English"), ("es", "Español")],
    )
    weekday = SelectField(lazy_gettext("The digest comes on"), coerce=int, choices=WEEKDAYS)


def kinds_offered() -> list[MailKind]:
    """Those that leave the reader a choice."""
    theirs = kinds_of_mail_for(me())
    return [kind for kind in kinds_to_choose() if kind in theirs]


def own_mail_form(person: Person, *, filled: bool) -> Any:
    """The form with a field for each kind that leaves a choice; as it is kept, or as it was sent."""
    fields = {f"way_{kind.name}": _way_field(kind) for kind in kinds_offered()}
    of_kinds = type("OwnMailFormOfKinds", (OwnMailForm,), fields)
    if not filled:
        return of_kinds()
    ways = {f"way_{name}": way for name, way in mail_ways(person).items()}
    return of_kinds(formdata=None, data={"language": person.language or "", "weekday": digest_weekday(person), **ways})


def _way_field(kind: MailKind) -> SelectField:
    return SelectField(lazy_gettext(kind.title), choices=[(way, WAY_NAMES[way]) for way in kind.ways])


@people.get("/my/account/mail")
@requires(anyone_signed_in)
def show_own_mail() -> str:
    return _own_mail_page(own_mail_form(me().person, filled=True))


def _own_mail_page(form: Any) -> str:
    theirs = kinds_of_mail_for(me())
    asked = {group: [kind for kind in kinds if _asks(form, kind)] for group, kinds in kinds_by_group().items()}
    choices = [(GROUPS[group], kinds) for group, kinds in asked.items() if kinds]
    always = [kind for kinds in kinds_by_group().values() for kind in kinds if len(kind.ways) == 1 and kind in theirs]
    return render_template("people/own_mail.html", form=form, person=me().person, choices=choices, always=always)


def _asks(form: Any, kind: MailKind) -> bool:
    return f"way_{kind.name}" in form


@people.post("/my/account/mail")
@requires(anyone_signed_in)
def save_own_mail() -> object:
    person = me().person
    form = own_mail_form(person, filled=False)

    def save() -> str:
        ways = {kind.name: form[f"way_{kind.name}"].data for kind in kinds_offered()}
        ways = once_a_week(ways) if "once_a_week" in request.form else ways
        choose_mail(person, ways, weekday=form.weekday.data, by=person, now=clock.now())
        person.language = form.language.data or None
        refresh()
        return url_for("people.show_own_mail")

    return saved(form, save, _own_mail_page, lazy_gettext("Saved. It holds from the next mail on, and for what waits."))


def _named_or_404(token: str) -> tuple[Person, MailKind]:
    """The person and the kind of a link in a mail; 404 where we didn't make it, or where nothing is left to turn off."""
    person_id, kind_name = named_by(token) or abort(404)
    query = select(Person).where(Person.id == person_id).options(joinedload(Person.district), joinedload(Person.merged_into))
    person, kind = db.session.scalar(query), KINDS.get(kind_name)
    if person is None or kind is None or not kind.can_be_turned_off:
        abort(404)
    return who_stays(person), kind


@people.get("/mail/off/<token>")
@requires(public)
def show_turn_off(token: str) -> str:
    # Mail scanners open every link, so opening it changes nothing.
    return _turn_off_page(*_named_or_404(token), done=False)


@people.post("/mail/off/<token>")
@requires(public)
def create_turn_off(token: str) -> str:
    """By the page's button, or by a mail program on its own (RFC 8058), which has no cookie, no CSRF token, and follows no
    redirect: the signed address is what shows that it may."""
    person, kind = _named_or_404(token)
    turn_off(person, kind.name, now=clock.now())
    db.session.commit()
    return _turn_off_page(person, kind, done=True)


def _turn_off_page(person: Person, kind: MailKind, *, done: bool) -> str:
    return render_template("people/turn_off.html", person=person, kind=kind, is_digest=kind.name == DIGEST, done=done)
