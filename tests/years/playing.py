"""A year, played: acts thought of from a seed, day by day, each done to the product and to the model, and both compared."""

from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import groupby
from random import Random
from threading import Thread
from typing import Any

from sqlalchemy.exc import DBAPIError, IntegrityError

import tests.years.acts  # noqa: F401  (every kind of act)
from seminar.audit import broken_rules
from seminar.ground.db import db, twice_if_a_race_is_lost
from seminar.ground.refusal import Refused
from tests.years.act import KINDS, Act, Kind
from tests.years.district import FIRST_DAY, begin
from tests.years.faults import Killed, before_commit, killed_at_commit, wait_until_it_waits
from tests.years.model import ZONE, Model
from tests.years.model_loans import Broken
from tests.years.rows import Rows
from tests.years.rows_money import everything_at_stripe
from tests.years.world import Shut, World

# Monday, August 10, 2026, to the end of July: school days, and a summer in which less goes on.
DAYS = 355
ACTS_OF_A_DAY = (0, 0, 1, 1, 2, 2)
HOLIDAYS = (date(2026, 12, 19), date(2027, 1, 3))
SUMMER = date(2027, 6, 12)
# The hour after which nobody pays, and what comes of what was paid.
LATEST = 20
WHAT_COMES_OF_IT = ("in the dashboard", "hear of money", "try a refund again", "let go", "give back", "give a seat")
WHAT_COMES_OF_IT += ("withdraw", "withdraw", "change the refund rule", "change the refund rule")
# Of a hundred acts, so many die before their commit, are done again by somebody who saw no answer, or meet a rival: three times
# as many of those that are contested.
DIE, AGAIN, MEET = 4, 5, 7
# Each year two kinds are thought of so many times as often, in turn: what is seldom has its year.
MORE = 10


@dataclass
class Played:
    """What a year was: its acts, how often each kind was let happen, and what broke it, if anything."""

    seed: int
    acts: list[Act] = field(default_factory=list)
    mix: Counter[tuple[str, bool]] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    broken: str | None = None


class Year:
    """One year on an empty database: thought of as it goes, or a script of acts done again."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.model, self.played = world, Model(), Played(seed)
        self.rows = Rows(world, self.model)
        self.dice, self.number = Random(seed), 0
        self.kinds = [kind for kind in KINDS.values() if kind.weight]
        self.weights = [kind.weight * (MORE if kind in _of_the_year(self.kinds, seed) else 1) for kind in self.kinds]

    def play(self, days: int = DAYS) -> Played:
        return self._until_it_breaks(lambda: self._all_days(days))

    def play_again(self, script: list[Act]) -> Played:
        return self._until_it_breaks(lambda: self._script(script))

    def _until_it_breaks(self, play: Callable[[], None]) -> Played:
        with self.world.app.app_context():
            begin(self.world, self.model)
            try:
                play()
                self._hear_of_everything()
                self._audit()
            except Broken as broken:
                self.played.broken = str(broken)
        return self.played

    def _all_days(self, days: int) -> None:
        for day in (FIRST_DAY + timedelta(days=n) for n in range(days)):
            acted, planned = False, self._plan(day)
            while planned:
                at, kind = planned.pop(0)
                self.model.now = at
                if (act := self._think(at, kind)) is not None:
                    self.played.acts.append(act)
                    self._do(act)
                    acted = True
                planned = sorted(planned + self._what_follows(at))
            if acted:
                self.rows.compare()

    def _script(self, script: list[Act]) -> None:
        for _day, acts in groupby(script, lambda act: act.at.date()):
            for act in acts:
                self.played.acts.append(act)
                self._do(act)
            self.rows.compare()

    def _plan(self, day: date) -> list[tuple[datetime, str]]:
        """When something is done on that day; the worker's turns stand fixed, a kind '' is thought of."""
        works = self.dice.random()
        at = datetime.combine(day, time(8), ZONE)
        planned = [(datetime.combine(day, time(6, 30), ZONE), "work")] if works < 0.018 else []
        free = day.weekday() > 4 or HOLIDAYS[0] <= day <= HOLIDAYS[1] or (day >= SUMMER and self.dice.random() < 0.5)
        for _ in range(0 if free else self.dice.choice(ACTS_OF_A_DAY)):
            at += timedelta(minutes=self.dice.randint(5, 150))
            planned.append((at, ""))
        return planned + ([(datetime.combine(day, time(17, 30), ZONE), "work")] if works > 0.988 else [])

    def _what_follows(self, at: datetime) -> list[tuple[datetime, str]]:
        """A seat is held for less than an hour, or a day: somebody does something about it, or it lapses."""
        soon = at + timedelta(hours=26)
        places = self.model.places.places.values()
        is_hot = any(place.state == "held" and place.until is not None and at < place.until <= soon for place in places)
        if not is_hot or at.hour >= LATEST or self.dice.random() < 0.1:
            return []
        return [(at + timedelta(minutes=self.dice.randint(1, 22)), "money")]

    def _think(self, at: datetime, name: str) -> Act | None:
        if not name and self.dice.random() < 0.5:
            name = self._what_moves_a_line()
        if not name and self.model.money.comes_late():
            name = self.dice.choice(("enroll", "wait", "hear of a page"))
        if not name and any(self.model.money.has_another_rule(place) for place in self.model.places.paid_ahead()):
            name = self.dice.choice(("withdraw", ""))
        if not name and self.model.money.owing() and self.dice.random() < 0.5:
            name = "let go"
        if not name and self.model.approvals.waiting() and self.dice.random() < 0.6:
            name = "decide"
        if not name and self.dice.random() < 0.5:
            name = self._what_a_purchase_order_wants()
        if not name and self.model.money.attempts and self.dice.random() < 0.25:
            name = self.dice.choice(WHAT_COMES_OF_IT)
        for _ in range(20):
            if name == "money":
                kind = KINDS[self._what_is_paid_next()]
            else:
                kind = KINDS[name] if name else self.dice.choices(self.kinds, self.weights)[0]
            if (thought := kind.think(self.model, self.dice)) is not None:
                return self._with_a_fault(self._act(at, kind.name, *thought))
        return None

    def _what_moves_a_line(self) -> str:
        """Lines are short, and offers don't last long: they are often what the next act is about."""
        places = self.model.places
        if any(place.state == "offered" for place in places.places.values()):
            return self.dice.choice(("enroll", "turn down", "turn down", ""))
        if any(places.takes_people(place.series) for place in places.places.values() if place.state == "waitlisted"):
            return self.dice.choice(("withdraw", "cancel a place", "change seats", "wait", ""))
        return ""

    def _what_a_purchase_order_wants(self) -> str:
        """They take their way through the office, and places come off them at each step of it."""
        model = self.model.purchase_orders
        orders = list(model.orders.values())
        awaited = any(cover.state == "awaited" and not model.standing(cover.number, cover.buyer) for cover in model.covers)
        steps = ["receive a purchase order"] * awaited
        steps += ["accept a purchase order"] * any(model.may_accept(order) for order in orders)
        steps += ["invoice"] * any(model.may_invoice(order) for order in orders)
        steps += ["write down a check"] * any(model.open_on(order) for order in orders)
        steps += ["send a check back"] * any(model.to_send_back(order) for order in orders)
        steps += ["withdraw", "cancel a place"] * any(one.state == "covered" and model.by_check.get(one.due, 0) > 0 for one in model.covers)
        return self.dice.choice(steps) if steps else ""

    def _what_is_paid_next(self) -> str:
        """Mostly the next step of who pays."""
        money = self.model.money
        pages = [attempt for attempt in money.attempts.values() if attempt.opened and attempt.page == "open"]
        steps = ["hear of a page"] * 2 if any(kind.startswith("checkout") for kind, *_ in money.news) else []
        steps += ["at stripe"] * 3 if pages else ["pay"] * 3 + ["choose a purchase order", "choose for several"]
        return self.dice.choice([*steps, "pay", "ask about pages"])

    def _act(self, at: datetime, kind: str, by: str, what: dict[str, Any]) -> Act:
        self.number += 1
        return Act(self.number, at, kind, by, what, KINDS[kind].needs(what))

    def _with_a_fault(self, act: Act) -> Act:
        kind, fate = KINDS[act.kind], self.dice.randrange(100)
        meet = 3 * MEET if kind.contested else MEET
        if act.kind == "work" or (fate < DIE and not kind.dies) or fate >= DIE + AGAIN + meet:
            return act
        if fate < DIE:
            return replace(act, fault="dies")
        if not kind.races:
            return act
        if fate < DIE + AGAIN:
            return replace(act, fault="again")
        thought = kind.rival(self.model, act, self.dice)
        rival = self._act(act.at + timedelta(seconds=1), act.kind, *thought) if thought else None
        return replace(act, fault=self.dice.choice(["meets", "reads first"]), rival=rival) if rival else act

    def _do(self, act: Act) -> None:
        """Do it with its fault; every outcome is what the model expects, or the year is broken."""
        if not all(self.model.there(name) for name in act.needs):
            return
        self.model.now = act.at
        self.world.app.extensions["makerpd_clock"].moment = act.at
        self._pages_end()
        expected = self._expected(act)
        if act.fault == "dies":
            self._dies(act, expected)
        elif act.rival is not None:
            self._meets(act, act.rival, expected)
        else:
            self._settle(act, expected, *self._attempt(act))
            if act.fault == "again" and KINDS[act.kind].name != "reserve":
                self._settle(act, self._expected(act), *self._attempt(act))
        if act.fault:
            self.played.faults[act.fault] += 1
            self.rows.compare()

    def _pages_end(self) -> None:
        """Stripe's pages end by Stripe's clock."""
        for attempt in self.model.money.over_by(self.model.now):
            self.world.stripe.control.expire(self.world.stripe.page(attempt.name))
            self.model.money.page_ends(attempt)

    def _expected(self, act: Act) -> bool:
        return KINDS[act.kind].expected(self.model, act)

    def _settle(self, act: Act, expected: bool, happened: bool, answer: Any) -> None:
        self.played.mix[act.kind, happened] += 1
        if happened != expected:
            said = "was let happen, and must be refused" if happened else f"was refused ({answer}), and must be let happen"
            raise Broken(f"{told(act)}: {said}.")
        if happened:
            KINDS[act.kind].happened(self.model, act, answer)
            for (table, name), row_id in self.model.made.items():
                self.world.know(table, name, row_id)
            self.model.made.clear()
            self._find_what_followed()

    def _find_what_followed(self) -> None:
        for name in self.model.to_find:
            place = self.model.places.places[name]
            self.world.know("enrollment", name, self.world.find_place(place.person, place.series))
        if self.model.to_find:
            db.session.rollback()
        self.model.to_find.clear()

    def _attempt(self, act: Act) -> tuple[bool, Any]:
        """As a request does it: loaded, done and committed, or refused and rolled back; once more where PostgreSQL had it give way."""

        def once() -> tuple[bool, Any]:
            with self._request(act):
                return self._finish(act, self._load(act))

        try:
            return twice_if_a_race_is_lost(once)
        except DBAPIError as error:
            raise Broken(f"{told(act)}: it crashed with {error!r}.") from error

    @contextmanager
    def _request(self, act: Act) -> Any:
        with self.world.app.app_context():
            try:
                yield
            finally:
                db.session.remove()

    def _load(self, act: Act) -> Callable[[], Any]:
        world = self.world.at(act.at, act.at.astimezone(ZONE).date())
        try:
            return KINDS[act.kind].ready(world, act)
        except (Refused, Shut, LookupError) as no:
            return lambda no=no: refuse(no)

    def _finish(self, act: Act, verb: Callable[[], Any]) -> tuple[bool, Any]:
        try:
            answer = verb()
            db.session.commit()
            return True, answer
        except (Refused, Shut, LookupError) as no:
            db.session.rollback()
            return False, no
        except IntegrityError as error:
            raise Broken(f"{told(act)}: only the database said no ({error.orig}); the verb has to see it first.") from error
        except (Broken, DBAPIError):
            raise
        except Exception as error:
            raise Broken(f"{told(act)}: it crashed with {error!r}.") from error

    def _dies(self, act: Act, expected: bool) -> None:
        """All is written, and the process dies before its commit: nothing may be left of it."""
        try:
            with killed_at_commit(1):
                happened, answer = self._attempt(act)
        except Killed:
            happened, answer = True, None
        if happened != expected:
            self._settle(act, expected, happened, answer)

    def _meets(self, act: Act, rival: Act, expected: bool) -> None:
        if act.fault == "reads first" and reads_while_others_write():
            self._reads_first(act, rival, expected)
        else:
            self._flushed_first(act, rival, expected)

    def _reads_first(self, act: Act, rival: Act, expected: bool) -> None:
        """The rival has its page's records loaded, then the act is done, then the rival goes on with what it loaded."""
        with self._request(rival):
            verb = self._load(rival)
            self._settle(act, expected, *self._attempt(act))
            self.model.now = rival.at
            expected = self._expected(rival)
            outcome = self._finish(rival, verb)
        self._settle(rival, expected, *outcome)

    def _flushed_first(self, act: Act, rival: Act, expected: bool) -> None:
        """The act is written and not committed; the rival begins, and waits wherever it has to; then the act is committed."""
        outcome: list[Any] = []

        def follow() -> None:
            try:
                outcome.append(self._attempt_in_a_thread(rival))
            except BaseException as error:
                outcome.append(error)

        thread = Thread(target=follow)

        def let_it_begin() -> None:
            if thread.ident is None:
                thread.start()
                wait_until_it_waits(thread)

        with before_commit(let_it_begin):
            first = self._attempt(act)
        if thread.ident is None:
            thread.start()
        thread.join()
        self._settle(act, expected, *first)
        self.model.now = rival.at
        expected = self._expected(rival)
        if isinstance(outcome[0], BaseException):
            raise outcome[0]
        self._settle(rival, expected, *outcome[0])

    def _attempt_in_a_thread(self, act: Act) -> tuple[bool, Any]:
        with self.world.app.app_context():
            return self._attempt(act)

    def _hear_of_everything(self) -> None:
        """Two days later the worker has asked for all that nobody brought: what Stripe has is what the ledgers say."""
        for _ in range(2):
            self.model.now += timedelta(days=1)
            self._do(self._act(self.model.now, "work", "the worker", {"killed_at": 0, "first refund": ""}))
        self.rows.compare()
        with self.world.looking():
            everything_at_stripe(self.world, self.model)

    def _audit(self) -> None:
        found = [f"{rule.sentence} {', '.join(rule.broken[:5])}" for rule in broken_rules() if rule.broken]
        db.session.remove()
        if found:
            raise Broken(f"The audit says: {' '.join(found)}")


def _of_the_year(kinds: list[Kind], seed: int) -> list[Kind]:
    return [kinds[(2 * seed + one) % len(kinds)] for one in (0, 1)]


def refuse(no: Exception) -> None:
    raise no


def reads_while_others_write() -> bool:
    """On SQLite whoever may write holds the one lock from its first read on, so nobody can be in between."""
    return db.engine.dialect.name == "postgresql"


def told(act: Act) -> str:
    """An act in a sentence."""
    when = act.at.strftime("%a %Y-%m-%d %H:%M")
    sentence = f"{when}, {act.by.title()} {KINDS[act.kind].says(act)}"
    if act.fault == "dies":
        return f"{sentence}; the process dies before its commit"
    if act.fault == "again":
        return f"{sentence}, and again, having seen no answer"
    if act.rival is not None:
        how = "begins before that is committed" if act.fault == "meets" else "had read everything before that"
        return f"{sentence}; {act.rival.by.title()}, who {how}, {KINDS[act.kind].says(act.rival)}"
    return sentence
