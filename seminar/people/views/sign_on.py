"""Signing in by a provider: out to it, and back. Both are GETs, as OAuth 2.0 has them; the way back writes all the same.

Laws: the state of a sign-in is of one browser, of one provider, used once, and short-lived. Nothing is asked of the provider while
a transaction is open. What goes wrong is a page with a sentence, never an error of ours.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any

import structlog
from flask import abort, current_app, redirect, render_template, request, url_for
from flask import session as device
from sqlalchemy.exc import IntegrityError

from seminar.ground import clock
from seminar.ground.db import db, writing
from seminar.ground.once import SentForm
from seminar.ground.refusal import N_, Refused
from seminar.people import openid, sign_on_provider
from seminar.people.account import Account
from seminar.people.openid import Provider, Secrets
from seminar.people.sign_on import signed_in_person
from seminar.people.views import people
from seminar.people.views.account import own_page
from seminar.web import session
from seminar.web.language import sentence_of
from seminar.web.pages import refusing
from seminar.web.requires import public, requires

log = structlog.get_logger("makerpd.sign_on")

LIVES = timedelta(minutes=10)
AT_ONCE = 4
LONGEST_NEXT = 300
NOT_FROM_HERE = N_("This sign-in wasn't started in this browser, or it took too long. Start again from the sign-in page.")
FINISHED = N_("This sign-in was finished already. Start again from the sign-in page.")
NOT_GIVEN = N_("{name} didn't sign you in: you or it said no. Start again from the sign-in page.")
NO_SECRET = N_("{name} isn't set up to the end. The PD office can check the settings of sign-on.")


@people.get("/sign-in/with/<slug>")
@requires(public)
def start_sign_on(slug: str) -> object:
    provider = _provider_or_404(slug)
    db.session.rollback()
    is_shared, next_page = request.args.get("shared") == "y", own_page(request.args.get("next", "")[:LONGEST_NEXT])
    # A provider that somebody is signed in at takes them for that one again, unless it is told to ask.
    asks_who = is_shared or request.args.get("another") == "y"
    of_this = Secrets(state=secrets.token_urlsafe(24), nonce=secrets.token_urlsafe(24), verifier=secrets.token_urlsafe(48))
    try:
        if not provider.secret:
            raise Refused(NO_SECRET, status=400, name=provider.name)
        address = openid.authorization_url(provider, of_this, back_to=_way_back(slug), asks_who=asks_who)
    except Refused as refused:
        return _refused_page(provider, refused, next=next_page)
    begun = {
        "slug": slug,
        "state": of_this.state,
        "nonce": of_this.nonce,
        "verifier": of_this.verifier,
        "next": next_page,
        "shared": is_shared,
        "at": clock.now().isoformat(),
    }
    device["sign_ons"] = [*device.get("sign_ons", []), begun][-AT_ONCE:]
    return redirect(address, 303)


@people.get("/sign-in/with/<slug>/callback")
@requires(public)
def finish_sign_on(slug: str) -> object:
    begun = _begun(slug)
    if begun is None:
        return _refused_page(None, Refused(NOT_FROM_HERE, status=400))
    provider = _provider_or_404(slug)
    # What was read so far was a read's transaction; the next one writes from its start.
    db.session.rollback()
    try:
        claims = _claims(provider, begun)
        with writing(), refusing():
            person_id = signed_in_person(provider, claims, now=clock.now()).person_id
            db.session.commit()
    except Refused as refused:
        return _refused_page(provider, refused, next=begun["next"], shared="y" if begun.get("shared") else None)
    with writing():
        session.begin(db.session.get_one(Account, person_id), by="provider", is_shared=begun.get("shared", False))
        db.session.commit()
    return redirect(own_page(begun["next"]), 303)


def _provider_or_404(slug: str) -> Provider:
    return sign_on_provider.provider_by_slug(slug, current_app.config["SETTINGS"].sign_on) or abort(404)


def _way_back(slug: str) -> str:
    """The address that is registered at the provider: ours by the settings, whatever host was asked for."""
    return f"{current_app.config['BASE_URL']}{url_for('people.finish_sign_on', slug=slug)}"


def _begun(slug: str) -> dict[str, Any] | None:
    """What this browser began with that provider and that state, taken out; None where it didn't, or too long ago."""
    state = request.args.get("state", "")
    there: list[dict[str, Any]] = device.get("sign_ons", [])
    found = next((one for one in there if hmac.compare_digest(one["state"].encode(), state.encode()) and one["slug"] == slug), None)
    if found is None:
        return None
    device["sign_ons"] = [one for one in there if one is not found]
    return found if clock.now() - datetime.fromisoformat(found["at"]) < LIVES else None


def _claims(provider: Provider, begun: dict[str, Any]) -> dict[str, Any]:
    """What the provider says of who came back. Raises Refused for every other way back."""
    _use_up(begun["state"])
    code = request.args.get("code", "")
    if "error" in request.args or not code:
        log.warning("sign-on came back without a code", provider=provider.slug)
        raise Refused(NOT_GIVEN, status=400, name=provider.name)
    of_this = Secrets(begun["state"], begun["nonce"], begun["verifier"])
    return openid.claims_of(provider, code, of_this, issuer=request.args.get("iss"), back_to=_way_back(provider.slug))


def _use_up(state: str) -> None:
    """A cookie can be kept and sent again: that its state was used is kept here. Raises Refused the second time."""
    key = f"sign-on:{hashlib.sha256(state.encode()).hexdigest()}"
    with writing():
        db.session.add(SentForm(key=key, at=clock.now()))
        try:
            db.session.commit()
        except IntegrityError as error:
            db.session.rollback()
            raise Refused(FINISHED, status=400) from error


def _refused_page(provider: Provider | None, refused: Refused, **back: str | None) -> tuple[str, int]:
    """Its sentence; and where it was the account that was wrong, a way to another one."""
    log.warning("sign-on refused", provider=provider.slug if provider else None, why=refused.message)
    other = provider if refused.status == 403 else None
    return render_template("people/sign_on_refused.html", sentence=sentence_of(refused), other=other, back=back), refused.status
