"""Signing in and out, and a person's own password, language and theme."""

import re

from flask import abort, current_app, redirect, render_template, request, url_for
from flask import session as device
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response
from wtforms import BooleanField, PasswordField, StringField
from wtforms.validators import Length

from seminar.ground import clock, contributions
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.people import account as accounts
from seminar.people.account import Account
from seminar.people.appointment import standing
from seminar.people.guessable import refuse_guessable, words_about
from seminar.people.passkey import Site, site_of
from seminar.people.person import Person
from seminar.people.second_factor import takes_a_second_step
from seminar.people.sign_on_provider import (
    closing_provider,
    provider_for,
    providers_of,
    refuse_closed_password_of,
    refuse_closed_passwords,
)
from seminar.people.views import people
from seminar.web import session
from seminar.web.forms import Form, needed
from seminar.web.language import LANGUAGES
from seminar.web.pages import told
from seminar.web.requires import anyone_signed_in, leaving, public, requires
from seminar.web.viewer import current_district, me, must_prove_twice, second_steps_are_asked, signed_in_standing

SHARED = lazy_gettext("Others use this device too: sign me out after a few idle minutes")


class SignInForm(Form):
    email = StringField(
        lazy_gettext("Email"), [needed(lazy_gettext("Type your school email address."))], render_kw={"autocomplete": "username"}
    )
    password = PasswordField(
        lazy_gettext("Password"), [needed(lazy_gettext("Type your password."))], render_kw={"autocomplete": "current-password"}
    )
    shared = BooleanField(SHARED)


class PasswordForm(Form):
    password = PasswordField(
        lazy_gettext("New password"),
        [
            needed(lazy_gettext("Type a password.")),
            Length(
                min=accounts.SHORTEST_PASSWORD, max=200, message=lazy_gettext("Use at least %(min)d characters. A short sentence is good.")
            ),
        ],
        render_kw={"autocomplete": "new-password"},
    )


class ChangeForm(PasswordForm):
    current = PasswordField(
        lazy_gettext("The password that you have now"),
        [needed(lazy_gettext("Type the password that you have now."))],
        render_kw={"autocomplete": "current-password"},
    )


def own_page(target: str | None) -> str:
    """Where to go after signing in: a path of ours, never another site's."""
    # Browsers leave out tabs and line ends, and read a backslash as a slash.
    if target and re.fullmatch(r"/(?!/)[^\\\x00-\x20\x7f]*", target):
        return target
    return url_for("home")


@people.get("/sign-in")
@requires(public)
def show_sign_in() -> str:
    return sign_in_page(SignInForm())


def sign_in_page(form: SignInForm) -> str:
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
        "people/sign_in.html",
        form=form,
        next=back,
        demo=demo,
        chosen=chosen,
        providers=providers,
        district=district,
        why=request.args.get("why"),
        has_passkeys=passkey_site() is not None,
    )


def passkey_site() -> Site | None:
    """Whose passkeys are asked for here; None where the installation's address can have none."""
    return site_of(current_app.config["BASE_URL"])


def _in_demo_mode() -> bool:
    return bool(current_app.config["SETTINGS"].demo)


@people.post("/sign-in")
@requires(public)
def sign_in() -> object:
    form = SignInForm()
    if not form.validate():
        return sign_in_page(form), 422
    try:
        refuse_closed_passwords(form.email.data)
        account = _checked_account(form.email.data, form.password.data)
    except Refused as refused:
        form.refuse(refused)
        return sign_in_page(form), refused.status
    return signed_in_or_halfway(account, is_shared=form.shared.data, next_page=request.form.get("next", ""))


def signed_in_or_halfway(account: Account, *, is_shared: bool, next_page: str) -> Response:
    """Signed in, where a password is enough; else on to the second step, with nobody signed in yet. Whoever's role asks for a
    second step and has none yet sets it up first: no page but that one opens until then (seminar.web.viewer)."""
    who = standing(account.person, account.person.district.day(clock.now()))
    if second_steps_are_asked() and takes_a_second_step(account.person, with_passkey=must_prove_twice(who)):
        session.go_halfway(account, is_shared=is_shared, next_page=next_page)
        return redirect(url_for("people.show_code"), 303)
    session.begin(account, is_shared=is_shared)
    return redirect(url_for("people.show_second_step") if must_prove_twice(who) else own_page(next_page), 303)


def _checked_account(email: str, password: str) -> Account:
    """The account of these two; raises Refused."""
    accounts.refuse_when_throttled(email, address=request.remote_addr or "", now=clock.now())
    account = accounts.account_by_email(email)
    known, person_id = (account.password_hash, account.person_id) if account else (None, None)
    _refuse_a_wrong_one(password, known, tries=email, wrong=Refused(accounts.WRONG, field="password"))
    found = db.session.get(Account, person_id) or abort(404)
    if not found.person.may_sign_in:
        raise Refused(accounts.SWITCHED_OFF)
    refuse_closed_password_of(found.person)
    return found


def _refuse_a_wrong_one(password: str, known: str | None, *, tries: str, wrong: Refused) -> None:
    """Raises `wrong` for another password than is known, and counts the try. What was read is over before it is hashed; only then
    something is written."""
    db.session.rollback()
    if not accounts.matches(password, known):
        accounts.note_failure(tries, address=request.remote_addr or "", now=clock.now())
        db.session.commit()
        raise wrong


@people.post("/sign-in/demo")
@requires(public)
def sign_in_as_demo() -> object:
    if not _in_demo_mode():
        abort(404)
    account = accounts.account_by_email(request.form.get("email", ""))
    if account is None or account.person_id not in {row.id for row in accounts.demo_people()}:
        abort(404)
    session.begin(account, by="demo")
    return redirect(own_page(request.form.get("next")), 303)


@people.post("/sign-out")
@requires(leaving)
def sign_out() -> object:
    session.end()
    return redirect(url_for("people.show_sign_in"), 303)


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
    return redirect(own_page(request.form.get("next")), 303)


@people.get("/my/account")
@requires(anyone_signed_in)
def show_account() -> str:
    return _account_page(_change_form())


def _change_form() -> ChangeForm:
    """Whoever came by a passkey or by single sign-on alone has no password to show."""
    form, account = ChangeForm(), db.session.get(Account, me().person.id)
    if account is None or not account.password_hash:
        del form.current
    return form


def _account_page(form: ChangeForm) -> str:
    person = me().person
    places = [place for place in contributions.account_pages if place.opens(me())]
    return render_template("people/account.html", form=form, person=person, places=places, closed_by=closing_provider(person))


@people.post("/my/account/password")
@requires(anyone_signed_in)
def change_password() -> object:
    form, person_id, about = _change_form(), me().person.id, words_about(me().person)
    if not form.validate():
        return _account_page(form), 422
    try:
        refuse_closed_password_of(me().person)
        if form.current is not None:
            _refuse_another_password(person_id, form.current.data)
        db.session.rollback()
        refuse_guessable(form.password.data, about)
    except Refused as refused:
        form.refuse(refused)
        return _account_page(form), refused.status
    password_hash = accounts.hashed(form.password.data)
    accounts.set_password(db.session.get_one(Person, person_id), password_hash, now=clock.now())
    db.session.commit()
    session.begin_as_before(db.session.get_one(Account, person_id))
    told(gettext("Your password is changed. Everywhere else you're signed out."))
    return redirect(url_for("people.show_account"), 303)


def _refuse_another_password(person_id: int, password: str) -> None:
    """Raises Refused where it isn't theirs: who finds a device that somebody left open doesn't get their account with it."""
    tries = f"password of {person_id}"
    accounts.refuse_when_throttled(tries, address=request.remote_addr or "", now=clock.now())
    known = db.session.get_one(Account, person_id).password_hash
    wrong = Refused(N_("That isn't your password. Check it, or sign out and have a new one sent to you."), field="current")
    _refuse_a_wrong_one(password, known, tries=tries, wrong=wrong)


@people.post("/my/account/theme")
@requires(anyone_signed_in)
def choose_theme() -> object:
    theme = request.form.get("theme", "")
    if theme not in ("", "light", "dark"):
        abort(400)
    me().person.theme = theme
    db.session.commit()
    return redirect(url_for("people.show_account"), 303)
