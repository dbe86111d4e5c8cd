"""Every rule of product.md that a row can break, recounted from the rows themselves and by nothing that the verbs use."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import BindParameter, bindparam, text

from seminar.ground import clock
from seminar.ground.clock import day_of
from seminar.ground.db import UTCDateTime, db
from seminar.ground.triggers import TRIGGERS, triggers_there


@dataclass(frozen=True)
class Recount:
    number: int
    sentence: str
    checked: int
    broken: list[str]


# The kinds of entry that say what a payer owes of a price, whatever was paid of it.
OWN_PART = "('charge', 'credit', 'grant', 'grant_back', 'waiver', 'waiver_back', 'discount', 'discount_back')"
# (rule, sentence, what is counted, which rows break it)
RECOUNTS = [
    (
        9,
        "A mail that was gathered is in a digest of the same person.",
        "SELECT count(*) FROM mail",
        "SELECT 'mail ' || m.id FROM mail m JOIN mail d ON d.id = m.digest_id WHERE d.kind <> 'digest' OR d.person_id <> m.person_id",
    ),
    (
        1,
        "Never more seats taken than there are.",
        "SELECT count(*) FROM series",
        "SELECT 'series ' || s.id FROM series s WHERE (SELECT count(*) FROM enrollment e WHERE e.series_id = s.id AND e.state IN"
        " ('requested', 'held', 'awaiting_po', 'offered', 'enrolled')) > s.seats",
    ),
    (
        1,
        "The kept count of seats is the counted one.",
        "SELECT count(*) FROM series",
        "SELECT 'series ' || s.id FROM series s WHERE (SELECT count(*) FROM enrollment e WHERE e.series_id = s.id AND e.state IN"
        " ('requested', 'held', 'awaiting_po', 'offered', 'enrolled')) <> s.seats_taken",
    ),
    (
        2,
        "One live enrollment per person and series.",
        "SELECT count(*) FROM enrollment",
        "SELECT 'series ' || series_id || ', person ' || person_id FROM enrollment WHERE state IN"
        " ('requested', 'held', 'awaiting_po', 'offered', 'enrolled', 'waitlisted') GROUP BY series_id, person_id HAVING count(*) > 1",
    ),
    (
        1,
        "Whoever is enrolled where a seat is approved first was approved.",
        "SELECT count(*) FROM approval_request",
        "SELECT 'enrollment ' || e.id FROM enrollment e JOIN series s ON s.id = e.series_id LEFT JOIN approval_request r ON"
        " r.enrollment_id = e.id WHERE e.state = 'enrolled' AND r.approved_at IS NULL AND"
        " (r.id IS NOT NULL OR e.created_at >= s.asks_approval_since)",
    ),
    (
        1,
        "Whoever waits for an approval has a request with one open step, and nobody decided about their own.",
        "SELECT count(*) FROM enrollment WHERE state = 'requested'",
        "SELECT 'enrollment ' || e.id FROM enrollment e WHERE e.state = 'requested' AND (SELECT count(*) FROM approval_request r"
        " JOIN approval a ON a.request_id = r.id AND a.round = r.round WHERE r.enrollment_id = e.id AND r.approved_at IS NULL"
        " AND a.begins_at IS NOT NULL AND a.decision IS NULL) <> 1"
        " UNION ALL SELECT 'approval ' || id FROM approval WHERE decided_by_id = person_id",
    ),
    (
        3,
        "Nobody who waits alone was passed by somebody who joined the line after them, but within a set-aside, and but for who came to its"
        " head by paying too late.",
        "SELECT count(*) FROM enrollment WHERE state = 'waitlisted'",
        "SELECT 'enrollment ' || w.id FROM enrollment w WHERE w.state = 'waitlisted' AND w.joined_at >= w.created_at AND w.group_id IS NULL"
        " AND EXISTS (SELECT 1 FROM enrollment o WHERE o.series_id = w.series_id AND o.set_aside_id IS NULL"
        " AND o.joined_at > w.joined_at AND (o.offer_until IS NOT NULL OR o.enrolled_at IS NOT NULL))",
    ),
    (
        3,
        "Never more seats of a set-aside taken than it has, each in its own series, and its kept count is the counted one.",
        "SELECT count(*) FROM set_aside",
        "SELECT 'set-aside ' || a.id FROM set_aside a WHERE a.seats_taken > a.seats OR a.seats_taken <> (SELECT count(*) FROM enrollment e"
        " WHERE e.set_aside_id = a.id AND e.series_id = a.series_id AND e.state IN"
        " ('requested', 'held', 'awaiting_po', 'offered', 'enrolled'))",
    ),
    (
        3,
        "Who waits together is in one state, at one place in line.",
        "SELECT count(*) FROM waiting_group",
        "SELECT 'group ' || g.id FROM waiting_group g JOIN series s ON s.id = g.series_id JOIN enrollment e ON e.group_id = g.id WHERE"
        " e.state IN ('waitlisted', 'offered') GROUP BY g.id, g.series_id HAVING count(DISTINCT e.state) > 1"
        " OR count(DISTINCT e.joined_at) > 1 OR min(e.series_id) <> g.series_id OR max(e.series_id) <> g.series_id",
    ),
    (
        4,
        "Every payment that came is on its order's ledger, once and as it was.",
        "SELECT count(*) FROM payment WHERE state IN ('succeeded', 'disputed', 'won', 'lost')",
        "SELECT 'payment ' || p.id FROM payment p WHERE p.state IN ('succeeded', 'disputed', 'won', 'lost') AND (SELECT"
        " COALESCE(sum(l.amount_cents), 0) FROM ledger_entry l WHERE l.source = 'payment:' || p.id) <> -p.amount_cents",
    ),
    (
        4,
        "Every refund that went is on its order's ledger, once and as it was.",
        "SELECT count(*) FROM refund",
        "SELECT 'refund ' || r.id FROM refund r WHERE r.state = 'succeeded' AND (SELECT COALESCE(sum(l.amount_cents), 0) FROM"
        " ledger_entry l WHERE l.source = 'refund:' || r.id || ':' || r.tries) <> r.amount_cents",
    ),
    (
        4,
        "The refunds of a payment are no more than it brought, and its kept count is the counted one.",
        "SELECT count(*) FROM payment",
        "SELECT 'payment ' || p.id FROM payment p WHERE p.refunded_cents > p.amount_cents OR p.refunded_cents <> (SELECT"
        " COALESCE(sum(r.amount_cents), 0) FROM refund r WHERE r.payment_id = p.id AND r.state IN ('requested', 'submitted', 'succeeded'))",
    ),
    (
        4,
        "Nobody is charged twice: what was paid for a place and doesn't go back is no more than is charged for it, but for refunds that"
        " failed.",
        "SELECT count(*) FROM order_line",
        "SELECT 'order ' || o.order_id FROM order_line o WHERE (SELECT COALESCE(sum(p.amount_cents - p.refunded_cents), 0) FROM payment p"
        " WHERE p.line_id = o.id AND p.state IN ('succeeded', 'won')) > (SELECT COALESCE(sum(l.amount_cents), 0) FROM ledger_entry l"
        f" WHERE l.line_id = o.id AND l.kind IN {OWN_PART}) AND NOT EXISTS (SELECT 1 FROM refund r JOIN payment p ON"
        " p.id = r.payment_id WHERE p.line_id = o.id AND r.state = 'failed')",
    ),
    (
        4,
        "Whoever is enrolled at a price has paid it, or is on an accepted purchase order, but for what the bank or Stripe's dashboard took"
        " back.",
        "SELECT count(*) FROM order_line o JOIN enrollment e ON e.id = o.enrollment_id WHERE e.state = 'enrolled'",
        "SELECT 'order ' || o.order_id FROM order_line o JOIN enrollment e ON e.id = o.enrollment_id WHERE e.state = 'enrolled' AND"
        " (SELECT COALESCE(sum(l.amount_cents), 0) FROM ledger_entry l WHERE l.line_id = o.id AND (l.kind IN"
        f" {OWN_PART} OR l.kind = 'payment')) > 0 AND NOT EXISTS (SELECT 1 FROM purchase_order_line c JOIN purchase_order p ON"
        " p.id = c.purchase_order_id WHERE c.line_id = o.id AND c.state = 'covered' AND p.state IN ('accepted', 'invoiced', 'paid'))",
    ),
    (
        4,
        "What a purchase order covers is no more than it is good for, and its kept count is the counted one.",
        "SELECT count(*) FROM purchase_order",
        "SELECT 'purchase order ' || p.id FROM purchase_order p WHERE p.used_cents > p.cap_cents OR p.used_cents <> (SELECT"
        " COALESCE(sum(c.covered_cents), 0) FROM purchase_order_line c WHERE c.purchase_order_id = p.id AND c.state = 'covered')",
    ),
    (
        4,
        "What a purchase order covers of a place is what is charged for it.",
        "SELECT count(*) FROM purchase_order_line WHERE state = 'covered'",
        "SELECT 'purchase order line ' || c.id FROM purchase_order_line c WHERE c.state = 'covered' AND c.covered_cents <> (SELECT"
        f" COALESCE(sum(l.amount_cents), 0) FROM ledger_entry l WHERE l.line_id = c.line_id AND l.kind IN {OWN_PART})",
    ),
    (
        4,
        "What came by check or went back by one is on the ledger, to the cent.",
        "SELECT count(*) FROM remittance",
        "SELECT 'remittance ' || r.id FROM remittance r WHERE (SELECT COALESCE(sum(l.amount_cents), 0) FROM ledger_entry l WHERE"
        " l.source LIKE 'remittance:' || r.id || ':%') <> CASE r.kind WHEN 'payment' THEN -r.amount_cents ELSE r.amount_cents END",
    ),
    (
        4,
        "The total of an invoice is that of its lines.",
        "SELECT count(*) FROM invoice",
        "SELECT 'invoice ' || i.id FROM invoice i WHERE i.total_cents <> (SELECT COALESCE(sum(l.amount_cents), 0) FROM invoice_line l"
        " WHERE l.invoice_id = i.id AND l.kind = i.kind)",
    ),
    (
        4,
        "Invoices and credit notes ask for no more than what is charged.",
        "SELECT count(*) FROM invoice_line WHERE kind = 'invoice'",
        "SELECT 'order line ' || i.line_id FROM invoice_line i WHERE i.kind = 'invoice' AND i.amount_cents - (SELECT"
        " COALESCE(sum(n.amount_cents), 0) FROM invoice_line n WHERE n.line_id = i.line_id AND n.kind = 'credit_note') > (SELECT"
        f" COALESCE(sum(l.amount_cents), 0) FROM ledger_entry l WHERE l.line_id = i.line_id AND l.kind IN {OWN_PART})",
    ),
    (
        4,
        "The numbers of a district's invoices and credit notes have no gap.",
        "SELECT count(*) FROM invoice_number",
        "SELECT 'district ' || n.district_id FROM invoice_number n WHERE (SELECT count(*) FROM invoice i WHERE"
        " i.district_id = n.district_id) <> n.last OR n.last <> (SELECT COALESCE(max(i.number), 0) FROM invoice i WHERE"
        " i.district_id = n.district_id)",
    ),
    (
        4,
        "Nothing is charged for a seat that lapsed.",
        "SELECT count(*) FROM order_line",
        "SELECT 'order ' || o.order_id FROM order_line o JOIN enrollment e ON e.id = o.enrollment_id WHERE e.state = 'lapsed' AND"
        f" (SELECT COALESCE(sum(l.amount_cents), 0) FROM ledger_entry l WHERE l.line_id = o.id AND l.kind IN {OWN_PART}) <> 0",
    ),
    (
        4,
        "Never more is given of a funding source than its cap, and its kept sum is the counted one.",
        "SELECT count(*) FROM funding_source",
        "SELECT 'funding source ' || f.id FROM funding_source f WHERE f.consumed_cents > f.cap_cents OR f.consumed_cents <> (SELECT"
        " COALESCE(sum(g.amount_cents), 0) FROM seat_grant g WHERE g.funding_source_id = f.id AND g.state = 'given')",
    ),
    (
        4,
        "No funding rule pays for more seats than it has, and its kept count is the counted one.",
        "SELECT count(*) FROM funding_rule",
        "SELECT 'funding rule ' || f.id FROM funding_rule f WHERE f.seats_used > f.seats OR f.seats_used <> (SELECT"
        " count(*) FROM seat_grant g WHERE g.funding_rule_id = f.id AND g.state = 'given')",
    ),
    (
        4,
        "No discount code is used oftener than it may be, and its kept count is the counted one.",
        "SELECT count(*) FROM discount_code",
        "SELECT 'discount code ' || d.id FROM discount_code d WHERE d.used_count > d.most_uses OR d.used_count <> (SELECT"
        " count(*) FROM code_use u WHERE u.discount_code_id = d.id AND u.state = 'used')",
    ),
    (
        4,
        "What others pay of a seat is on its order's ledger, once and as it is, and only of a place that isn't over.",
        "SELECT count(*) FROM order_line",
        "SELECT 'order ' || o.order_id FROM order_line o JOIN enrollment e ON e.id = o.enrollment_id WHERE (SELECT"
        " -COALESCE(sum(l.amount_cents), 0) FROM ledger_entry l WHERE l.line_id = o.id AND l.kind IN"
        " ('grant', 'grant_back', 'waiver', 'waiver_back', 'discount', 'discount_back')) <> CASE WHEN e.state IN"
        " ('requested', 'held', 'awaiting_po', 'enrolled') THEN"
        " (SELECT COALESCE(sum(g.amount_cents), 0) FROM seat_grant g WHERE g.line_id = o.id AND g.state = 'given')"
        " + (SELECT COALESCE(sum(u.amount_cents), 0) FROM code_use u WHERE u.line_id = o.id AND u.state = 'used') ELSE 0 END",
    ),
    (
        1,
        "A seat that was given to a colleague is followed by one place in the same series.",
        "SELECT count(*) FROM enrollment WHERE state = 'substituted'",
        "SELECT 'enrollment ' || e.id FROM enrollment e LEFT JOIN enrollment s ON s.id = e.successor_id WHERE"
        " (e.state = 'substituted') <> (e.successor_id IS NOT NULL) OR s.series_id <> e.series_id"
        " OR (s.id IS NOT NULL AND s.enrolled_at IS NULL)",
    ),
    (
        5,
        "An item is out with one school at a time.",
        "SELECT count(*) FROM item",
        "SELECT 'item ' || item_id FROM reservation_line WHERE state IN ('out', 'in_check') GROUP BY item_id HAVING count(*) > 1",
    ),
    (
        6,
        "Each reservation keeps what was checked.",
        "SELECT count(*) FROM reservation",
        "SELECT 'reservation ' || r.id FROM reservation r WHERE NOT EXISTS (SELECT 1 FROM gate_check g WHERE g.reservation_id = r.id)",
    ),
    (
        7,
        "Nobody signs off for themselves.",
        "SELECT count(*) FROM sign_off",
        "SELECT 'sign-off ' || id FROM sign_off WHERE person_id = trainer_id",
    ),
    (
        7,
        "Each sign-off is by a trainer cleared for the skill that day.",
        "SELECT count(*) FROM sign_off",
        "SELECT 'sign-off ' || s.id FROM sign_off s JOIN competency c ON c.id = s.competency_id JOIN badge b ON b.id = c.badge_id"
        " WHERE NOT EXISTS (SELECT 1 FROM clearance k WHERE k.person_id = s.trainer_id AND k.skill_id = b.skill_id AND k.first_day <= s.day"
        " AND (k.last_day IS NULL OR k.last_day >= s.day))",
    ),
    (
        7,
        "Each award rests on sign-offs of all its competencies.",
        "SELECT count(*) FROM award WHERE withdrawn_at IS NULL",
        "SELECT 'award ' || a.id FROM award a WHERE a.withdrawn_at IS NULL AND EXISTS (SELECT 1 FROM competency c WHERE"
        " c.badge_id = a.badge_id AND c.retired_on IS NULL AND (c.asked_since IS NULL OR c.asked_since <= a.first_day)"
        " AND NOT EXISTS (SELECT 1 FROM sign_off s WHERE"
        " s.person_id = a.person_id AND s.competency_id = c.id"
        " AND s.withdrawn_at IS NULL AND s.day <= a.first_day))",
    ),
    (
        9,
        "One event makes one mail per person.",
        "SELECT count(*) FROM mail",
        "SELECT kind || ' ' || key FROM mail GROUP BY person_id, kind, key HAVING count(*) > 1",
    ),
]


def broken_rules() -> Iterator[Recount]:
    for number, sentence, counted, breaking in RECOUNTS:
        checked = db.session.execute(text(counted)).scalar() or 0
        yield Recount(number, sentence, checked, [str(row[0]) for row in db.session.execute(text(breaking))])
    yield _who_waits()
    yield _what_is_kept_aside()
    yield _what_is_claimed()
    yield _what_the_gate_let_through()
    missing = {trigger.name for trigger in TRIGGERS} - triggers_there(db.session.connection())
    yield Recount(8, "What keeps the trail append-only and the seats counted is in place.", len(TRIGGERS), sorted(missing))


def _who_waits() -> Recount:
    """While a series takes enrollments and goes on nobody waits beside a seat that is neither taken nor on offer, and that they may
    have: it isn't set aside for others, and a group finds one for each. The worker passes an offer on that ran out, so one that did only
    just now isn't counted as free."""
    query = text(
        "SELECT s.id, s.seats, (SELECT count(*) FROM enrollment t WHERE t.series_id = s.id AND t.state IN"
        " ('requested', 'held', 'awaiting_po', 'offered', 'enrolled')) AS taken FROM series s WHERE s.canceled_at IS NULL"
        " AND s.published_at <= :now AND s.enrollment_opens_at <= :now AND s.enrollment_closes_at > :now"
        " AND EXISTS (SELECT 1 FROM enrollment w WHERE w.series_id = s.id AND w.state = 'waitlisted')"
        " AND EXISTS (SELECT 1 FROM meeting m WHERE m.series_id = s.id AND m.ends_at > :now)"
    ).bindparams(bindparam("now", clock.now(), UTCDateTime()))
    rows = db.session.execute(query).all()
    free = {row.id: row.seats - row.taken for row in rows if row.taken < row.seats}
    aside, allowed = _what_is_aside(list(free))
    line = text("SELECT series_id, id, person_id, group_id FROM enrollment WHERE state = 'waitlisted' AND series_id IN :series")
    parties: dict[tuple[int, str], list[int]] = {}
    for row in db.session.execute(line.bindparams(bindparam("series", list(free), expanding=True))):
        party = f"group {row.group_id}" if row.group_id is not None else f"place {row.id}"
        parties.setdefault((row.series_id, party), []).append(row.person_id)
    beside = {
        series_id
        for (series_id, _), people in parties.items()
        if _fit(sorted(people, key=lambda person: _choices(person, allowed)), free[series_id], aside[series_id], allowed)
    }
    sentence = "Nobody waits while a seat is free that they may have."
    return Recount(3, sentence, len(rows), [f"series {series_id}" for series_id in sorted(beside)])


def _fit(people: list[int], free: int, aside: dict[int, int], allowed: set[tuple[int, int]]) -> bool:
    """Whether there is a seat for each of these people, those with the fewest choices first: every way to choose them is tried."""
    if not people or len(people) > free:
        return not people
    first, rest = people[0], people[1:]
    if free > sum(aside.values()) and _fit(rest, free - 1, aside, allowed):
        return True
    theirs = [one for one, left in aside.items() if left > 0 and (one, first) in allowed]
    return any(_fit(rest, free - 1, {**aside, one: aside[one] - 1}, allowed) for one in theirs)


def _choices(person: int, allowed: set[tuple[int, int]]) -> int:
    return sum(1 for _, other in allowed if other == person)


def _what_is_aside(series_ids: list[int] | None = None) -> tuple[dict[int, dict[int, int]], set[tuple[int, int]]]:
    """By series, the free seats of each set-aside that isn't released; and whom each is for, as pairs of set-aside and person."""
    of_these = "" if series_ids is None else " WHERE a.series_id IN :series"
    chosen: list[BindParameter[Any]] = [] if series_ids is None else [bindparam("series", series_ids, expanding=True)]
    query = text(
        "SELECT a.id, a.series_id, a.released_on, d.timezone, a.seats - (SELECT count(*) FROM enrollment e WHERE e.set_aside_id = a.id"
        " AND e.state IN ('requested', 'held', 'awaiting_po', 'offered', 'enrolled')) AS free FROM set_aside a JOIN district d ON"
        f" d.id = a.district_id{of_these}"
    )
    now, aside, days = clock.now(), defaultdict[int, dict[int, int]](dict), {}
    for row in db.session.execute(query.bindparams(*chosen)):
        days[row.id] = day_of(now, row.timezone)
        if days[row.id] < _as_day(row.released_on):
            aside[row.series_id][row.id] = row.free
    held = text(
        "SELECT a.id, p.person_id, p.first_day, p.last_day FROM set_aside a JOIN appointment p ON p.district_id = a.district_id AND"
        f" (p.school_id = a.school_id OR p.role = a.role){of_these}"
    )
    allowed = {
        (row.id, row.person_id)
        for row in db.session.execute(held.bindparams(*chosen))
        if _as_day(row.first_day) <= days[row.id] and (row.last_day is None or _as_day(row.last_day) >= days[row.id])
    }
    return aside, allowed


def _what_is_kept_aside() -> Recount:
    """Every seat of a set-aside that isn't released is there: taken by those it is counted for, or free."""
    query = text(
        "SELECT s.id, s.seats - (SELECT count(*) FROM enrollment e WHERE e.series_id = s.id AND e.state IN"
        " ('requested', 'held', 'awaiting_po', 'offered', 'enrolled')) AS free FROM series s WHERE s.canceled_at IS NULL"
    )
    aside, _allowed = _what_is_aside()
    rows = [row for row in db.session.execute(query) if row.id in aside]
    sentence = "No seat that is set aside is taken by somebody else."
    return Recount(3, sentence, len(rows), [f"series {row.id}" for row in rows if row.free < sum(aside[row.id].values())])


def _what_is_claimed() -> Recount:
    """Each live line holds every day of its loan from today on (an item that took another's place holds no day before)."""
    lines = db.session.execute(
        text(
            "SELECT l.id, l.item_id, r.first_day, r.last_day, d.timezone FROM reservation_line l JOIN reservation r ON"
            " r.id = l.reservation_id JOIN district d ON d.id = l.district_id WHERE l.state IN ('reserved', 'packed', 'out')"
        )
    ).all()
    claims = db.session.execute(text("SELECT line_id, item_id, day FROM item_day WHERE claim = 'loan'"))
    claimed = {(line_id, item_id, _as_day(day)) for line_id, item_id, day in claims}
    now = clock.now()

    def holds(line: Any) -> bool:
        first, last = max(_as_day(line.first_day), day_of(now, line.timezone)), _as_day(line.last_day)
        return all((line.id, line.item_id, first + timedelta(days=n)) in claimed for n in range((last - first).days + 1))

    return Recount(5, "Every day of a live loan is claimed, by that loan.", len(lines), [f"line {x.id}" for x in lines if not holds(x)])


def _as_day(value: Any) -> date:
    """Plain SQL gives a day as text on SQLite."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def _what_the_gate_let_through() -> Recount:
    """What was kept at each check is held against the awards: each badge that was asked for, by that person, through that day."""
    held = {row.id: row for row in db.session.execute(text("SELECT id, person_id, badge_id, last_day, withdrawn_at FROM award"))}
    checks = db.session.execute(text("SELECT id, reservation_id, person_id, at, last_day, found FROM gate_check")).all()

    def let_through(check: Any) -> bool:
        found = json.loads(check.found) if isinstance(check.found, str) else check.found
        awards = [held.get(kept["award"]) for kept in found["awards"]]
        shown = {
            a.badge_id
            for a in awards
            if a is not None
            and a.person_id == check.person_id
            and str(a.last_day) >= str(check.last_day)
            and (a.withdrawn_at is None or str(a.withdrawn_at) > str(check.at))
        }
        return shown >= set(found.get("badges", []))

    broken = [f"reservation {check.reservation_id}" for check in checks if not let_through(check)]
    sentence = "Whoever was let through the gate held each badge that was asked for, through the last day."
    return Recount(6, sentence, len(checks), broken)
