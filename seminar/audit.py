"""Every rule of product.md that a row can break, recounted from the rows themselves and by nothing that the verbs use."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import bindparam, text

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
        3,
        "Nobody who waits was passed by somebody who joined the line after them, but for who came to its head by paying too late.",
        "SELECT count(*) FROM enrollment WHERE state = 'waitlisted'",
        "SELECT 'enrollment ' || w.id FROM enrollment w WHERE w.state = 'waitlisted' AND w.joined_at >= w.created_at AND EXISTS"
        " (SELECT 1 FROM enrollment o WHERE"
        " o.series_id = w.series_id AND o.joined_at > w.joined_at AND (o.offer_until IS NOT NULL OR o.enrolled_at IS NOT NULL))",
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
        " WHERE l.line_id = o.id AND l.kind IN ('charge', 'credit')) AND NOT EXISTS (SELECT 1 FROM refund r JOIN payment p ON"
        " p.id = r.payment_id WHERE p.line_id = o.id AND r.state = 'failed')",
    ),
    (
        4,
        "Whoever is enrolled at a price has paid it, or is on an accepted purchase order, but for what the bank or Stripe's dashboard took"
        " back.",
        "SELECT count(*) FROM order_line o JOIN enrollment e ON e.id = o.enrollment_id WHERE e.state = 'enrolled'",
        "SELECT 'order ' || o.order_id FROM order_line o JOIN enrollment e ON e.id = o.enrollment_id WHERE e.state = 'enrolled' AND"
        " (SELECT COALESCE(sum(l.amount_cents), 0) FROM ledger_entry l WHERE l.line_id = o.id AND l.kind IN"
        " ('charge', 'credit', 'payment')) > 0 AND NOT EXISTS (SELECT 1 FROM purchase_order_line c JOIN purchase_order p ON"
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
        " COALESCE(sum(l.amount_cents), 0) FROM ledger_entry l WHERE l.line_id = c.line_id AND l.kind IN ('charge', 'credit'))",
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
        " COALESCE(sum(l.amount_cents), 0) FROM ledger_entry l WHERE l.line_id = i.line_id AND l.kind IN ('charge', 'credit'))",
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
        " (SELECT COALESCE(sum(l.amount_cents), 0) FROM ledger_entry l WHERE l.line_id = o.id AND l.kind IN ('charge', 'credit')) <> 0",
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
    yield _what_is_claimed()
    yield _what_the_gate_let_through()
    missing = {trigger.name for trigger in TRIGGERS} - triggers_there(db.session.connection())
    yield Recount(8, "What keeps the trail append-only and the seats counted is in place.", len(TRIGGERS), sorted(missing))


def _who_waits() -> Recount:
    """While a series takes enrollments and goes on nobody waits beside a seat that is neither taken nor on offer. The worker passes
    an offer on that ran out, so one that did only just now isn't counted as free."""
    query = text(
        "SELECT s.id, s.seats, (SELECT count(*) FROM enrollment t WHERE t.series_id = s.id AND t.state IN"
        " ('requested', 'held', 'awaiting_po', 'offered', 'enrolled')) AS taken FROM series s WHERE s.canceled_at IS NULL"
        " AND s.published_at <= :now AND s.enrollment_opens_at <= :now AND s.enrollment_closes_at > :now"
        " AND EXISTS (SELECT 1 FROM enrollment w WHERE w.series_id = s.id AND w.state = 'waitlisted')"
        " AND EXISTS (SELECT 1 FROM meeting m WHERE m.series_id = s.id AND m.ends_at > :now)"
    ).bindparams(bindparam("now", clock.now(), UTCDateTime()))
    rows = db.session.execute(query).all()
    return Recount(3, "Nobody waits while a seat is free.", len(rows), [f"series {row.id}" for row in rows if row.taken < row.seats])


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
