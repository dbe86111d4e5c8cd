"""Signed in: which person a session is of. It holds the account's session key, so a changed password ends it."""

import hmac
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask, session
from flask_login import LoginManager, UserMixin, login_user, logout_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from seminar.ground.db import db
from seminar.people.account import Account
from seminar.people.person import Person

# A school day: a tablet left signed in is nobody's on the next one.
LASTS = timedelta(hours=12)


@dataclass
class SignedIn(UserMixin):  # type: ignore[misc]
    """What flask-login calls the user."""

    person: Person
    session_key: str

    def get_id(self) -> str:
        return f"{self.person.id}:{self.session_key}"


def signed_in_by(cookie_id: str) -> SignedIn | None:
    person_id, _, key = cookie_id.partition(":")
    if not person_id.isdigit():
        return None
    query = select(Account).where(Account.person_id == int(person_id)).options(joinedload(Account.person).joinedload(Person.district))
    account = db.session.scalar(query)
    if account is None or not account.person.may_sign_in or not hmac.compare_digest(account.session_key, key):
        return None
    return SignedIn(account.person, key)


def begin(account: Account) -> None:
    session.permanent = True
    login_user(SignedIn(account.person, account.session_key))


def end() -> None:
    logout_user()


def install(app: Flask) -> None:
    app.config["PERMANENT_SESSION_LIFETIME"] = LASTS
    manager = LoginManager(app)
    manager.user_loader(signed_in_by)
