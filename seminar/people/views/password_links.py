"""A new password by mail: asking for a link, and setting the password that it lets one set."""

from flask import render_template, url_for
from flask_babel import gettext, lazy_gettext
from flask_login import current_user
from wtforms import BooleanField, EmailField

from seminar.ground import clock
from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.people import account as accounts
from seminar.people.access import runs_the_program
from seminar.people.account import Account, AccountLink
from seminar.people.appointment import standing
from seminar.people.guessable import refuse_guessable, words_about
from seminar.people.person import Person
from seminar.people.set_up import is_open, steps
from seminar.people.sign_on_provider import closing_provider, refuse_closed_password_of, refuse_closed_passwords
from seminar.people.views import people
from seminar.people.views.account import SHARED, PasswordForm, signed_in_or_halfway
from seminar.web.forms import Form, needed
from seminar.web.language import sentence_of
from seminar.web.pages import told
from seminar.web.requires import public, requires


class EmailForm(Form):
    email = EmailField(
        lazy_gettext("Email"), [needed(lazy_gettext("Type your school email address."))], render_kw={"autocomplete": "email"}
    )


class LinkForm(PasswordForm):
    shared = BooleanField(SHARED)


@people.get("/sign-in/forgotten")
@requires(public)
def show_forgotten() -> str:
    return render_template("people/forgotten.html", form=EmailForm(), sent=False)


@people.post("/sign-in/forgotten")
@requires(public)
def send_reset() -> object:
    form = EmailForm()
    if not form.validate():
        return render_template("people/forgotten.html", form=form, sent=False), 422
    try:
        refuse_closed_passwords(form.email.data)
    except Refused as refused:
        form.refuse(refused)
        return render_template("people/forgotten.html", form=form, sent=False), 422
    person = accounts.person_for_reset(form.email.data, now=clock.now())
    if person is not None:
        accounts.send_link(person, "reset", by=None, now=clock.now())
        db.session.commit()
    # The same answer whether the address is known or not.
    return render_template("people/forgotten.html", form=form, sent=True)


@people.get("/sign-in/link/<token>")
@requires(public)
def show_link(token: str) -> object:
    link = accounts.open_link(token, now=clock.now())
    return _refused_link(link) or (_link_page(LinkForm(), link), 200)


def _refused_link(link: AccountLink | None) -> tuple[str, int] | None:
    """The page of a link that sets no password: it is over, or nobody would come in by what it sets. None for one that does."""
    if link is None:
        return _link_page(LinkForm(), None), 404
    try:
        if not link.person.may_sign_in:
            raise Refused(accounts.SWITCHED_OFF)
        refuse_closed_password_of(link.person)
    except Refused as refused:
        return _link_page(LinkForm(), link, sentence_of(refused)), 403
    return None


def _link_page(form: LinkForm, link: AccountLink | None, refused: str = "") -> str:
    chosen = closing_provider(link.person) if link is not None and refused else None
    return render_template("people/link.html", form=form, link=link, refused=refused, chosen=chosen)


@people.post("/sign-in/link/<token>")
@requires(public)
def use_link(token: str) -> object:
    form = LinkForm()
    link = accounts.open_link(token, now=clock.now())
    refused_link = _refused_link(link)
    if link is None or refused_link is not None:
        return refused_link
    if not form.validate():
        return _link_page(form, link), 422
    about = words_about(link.person)
    db.session.rollback()
    try:
        refuse_guessable(form.password.data, about)
    except Refused as refused:
        form.refuse(refused)
        return _link_page(form, accounts.open_link(token, now=clock.now())), refused.status
    password_hash = accounts.hashed(form.password.data)
    try:
        account = accounts.use_link(token, password_hash, now=clock.now())
    except Refused:
        db.session.rollback()
        return _link_page(form, None), 404
    db.session.commit()
    account = db.session.get_one(Account, account.person_id)
    answer = signed_in_or_halfway(account, is_shared=form.shared.data, next_page=url_for(_first_page(account.person)))
    told(gettext("Your password is set, and you're signed in.") if current_user.is_authenticated else gettext("Your password is set."))
    return answer


def _first_page(person: Person) -> str:
    """Who runs a program that isn't set up yet begins there."""
    now = clock.now()
    who = standing(person, person.district.day(now))
    return "people.show_set_up" if runs_the_program(who) and is_open(steps(person.district, now)) else "home"
