"""Bugs put in on purpose, one at a time, at run time: each must be found by the played years.

Nothing of this stays: a patched function is put back, and a dropped constraint goes with its database.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from flask import current_app
from sqlalchemy import select, text

from inventory import calendar, gate, lending
from inventory.calendar import release
from seminar.ground import history, outbox
from seminar.ground.db import db
from seminar.ground.outbox import Letter
from seminar.ground.triggers import drop_triggers, make_triggers
from seminar.series import enrollment
from seminar.series.enrollment import Enrollment
from seminar.series.series import Series
from seminar.skills import award
from tests.conftest import empty
from tests.years.playing import DAYS, Played
from tests.years.stage import Stage

Patch = tuple[str, Any]
ONLY_ON_POSTGRESQL = ("postgresql",)
BOTH = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Sabotage:
    """A bug: in words, how it is put in, and where it can do harm at all (on SQLite the one writer is alone)."""

    name: str
    put_in: Callable[[], Any]
    databases: tuple[str, ...] = BOTH


def nothing(*_args: Any, **_named: Any) -> None:
    """A call that is forgotten."""


@contextmanager
def patched(*patches: Patch) -> Iterator[None]:
    with ExitStack() as stack:
        for target, instead in patches:
            stack.enter_context(patch(target, instead))
        yield


def forgotten(*targets: str) -> Callable[[], Any]:
    return lambda: patched(*((target, nothing) for target in targets))


def forgetting_in_the_trail(*whats: str) -> Callable[[], Any]:
    """No row of the trail for these deeds."""
    record = history.record

    def some(by: Any, what: str, *args: Any, **named: Any) -> None:
        if what not in whats:
            record(by, what, *args, **named)

    return lambda: patched(("seminar.ground.history.record", some))


@contextmanager
def without_seats_check() -> Iterator[None]:
    """SQLite drops no CHECK of a table that is there; without the triggers nothing of it is left there either."""
    with db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE series DROP CONSTRAINT ck_series_seats"))
    yield
    empty()
    with db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE series ADD CONSTRAINT ck_series_seats CHECK (seats_taken <= seats)"))


@contextmanager
def without_key_of_days() -> Iterator[None]:
    """A day of an item can be claimed as often as anybody likes."""
    with db.engine.begin() as connection:
        connection.execute(text("DROP TABLE item_day"))
        connection.execute(text("CREATE TABLE item_day (item_id integer, day date, district_id integer, line_id integer, claim varchar)"))
    yield
    with db.engine.begin() as connection:
        connection.execute(text("DROP TABLE item_day"))
        db.metadata.tables["item_day"].create(connection)


def without_index(index_name: str, table: str) -> Callable[[], Any]:
    def dropped() -> Any:
        index = next(one for one in db.metadata.tables[table].indexes if one.name == index_name)

        @contextmanager
        def gone() -> Iterator[None]:
            index.drop(db.engine)
            try:
                yield
            finally:
                empty()
                index.create(db.engine)

        return gone()

    return dropped


@contextmanager
def without_triggers() -> Iterator[None]:
    """The trail can be changed, and nobody counts the seats."""
    with db.engine.begin() as connection:
        drop_triggers(connection)
    with patch("tests.conftest.make_triggers", nothing):
        yield
    with db.engine.begin() as connection:
        drop_triggers(connection)
        make_triggers(connection)


def mail_commits_apart() -> Any:
    """The outbox's row is committed at once, whatever becomes of its event."""
    put_all = outbox.put_all

    def put_and_commit(kind: str, letters: Any, *, now: Any) -> None:
        put_all(kind, letters, now=now)
        connection = db.session.connection()
        connection.exec_driver_sql("COMMIT")
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return patched(("seminar.ground.outbox.put_all", put_and_commit))


def mail_is_sent_at_once() -> Any:
    """A file is written before the transaction commits."""
    put_all = outbox.put_all

    def put_and_send(kind: str, letters: Any, *, now: Any) -> None:
        put_all(kind, letters, now=now)
        folder = current_app.config["SETTINGS"].mail_folder
        for (mail_id,) in db.session.execute(text("SELECT id FROM mail WHERE state = 'waiting'")).all():
            (folder / f"{mail_id:08d}.eml").write_bytes(b"")

    return patched(("seminar.ground.outbox.put_all", put_and_send))


def mail_keys_differ() -> Any:
    """The key of a mail has its moment in it, so that the same event makes another one each time."""
    put_all = outbox.put_all

    def put_again(kind: str, letters: Any, *, now: Any) -> None:
        put_all(kind, [Letter(one.person, f"{one.key}:{now}", one.values, one.calendar) for one in letters], now=now)

    return patched(("seminar.ground.outbox.put_all", put_again))


def gate_lets_everybody_through() -> Any:
    return patched(("inventory.gate.check", lambda *asked: {"badges": [], "awards": []}))


def gate_ends_a_day_early() -> Any:
    check = gate.check
    return patched(("inventory.gate.check", lambda s, p, m, first, last: check(s, p, m, first, max(first, last - timedelta(days=1)))))


def awards_last_a_day_longer() -> Any:
    last_day_of = award.last_day_of
    return patched(("seminar.skills.award.last_day_of", lambda first, months: last_day_of(first, months) + timedelta(days=1)))


def one_seat_more_than_there_is() -> Any:
    seats_of = enrollment.seats_of
    more = lambda series, now: replace(seats_of(series, now), all=series.seats + 1)  # noqa: E731
    return patched(("seminar.series.enrolling.seats_of", more), ("seminar.series.waitlist.seats_of", more))


def offers_never_run_out() -> Any:
    return patched(("seminar.series.waitlist.is_open", lambda place, _now: place.state == "offered"))


def the_last_in_line_is_first() -> Any:
    def last_in_line(series_ids: list[int], _now: Any) -> Any:
        waits = Enrollment.series_id.in_(series_ids) & (Enrollment.state == "waitlisted")
        has_a_seat = Enrollment.series.has(Series.seats > Series.seats_taken)
        return select(Enrollment).where(waits, has_a_seat).order_by(Enrollment.joined_at.desc()).limit(1)

    return patched(("seminar.series.waitlist._next_in_line", last_in_line))


def loans_claim_no_last_day() -> Any:
    days_between = calendar.days_between
    return patched(("inventory.reserving.days_between", lambda first, last: days_between(first, last)[:-1]))


def anybody(*_args: Any) -> bool:
    return True


def anybody_takes_attendance() -> Any:
    return patched(("seminar.series.access.looks_after", anybody), ("tests.years.acts.attending.looks_after", anybody))


def any_school_lends() -> Any:
    return patched(("inventory.access.reserves_for", anybody), ("tests.years.acts.lending.reserves_for", anybody))


def everybody_works_here() -> Any:
    view = current_app.view_functions["series.create_enrollment"]
    return patch.object(view, "requires", anybody)


def nothing_is_shown_anew() -> Any:
    shown = award._shown
    return patched(("seminar.skills.award._shown", lambda badge, signed, _award, day: shown(badge, signed, None, day)))


def what_comes_back_is_free() -> Any:
    take_back = lending.take_back

    def taken_back(reservation: Any, *args: Any, **named: Any) -> None:
        take_back(reservation, *args, **named)
        release([line for line in reservation.lines if line.state == "in_check"])

    return patched(("tests.years.acts.depot.take_back", taken_back))


SERIES_LOCK = tuple(f"seminar.series.{module}.lock" for module in ("enrolling", "waitlist", "planning"))
MODELS_LOCK = tuple(f"inventory.{module}.lock_models" for module in ("reserving", "lending", "upkeep", "following"))
PEOPLE_LOCK = ("seminar.skills.signing.lock_people", "seminar.series.attendance.lock_people")

SABOTAGES = [
    Sabotage("nobody locks the series", forgotten(*SERIES_LOCK), ONLY_ON_POSTGRESQL),
    Sabotage("nobody locks the models of equipment", forgotten(*MODELS_LOCK), ONLY_ON_POSTGRESQL),
    Sabotage("nobody locks who is signed off", forgotten(*PEOPLE_LOCK), ONLY_ON_POSTGRESQL),
    Sabotage("no index: one live enrollment", without_index("uq_enrollment_one_live", "enrollment")),
    Sabotage("no index: an item is with one school", without_index("uq_reservation_line_possession", "reservation_line")),
    Sabotage("no index: a sign-off once a day", without_index("uq_sign_off_standing", "sign_off")),
    Sabotage("no key: a day of an item is one claim's", without_key_of_days),
    Sabotage("no check: never more seats taken than there are", without_seats_check, ONLY_ON_POSTGRESQL),
    Sabotage("no triggers", without_triggers),
    Sabotage("mail commits apart from its event", mail_commits_apart),
    Sabotage("mail is sent before the commit", mail_is_sent_at_once),
    Sabotage("a mail's key differs each time", mail_keys_differ),
    Sabotage("no trail: enrolled", forgetting_in_the_trail("enrolled")),
    Sabotage("no trail: handed over", forgetting_in_the_trail("handed over")),
    Sabotage("no trail: award withdrawn", forgetting_in_the_trail("award withdrawn")),
    Sabotage("no trail: item replaced", forgetting_in_the_trail("item replaced")),
    Sabotage("the gate lets everybody through", gate_lets_everybody_through),
    Sabotage("the gate forgets the last day", gate_ends_a_day_early),
    Sabotage("an award lasts a day longer", awards_last_a_day_longer),
    Sabotage("a renewal asks for nothing anew", nothing_is_shown_anew),
    Sabotage("a canceled reservation keeps its days", forgotten("inventory.reserving.release")),
    Sabotage("a loan doesn't claim its last day", loans_claim_no_last_day),
    Sabotage("what comes back is free before its check", what_comes_back_is_free),
    Sabotage("an award outlives its sign-off", forgotten("seminar.skills.signing.withdraw_what_is_not_earned")),
    Sabotage("one seat more than there is", one_seat_more_than_there_is),
    Sabotage("a freed seat is offered to nobody", forgotten("seminar.series.enrolling.pass_on")),
    Sabotage("an offer that ran out isn't passed on", forgotten("seminar.series.waitlist._pass_over")),
    Sabotage("an offer is open after its end", offers_never_run_out),
    Sabotage("the last in line is first", the_last_in_line_is_first),
    Sabotage("a canceled series keeps its people", forgotten("seminar.series.planning.cancel_every_enrollment")),
    Sabotage("nobody is told that a loan is at risk", forgotten("inventory.at_risk._tell")),
    Sabotage("a hand-over keeps no check", forgotten("inventory.lending.keep_check")),
    Sabotage("anybody takes attendance", anybody_takes_attendance),
    Sabotage("any school lends for any", any_school_lends),
    Sabotage("who left still enrolls", everybody_works_here),
]


def found_in(stage: Stage, sabotage: Sabotage, years: int = 20) -> tuple[int, Played] | None:
    """The number of the first year, from 1, that the bug breaks, and that year; None where it gets through all of them."""
    for seed in range(years):
        with stage.app.app_context():
            empty()
            with sabotage.put_in():
                played = stage.play(seed, DAYS)
        if played.broken is not None:
            return seed + 1, played
    return None
