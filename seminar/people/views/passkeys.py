"""One's own passkeys, and signing in with one. What the browser is to ask the device for is fetched when a button is pressed;
the challenge in it stands in the signed cookie, so that no other browser can answer it."""

import json
from datetime import datetime

from flask import Response, abort, redirect, render_template, request, url_for
from flask import session as device
from flask_babel import gettext, lazy_gettext
from flask_login import current_user
from webauthn import base64url_to_bytes
from webauthn.helpers import bytes_to_base64url
from wtforms import HiddenField, StringField
from wtforms.validators import Length

from seminar.ground import clock
from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.people.account import SWITCHED_OFF, Account
from seminar.people.passkey import (
    NOT_ADDED,
    Challenge,
    Copied,
    Passkey,
    Site,
    add_passkey,
    answered,
    new_challenge,
    note_copy,
    options_to_add,
    options_to_sign_in,
    passkeys_of,
    use_passkey,
)
from seminar.people.second_factor import codes_left, take_off_passkey
from seminar.people.views import people
from seminar.people.views.account import SignInForm, own_page, passkey_site, sign_in_page
from seminar.people.views.second_step import must_show_it_first, proved, show_codes_once
from seminar.web import session
from seminar.web.forms import Form, needed
from seminar.web.pages import refusing, told
from seminar.web.requires import oneself, oneself_proving, public, requires
from seminar.web.saving import pressed
from seminar.web.viewer import found_or_404, me, must_prove_twice, owes_a_second_step


class PasskeyForm(Form):
    name = StringField(
        lazy_gettext("Name"), [needed(lazy_gettext("Give it a name that you know it by.")), Length(max=60)], render_kw={"maxlength": 60}
    )
    credential = HiddenField()


def _site() -> Site:
    return passkey_site() or abort(404)


def _asked(purpose: str) -> Challenge:
    """A new challenge, kept in this browser's cookie."""
    challenge = new_challenge(purpose, now=clock.now())
    kept = {"value": bytes_to_base64url(challenge.value), "purpose": purpose, "until": challenge.until.isoformat()}
    device["challenge"] = kept
    return challenge


def _answered(purpose: str) -> bytes:
    """The challenge of this browser, used up; raises Refused."""
    kept = device.pop("challenge", None)
    challenge = kept and Challenge(base64url_to_bytes(kept["value"]), kept["purpose"], datetime.fromisoformat(kept["until"]))
    return answered(challenge, purpose, now=clock.now())


@people.get("/sign-in/passkey")
@requires(public)
def show_passkey_options() -> Response:
    site = _site()
    return Response(options_to_sign_in(_asked("sign in"), site), mimetype="application/json")


@people.post("/sign-in/passkey")
@requires(public)
def sign_in_with_passkey() -> object:
    site = _site()
    try:
        with refusing():
            challenge = _answered("sign in")
            # The challenge is used up, whatever becomes of its answer.
            db.session.commit()
            person = use_passkey(request.form.get("credential", ""), challenge=challenge, site=site, now=clock.now())
            if not person.may_sign_in:
                raise Refused(SWITCHED_OFF)
            account = db.session.get_one(Account, person.id)
    except Refused as refused:
        if isinstance(refused, Copied):
            note_copy(refused.passkey_id, now=clock.now())
            db.session.commit()
        form = SignInForm(formdata=None)
        form.refuse(refused)
        return sign_in_page(form), refused.status
    session.begin(account, by="passkey", is_proven=True, is_shared=request.form.get("shared") == "y")
    return redirect(own_page(request.form.get("next")), 303)


@people.get("/my/account/passkeys")
@requires(oneself_proving)
def show_passkeys() -> object:
    return must_show_it_first() or _passkeys_page(PasskeyForm(formdata=None))


def _passkeys_page(form: PasskeyForm) -> str:
    return render_template(
        "people/passkeys.html",
        form=form,
        passkeys=passkeys_of(me().person),
        possible=passkey_site() is not None,
        asked=must_prove_twice(me()),
    )


@people.get("/my/account/passkeys/options")
@requires(oneself_proving)
def show_new_passkey_options() -> Response:
    site, person = _site(), me().person
    return Response(options_to_add(person, _asked(f"add for {person.id}"), site), mimetype="application/json")


@people.post("/my/account/passkeys")
@requires(oneself_proving)
def create_passkey() -> object:
    form, person_id = PasskeyForm(), me().person.id
    if shown_first := must_show_it_first():
        return shown_first
    if not form.validate():
        return _passkeys_page(form), 422
    try:
        with refusing():
            if not _is_json(form.credential.data):
                raise Refused(NOT_ADDED)
            challenge = _answered(f"add for {person_id}")
            db.session.commit()
            add_passkey(me().person, form.credential.data, name=form.name.data, challenge=challenge, site=_site(), now=clock.now())
            is_first = owes_a_second_step() or (must_prove_twice(me()) and not codes_left(me().person))
            codes = proved(me(), current_user.device) if is_first else []
            db.session.commit()
    except Refused as refused:
        form.refuse(refused)
        return _passkeys_page(form), refused.status
    told(gettext("The passkey is added. It signs you in without a password."))
    if codes:
        return show_codes_once(codes)
    return redirect(url_for("people.show_passkeys"), 303)


def _is_json(said: str | None) -> bool:
    """Without JavaScript the form comes with nothing in it; a challenge isn't used up for that."""
    try:
        return isinstance(json.loads(said or ""), dict)
    except ValueError:
        return False


@people.post("/my/account/passkeys/<int:passkey_id>/removal")
@requires(oneself)
def create_passkey_removal(passkey_id: int) -> object:
    passkey: Passkey = found_or_404(_own(passkey_id))

    def take_off() -> None:
        take_off_passkey(passkey, must_keep_one=must_prove_twice(me()), now=clock.now())

    return pressed(take_off, gettext("Removed. It no longer opens your account."), back=url_for("people.show_passkeys"))


def _own(passkey_id: int) -> Passkey | None:
    passkey = db.session.get(Passkey, passkey_id)
    return passkey if passkey is not None and passkey.person_id == me().person.id else None
