"""The second step at sign-in: its code page, setting it up with an app, its recovery codes, and the program manager's reset."""

import segno
from flask import redirect, render_template, request, url_for
from flask import session as device
from flask_babel import gettext, lazy_gettext
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import Length

from seminar.ground import clock
from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.people.access import runs_the_program
from seminar.people.account import Account
from seminar.people.appointment import Standing
from seminar.people.device_session import DeviceSession, end_sessions
from seminar.people.passkey import passkeys_of
from seminar.people.person import Person
from seminar.people.sealing import sealed, unsealed
from seminar.people.second_factor import (
    app_address,
    codes_left,
    new_codes,
    new_secret,
    note_wrong_code,
    refuse_too_many,
    reset,
    second_factor_of,
    set_up,
    takes_a_second_step,
    turn_off,
    use_code,
)
from seminar.people.views import people
from seminar.people.views.account import own_page, passkey_site
from seminar.web import session
from seminar.web.forms import Form, needed
from seminar.web.pages import refusing, told
from seminar.web.requires import oneself, oneself_proving, public, requires
from seminar.web.saving import pressed
from seminar.web.viewer import found_or_404, me, must_prove_twice, owes_a_second_step, second_steps_are_asked

AS_A_CODE = {"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false", "maxlength": 40}


class CodeForm(Form):
    code = StringField(lazy_gettext("Code"), [needed(lazy_gettext("Type the code.")), Length(max=40)], render_kw=AS_A_CODE)


class OffForm(Form):
    off_code = StringField(
        lazy_gettext("Code from the app, or a recovery code"),
        [needed(lazy_gettext("Type the code.")), Length(max=40)],
        render_kw=AS_A_CODE,
    )


@people.get("/sign-in/code")
@requires(public)
def show_code() -> object:
    return _code_page(CodeForm(formdata=None))


def _code_page(form: CodeForm) -> object:
    found = session.halfway()
    if found is None:
        return _sign_in_anew(gettext("Too much time went by. Sign in again."))
    (account, kept), has_passkey = found, bool(passkeys_of(found[0].person)) and passkey_site() is not None
    return render_template(
        "people/code.html", form=form, has_app=second_factor_of(account.person) is not None, has_passkey=has_passkey, kept=kept
    )


@people.post("/sign-in/code")
@requires(public)
def sign_in_with_code() -> object:
    form, found = CodeForm(), session.halfway()
    if found is None:
        return _code_page(form)
    if not form.validate():
        return _code_page(form), 422
    account, kept = found
    try:
        _checked_code(account.person, form.code.data)
    except Refused as refused:
        form.refuse(refused)
        return _code_page(form), refused.status
    session.begin(db.session.get_one(Account, kept["person"]), is_proven=True, is_shared=kept["shared"])
    return redirect(own_page(kept["next"]), 303)


def _checked_code(person: Person, code: str) -> None:
    """Use the code up, and commit; raises Refused. What was wrong is counted."""
    person_id, address, now = person.id, request.remote_addr or "", clock.now()
    refuse_too_many(person_id, address=address, now=now)
    try:
        with refusing():
            use_code(person, code, now=now)
            db.session.commit()
    except Refused:
        note_wrong_code(person_id, address=address, now=now)
        db.session.commit()
        raise


def _sign_in_anew(sentence: str) -> Response:
    told(sentence, "warn")
    return redirect(url_for("people.show_sign_in"), 303)


def must_show_it_first() -> Response | None:
    """For who signed in with a password before their role asked for more, and has a second step already: only by showing it do
    they come to where another is set up."""
    if owes_a_second_step() and takes_a_second_step(me().person, with_passkey=True):
        return _sign_in_anew(gettext("Your role asks for your second step. Sign in again."))
    return None


@people.get("/my/account/second-step")
@requires(oneself_proving)
def show_second_step() -> object:
    return must_show_it_first() or _second_step_page(CodeForm(formdata=None))


def _second_step_page(form: CodeForm, off_form: OffForm | None = None) -> str:
    person = me().person
    factor = second_factor_of(person)
    secret = None if factor else _secret_here()
    return render_template(
        "people/second_step.html",
        form=form,
        off_form=off_form or OffForm(formdata=None),
        factor=factor,
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)) if secret else "",
        square=segno.make(app_address(person, secret), error="m").svg_data_uri(scale=5, dark="#000", light="#fff") if secret else "",
        codes_left=codes_left(person),
        asked=must_prove_twice(me()),
        owed=owes_a_second_step(),
        has_passkey=bool(passkeys_of(person)),
        in_demo=not second_steps_are_asked(),
    )


def _secret_here() -> str:
    """The secret that the app is being given; sealed in this browser's cookie until a code shows that the app has it."""
    secret = unsealed(device.get("new_secret", ""), "new second factor")
    if secret is None:
        secret = new_secret()
        device["new_secret"] = sealed(secret, "new second factor")
    return secret


@people.post("/my/account/second-step")
@requires(oneself_proving)
def create_second_step() -> object:
    form = CodeForm()
    if shown_first := must_show_it_first():
        return shown_first
    if not form.validate():
        return _second_step_page(form), 422
    try:
        with refusing():
            set_up(me().person, _secret_here(), form.code.data, now=clock.now())
            codes = proved(me(), current_user.device)
            db.session.commit()
    except Refused as refused:
        form.refuse(refused)
        return _second_step_page(form), refused.status
    device.pop("new_secret", None)
    told(gettext("The second step is on."))
    return show_codes_once(codes)


def proved(who: Standing, here: DeviceSession) -> list[str]:
    """They have a second step now, and this device showed it; any other goes through it anew. Answers new recovery codes."""
    here.is_proven = True
    end_sessions(who.person, "second step", now=clock.now(), keep=here)
    return new_codes(who.person, now=clock.now())


def show_codes_once(codes: list[str]) -> Response:
    """Lead to the page that shows them. Until then they are sealed in this browser's cookie, and nowhere else."""
    device["codes"] = sealed(" ".join(codes), "codes to show")
    return redirect(url_for("people.show_recovery_codes"), 303)


@people.get("/my/account/recovery-codes")
@requires(oneself)
def show_recovery_codes() -> str:
    codes = unsealed(device.pop("codes", ""), "codes to show")
    return render_template("people/recovery_codes.html", codes=(codes or "").split(), codes_left=codes_left(me().person))


@people.post("/my/account/recovery-codes")
@requires(oneself)
def create_recovery_codes() -> object:
    form = CodeForm()
    if not form.validate():
        return _second_step_page(form), 422
    try:
        _checked_code(me().person, form.code.data)
    except Refused as refused:
        form.refuse(refused)
        return _second_step_page(form), refused.status
    codes = new_codes(me().person, now=clock.now())
    db.session.commit()
    return show_codes_once(codes)


@people.post("/my/account/second-step/removal")
@requires(oneself)
def create_second_step_removal() -> object:
    form, address, person_id = OffForm(), request.remote_addr or "", me().person.id
    if second_factor_of(me().person) is None:
        told(gettext("No app is set up."), "bad")
        return redirect(url_for("people.show_second_step"), 303)
    if not form.validate():
        return _second_step_page(CodeForm(formdata=None), form), 422
    try:
        refuse_too_many(person_id, address=address, now=clock.now())
        with refusing():
            turn_off(me().person, form.off_code.data, must_keep_one=must_prove_twice(me()), now=clock.now())
            db.session.commit()
    except Refused as refused:
        if refused.field == "code":
            note_wrong_code(person_id, address=address, now=clock.now())
            db.session.commit()
            refused.field = "off_code"
        form.refuse(refused)
        return _second_step_page(CodeForm(formdata=None), form), refused.status
    told(gettext("The second step is off."))
    return redirect(url_for("people.show_second_step"), 303)


@people.post("/people/<int:person_id>/second-step/reset")
@requires(runs_the_program)
def create_second_step_reset(person_id: int) -> object:
    person: Person = found_or_404(db.session.get(Person, person_id))
    done = gettext("Reset. They are signed out everywhere, and a mail tells them.")
    back = url_for("people.show_appointments", person_id=person_id)
    return pressed(lambda: reset(person, by=me().person, now=clock.now()), done, back=back)
