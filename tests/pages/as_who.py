"""A client of somebody in the cast: `as_who(app, "ada")` opens pages as Ada does."""

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from seminar.ground.db import db
from seminar.people.account import Account
from seminar.people.person import Person
from tests.pages.doors import client_of


def as_who(app: Flask, name: str, district: str = "a") -> FlaskClient:
    with app.app_context():
        query = select(Account).join(Person, Person.id == Account.person_id).where(Person.email == f"{name}@{district}.example")
        account = db.session.scalars(query).one()
        key = f"{account.person_id}:key-{name}"
        db.session.remove()
    return client_of(app, key)
