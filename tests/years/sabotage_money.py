"""Bugs of money, put in on purpose (see sabotage.py)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from seminar.money import settling
from seminar.money.order import OrderLine
from seminar.money.payment import STATES
from seminar.money.refund_rule import tiers_of
from seminar.series import enrollment, waitlist
from tests.years.sabotage import Sabotage, forgetting_in_the_trail, forgotten, nothing, patched


def nothing_is_settled_when(why: str) -> Callable[[], Any]:
    """Places that end so keep what they owe, and what was paid for them."""
    settle_places = settling.settle_places

    def some(places: Any, **named: Any) -> None:
        if named["why"] != why:
            settle_places(places, **named)

    return lambda: patched(("seminar.ground.contributions.places_ended", [some]))


def the_rule_of_today_counts() -> Any:
    percent_of = settling.percent_of

    def today(line: OrderLine, *args: Any) -> int:
        rule, line.refund_rule = line.refund_rule, tiers_of(line.district_id)
        try:
            return percent_of(line, *args)
        finally:
            line.refund_rule = rule

    return patched(("seminar.money.settling.percent_of", today))


def who_is_late_is_before_who_waits() -> Any:
    """Nobody is offered what a hold set free before a late payment takes it."""

    def as_if_nobody_waited(series: Any, now: Any) -> Any:
        return replace(enrollment.seats_of(series, now), waiting=0)

    def only_over(series: Any, now: Any) -> Any:
        waitlist._pass_over([series], now)
        return enrollment.seats_of(series, now)

    return patched(("seminar.series.enrolling.settled", as_if_nobody_waited), ("seminar.money.settling.settled", only_over))


def who_paid_late_is_last() -> Any:
    def at_the_end(late: Any, *, now: Any) -> Any:
        return waitlist.line_up([late.person], late.series, by=late.person, now=now)[0]

    return patched(("seminar.money.settling.join_first", at_the_end))


def a_dispute_owes_nothing() -> Any:
    write = settling.write

    def all_but_disputes(rows: Any) -> None:
        write([row for row in rows if row["kind"] != "dispute"])

    return patched(("seminar.money.settling.write", all_but_disputes))


MONEY_SABOTAGES = [
    Sabotage("a page doesn't prolong its hold", forgotten("seminar.money.payment._keep_the_seat")),
    Sabotage("what is paid too late or twice doesn't go back", forgotten("seminar.money.refund.request")),
    Sabotage("the refund rule of today counts", the_rule_of_today_counts),
    Sabotage("who pays late is before who waits", who_is_late_is_before_who_waits),
    Sabotage("who paid late is last in line", who_paid_late_is_last),
    Sabotage("a hold that lapses leaves its price owed", nothing_is_settled_when("lapsed")),
    Sabotage("what the district cancels doesn't come back", nothing_is_settled_when("canceled")),
    Sabotage("a payment that is told twice comes twice", lambda: patched(("seminar.money.settling.NOT_COME", STATES))),
    Sabotage("a refund fails without a word", lambda: patched(("seminar.money.refund.came_to_nothing", nothing))),
    Sabotage("a bank that takes days keeps no seat", lambda: patched(("seminar.money.settling.BANK_TAKES", timedelta(0)))),
    Sabotage("a dispute takes nothing back", a_dispute_owes_nothing),
    Sabotage("a colleague's seat is paid by nobody", lambda: patched(("seminar.ground.contributions.seat_handed_on", []))),
    Sabotage("a seat that costs something is a gift", lambda: patched(("seminar.ground.contributions.seats_held", []))),
    Sabotage("no trail: refund succeeded", forgetting_in_the_trail("refund succeeded")),
]
