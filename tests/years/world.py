"""The district that a year is played in, in the database: loaded by names, asked through the product's own access lines."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import selectinload

from inventory.equipment import Item
from inventory.reservation import Reservation
from seminar.ground.db import db, reading
from seminar.money.funding_rule import FundingRule
from seminar.money.funding_source import FundingSource
from seminar.money.purchase_order import PurchaseOrder
from seminar.people.appointment import Standing, standing
from seminar.people.person import Person
from seminar.people.school import School
from seminar.series.approval_delegate import ApprovalDelegate
from seminar.series.enrollment import Enrollment
from seminar.series.series import Meeting, Series
from tests.years.stripe import YearsStripe

T = TypeVar("T")
TABLES = {
    Person: "person",
    School: "school",
    Series: "series",
    Meeting: "meeting",
    Enrollment: "enrollment",
    ApprovalDelegate: "approval_delegate",
    Reservation: "reservation",
    Item: "item",
    PurchaseOrder: "purchase_order",
    FundingSource: "funding_source",
    FundingRule: "funding_rule",
}


class Shut(Exception):
    """The access line, or the page behind it, doesn't let this person."""


class Names(dict[tuple[str, int], str]):
    """By table and id; a row that came of nothing that the year knows of has a name too, to be told by."""

    def __missing__(self, row: tuple[str, int]) -> str:
        return f"{row[0]} {row[1]}, which nobody made"


class World:
    """`ids` has what each record's name is in the database, by table; `names` the other way round."""

    def __init__(self, app: Flask, folder: Path, smtp_url: str | None, stripe: YearsStripe) -> None:
        self.app, self.folder, self.smtp_url, self.stripe = app, folder, smtp_url, stripe
        self.ids: dict[tuple[str, str], int] = {}
        self.names = Names()
        self.now = datetime.min
        self.today = date.min
        # What the mail server took, by Message-ID.
        self.taken: dict[str, int] = {}

    def at(self, now: datetime, today: date) -> "World":
        """The same at a moment, for one act."""
        then = copy(self)
        then.now, then.today = now, today
        return then

    def mails_that_left(self) -> list[int]:
        """By id; over SMTP each once, for mail systems drop the second of a Message-ID."""
        if self.smtp_url is not None:
            return [int(message_id.split("-")[1]) for message_id in self.taken]
        return [int(Path(name).stem) for name in os.listdir(self.folder) if name.endswith(".eml")]

    def know(self, table: str, name: str, row_id: int) -> None:
        self.ids[table, name], self.names[table, row_id] = row_id, name

    def id_of(self, table: str, name: str) -> int:
        return self.ids[table, name]

    def get(self, model: type[T], name: str) -> T:
        found: T = db.session.get_one(model, self.ids[TABLES[model], name])  # type: ignore[index]
        return found

    def person(self, name: str) -> Person:
        return self.get(Person, name)

    def reservation(self, name: str) -> Reservation:
        """With its lines, as its page has read them before it does anything."""
        query = select(Reservation).where(Reservation.id == self.id_of("reservation", name))
        return db.session.scalars(query.options(selectinload(Reservation.lines))).one()

    def standing(self, name: str) -> Standing:
        return standing(self.person(name), self.today)

    def opens(self, endpoint: str, by: str) -> Standing:
        """Raise Shut where the route's own access line does; answers who they are today."""
        who = self.standing(by)
        if not self.app.view_functions[endpoint].requires(who):  # type: ignore[attr-defined]
            raise Shut(endpoint)
        return who

    def lines(self, reservation_id: int) -> list[tuple[int, str, str, str]]:
        """A reservation's lines as the transaction has them: id, model, item and state."""
        sql = "SELECT id, model_id, item_id, state FROM reservation_line WHERE reservation_id = :id ORDER BY id"
        found = db.session.execute(text(sql), {"id": reservation_id}).all()
        return [(n, self.names["model", model_id], self.names["item", item_id], state) for n, model_id, item_id, state in found]

    def items(self) -> dict[int, str]:
        """By line, its item."""
        return {n: self.names["item", item_id] for n, item_id in db.session.execute(text("SELECT id, item_id FROM reservation_line"))}

    def turnarounds(self) -> dict[int, set[date]]:
        """By line, its days of turnaround."""
        found: dict[int, set[date]] = {}
        for line_id, day in db.session.execute(text("SELECT line_id, day FROM item_day WHERE claim = 'turnaround'")):
            found.setdefault(line_id, set()).add(as_day(day))
        return found

    def payments(self) -> dict[str, tuple[str, bool, datetime | None]]:
        """By the year's name for it: its state, whether it is on its way, and when Stripe was asked about it."""
        found = db.session.execute(text("SELECT token, state, on_its_way_at IS NOT NULL, asked_at FROM payment ORDER BY id"))
        return {token: (state, bool(is_late), asked and as_moment(asked)) for token, state, is_late, asked in found}

    def refunds(self) -> list[tuple[str, int, str]]:
        """The payment's name, their number among its own, and the state."""
        sql = "SELECT p.token, r.state FROM refund r JOIN payment p ON p.id = r.payment_id ORDER BY r.id"
        counted: dict[str, int] = {}
        listed = []
        for token, state in db.session.execute(text(sql)):
            counted[token] = counted.get(token, -1) + 1
            listed.append((token, counted[token], state))
        return listed

    def find_place(self, person: str, series: str) -> int:
        """The newest that they have in it."""
        sql = "SELECT max(id) FROM enrollment WHERE person_id = :person AND series_id = :series"
        ids = {"person": self.id_of("person", person), "series": self.id_of("series", series)}
        return int(db.session.execute(text(sql), ids).scalar_one())

    @contextmanager
    def looking(self) -> Iterator[None]:
        """A stretch in which rows are read, from outside of whatever goes on."""
        with reading(), db.engine.connect() as self.connection:
            yield

    def rows(self, sql: str) -> list[Any]:
        return list(self.connection.exec_driver_sql(sql).all())


def as_day(value: Any) -> date:
    """Plain SQL gives a day as text on SQLite."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def as_moment(value: Any) -> datetime:
    """A moment as text on SQLite, which keeps no zone."""
    return datetime.fromisoformat(value).replace(tzinfo=UTC) if isinstance(value, str) else value
