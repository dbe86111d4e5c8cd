"""Signing in and out, links by mail, and a person's own language and theme."""

import re

from flask import abort, current_app, redirect, render_template, request, url_for
from flask import session as device
from flask_babel import gettext, lazy_gettext
from wtforms import EmailField, PasswordField, StringField
from wtforms.validators import Length

from seminar.ground import clock, contributions
from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.people import account as accounts
from seminar.people.account import Account
from seminar.people.person import Person
from seminar.people.sign_on_provider import provider_for, providers_of, refuse_closed_passwords
from seminar.people.views import people
from seminar.web import session
from seminar.web.forms import Form, needed
from seminar.web.language import LANGUAGES
from seminar.web.pages import told
from seminar.web.requires import anyone_signed_in, public, requires
from seminar.web.viewer import current_district, me, signed_in_standing


class SignInForm(Form):
    email = StringField(lazy_gettext("Email"), [needed(lazy_gettext("Type your school email address."))])
    password = PasswordField(lazy_gettext("Password"), [needed(lazy_gettext("Type your password."))])


class EmailForm(Form):
    email = EmailField(lazy_gettext("Email"), [needed(lazy_gettext("Type your school email address."))])


class PasswordForm(Form):
    password = PasswordField(
        lazy_gettext("New password"),
        [
            needed(lazy_gettext("Type a password.")),
            Length(
                min=accounts.SHORTEST_PASSWORD, max=200, message=lazy_gettext("Use at least %(min)d characters. A short sentence is good.")
            ),
        ],
    )


def _own_page(target: str | None) -> str:
    """Where to go after signing in: a path of ours, never another site's."""
    # Browsers leave out tabs and line ends, and read a backslash as a slash.
    if target and re.fullmatch(r"/(?!/)[^\\\x00-\x20\x7f]*", target):
        return target
    return url_for("home")


@people.get("/sign-in")
@requires(public)
def show_sign_in() -> str:
    return _sign_in_page(SignInForm())


def _sign_in_page(form: SignInForm) -> str:
    demo = accounts.demo_people() if _in_demo_mode() else []
    typed = (form.email.data or "").strip()
    chosen = provider_for(typed) if typed else None
    if chosen is not None and not form.password.data:
        # Who comes that way owes no password.
        form.password.errors = []
    district = current_district()
    providers = providers_of(district, current_app.config["SETTINGS"].sign_on) if district is not None else []
    back = request.values.get("next", "")
    return render_template(
        "people/sign_in.html", form=form, next=back, demo=demo, chosen=chosen, providers=providers, district=district
    )


def _in_demo_mode() -> bool:
    return bool(current_app.config["SETTINGS"].demo)


@people.post("/sign-in")
@requires(public)
def sign_in() -> object:
    form = SignInForm()
    if not form.validate():
        return _sign_in_page(form), 422
    try:
        refuse_closed_passwords(form.email.data)
        account = _checked_account(form.email.data, form.password.data)
    except Refused as refused:
        form.refuse(refused)
        return _sign_in_page(form), refused.status
    session.begin(account)
    return redirect(_own_page(request.form.get("next")), 303)


def _checked_account(email: str, password: str) -> Account:
    """The account of these two; raises Refused. Reads, ends its transaction, hashes, and only then writes."""
    address, now = request.remote_addr or "", clock.now()
    accounts.refuse_when_throttled(email, address=address, now=now)
    account = accounts.account_by_email(email)
    known, person_id = (account.password_hash, account.person_id) if account else (None, None)
    db.session.rollback()
    if not accounts.matches(password, known):
        accounts.note_failure(email, address=address, now=now)
        db.session.commit()
        raise Refused(accounts.WRONG, field="password")
    found = db.session.get(Account, person_id) or abort(404)
    if not found.person.may_sign_in:
        raise Refused(accounts.SWITCHED_OFF)
    return found


@people.post("/sign-in/demo")
@requires(public)
def sign_in_as_demo() -> object:
    if not _in_demo_mode():
        abort(404)
    account = accounts.account_by_email(request.form.get("email", ""))
    if account is None or account.person_id not in {row.id for row in accounts.demo_people()}:
        abort(404)
    session.begin(account)
    return redirect(_own_page(request.form.get("next")), 303)


@people.post("/sign-out")
@requires(public)
def sign_out() -> object:
    session.end()
    return redirect(url_for("people.show_sign_in"), 303)


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
    return render_template("people/link.html", form=PasswordForm(), link=link), 200 if link else 404


@people.post("/sign-in/link/<token>")
@requires(public)
def use_link(token: str) -> object:
    form = PasswordForm()
    link = accounts.open_link(token, now=clock.now())
    if link is None or not form.validate():
        return render_template("people/link.html", form=form, link=link), 422 if link else 404
    db.session.rollback()
    password_hash = accounts.hashed(form.password.data)
    try:
        account = accounts.use_link(token, password_hash, now=clock.now())
    except Refused:
        db.session.rollback()
        return render_template("people/link.html", form=form, link=None), 404
    db.session.commit()
    session.begin(db.session.get_one(Account, account.person_id))
    told(gettext("Your password is set, and you're signed in."))
    return redirect(url_for("home"), 303)


@people.post("/language")
@requires(public)
def choose_language() -> object:
    language = request.form.get("language")
    if language not in LANGUAGES:
        abort(400)
    device["language"] = language
    standing = signed_in_standing()
    if standing is not None:
        standing.person.language = language
        db.session.commit()
    return redirect(_own_page(request.form.get("next")), 303)


@people.get("/my/account")
@requires(anyone_signed_in)
def show_account() -> str:
    return _account_page(PasswordForm())


def _account_page(form: PasswordForm) -> str:
    places = [place for place in contributions.account_pages if place.opens(me())]
    return render_template("people/account.html", form=form, person=me().person, places=places)


@people.post("/my/account/password")
@requires(anyone_signed_in)
def change_password() -> object:
    form = PasswordForm()
    if not form.validate():
        return _account_page(form), 422
    person_id = me().person.id
    db.session.rollback()
    password_hash = accounts.hashed(form.password.data)
    accounts.set_password(db.session.get_one(Person, person_id), password_hash, now=clock.now())
    db.session.commit()
    session.begin(db.session.get_one(Account, person_id))
    told(gettext("Your password is changed. Everywhere else you're signed out."))
    return redirect(url_for("people.show_account"), 303)


@people.post("/my/account/theme")
@requires(anyone_signed_in)
def choose_theme() -> object:
    theme = request.form.get("theme", "")
    if theme not in ("", "light", "dark"):
        abort(400)
    me().person.theme = theme
    db.session.commit()
    return redirect(url_for("people.show_account"), 303)
