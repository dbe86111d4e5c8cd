"""Signed in: whose a request is. The cookie holds the session's key, the database what that key opens, and until when.

A shared device: the time of the last request stands in the signed cookie, so that no page writes a row; an older cookie
is only more idle. Between a password and its second step nobody is signed in: the cookie says who is halfway, for minutes.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, g, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from seminar.ground import clock
from seminar.ground.db import db, only_reads
from seminar.people.account import Account
from seminar.people.device_session import (
    LASTS_AT_MOST,
    DeviceSession,
    begin_session,
    end_session,
    note_use,
    open_session,
)
from seminar.people.person import Person
from seminar.people.support_view import end_view
from seminar.web.device import device_named

HALFWAY_LASTS = timedelta(minutes=10)
# What belongs to the browser, not to who sits at it.
STAYS = ("language", "_flashes", "sign_ons")


@dataclass
class SignedIn(UserMixin):  # type: ignore[misc]
    """What flask-login calls the user."""

    person: Person
    device: DeviceSession
    key: str

    def get_id(self) -> str:
        return f"{self.person.id}:{self.key}"


def signed_in_by(cookie_id: str) -> SignedIn | None:
    """Whose key this is, while it opens something; why it no longer does is told at the sign-in page."""
    found = _open_session(cookie_id)
    if found is None:
        return None
    device, key, now = *found, clock.now()
    if not device.person.may_sign_in:
        return None
    if not device.lasts(now):
        g.signed_out_why = "night"
        return None
    if device.is_shared and now - _last_request(device) >= idle_limit(device):
        g.signed_out_why = "idle"
        return None
    if device.is_shared:
        session["last_request"] = now.isoformat()
    if not only_reads():
        note_use(device, now=now)
    return SignedIn(device.person, device, key)


def _open_session(cookie_id: str) -> tuple[DeviceSession, str] | None:
    person_id, _, key = cookie_id.partition(":")
    device = open_session(int(person_id), key) if person_id.isdecimal() and key else None
    return (device, key) if device is not None else None


def _last_request(device: DeviceSession) -> datetime:
    said = session.get("last_request")
    return datetime.fromisoformat(said) if said else device.begun_at


def idle_limit(device: DeviceSession) -> timedelta:
    return timedelta(minutes=device.person.district.shared_idle_minutes)


def idle_seconds() -> int | None:
    """After how long without anybody this device signs out; None for one's own."""
    if not current_user.is_authenticated or not current_user.device.is_shared:
        return None
    return int(idle_limit(current_user.device).total_seconds())


def begin(account: Account, *, by: str = "password", is_proven: bool = False, is_shared: bool = False) -> None:
    """Sign in on this device, and commit. `by` is password, passkey, provider (single sign-on) or demo; `is_proven` says that a
    second step was taken. What the cookie held before is gone, and its key with it, so a key from before never opens what
    comes after."""
    now, key = clock.now(), secrets.token_urlsafe(32)
    _end_what_is_here("anew", now)
    words = device_named(request.user_agent.string)
    device = begin_session(account.person, key=key, way=by, is_proven=is_proven, is_shared=is_shared, device=words, now=now)
    db.session.commit()
    _forget_who_was_here()
    session.permanent = not is_shared
    if is_shared:
        session["last_request"] = now.isoformat()
    login_user(SignedIn(device.person, device, key))


def begin_as_before(account: Account) -> None:
    """For who just changed their password here: this device goes on, as it was signed in."""
    device: DeviceSession = current_user.device
    begin(account, by=device.way, is_proven=device.is_proven, is_shared=device.is_shared)


def end() -> None:
    """Sign out here, and commit."""
    _end_what_is_here("signed out", clock.now())
    db.session.commit()
    logout_user()
    _forget_who_was_here()


def _end_what_is_here(why: str, now: datetime) -> None:
    found = _open_session(session.get("_user_id") or "")
    if found is not None:
        device, _key = found
        if device.looking is not None:
            end_view(device.looking, now=now)
        end_session(device, why, now=now)


def _forget_who_was_here() -> None:
    kept = {name: session[name] for name in STAYS if name in session}
    session.clear()
    session.update(kept)


def go_halfway(account: Account, *, is_shared: bool, next_page: str) -> None:
    """The password was right; now for the second step. A password that changes meanwhile ends it."""
    session["halfway"] = {
        "person": account.person_id,
        "changed": account.changed_at.isoformat(),
        "until": (clock.now() + HALFWAY_LASTS).isoformat(),
        "shared": is_shared,
        "next": next_page,
    }


def halfway() -> tuple[Account, dict[str, Any]] | None:
    """Who is between their password and their second step, and what they asked for; None where nobody is, or too late."""
    kept = session.get("halfway")
    if kept is None or clock.now() >= datetime.fromisoformat(kept["until"]):
        return None
    account = db.session.get(Account, kept["person"])
    if account is None or account.changed_at.isoformat() != kept["changed"] or not account.person.may_sign_in:
        return None
    return account, kept


def install(app: Flask) -> None:
    app.config["PERMANENT_SESSION_LIFETIME"] = LASTS_AT_MOST
    manager = LoginManager()
    # No template asks who is signed in but by the shell, which knows when nobody can say.
    manager.init_app(app, add_context_processor=False)
    manager.user_loader(signed_in_by)
