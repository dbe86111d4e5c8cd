"""Each word that the audit trail is given has its sentence on the audit trail's page."""

import ast
from pathlib import Path

from seminar.money import payment, purchase_order, refund
from seminar.people.views.deeds import DEEDS
from seminar.series.enrollment import LIVE, MOVES, OVER

ROOT = Path(__file__).resolve().parents[2]
# Written by a variable: the state of a place, of a payment, of a refund and of a purchase order, which link was sent, and how a request
# was decided.
PLACES = {*MOVES, *(state for after in MOVES.values() for state in after)}
ORDERS = {f"purchase order {state}" for state in purchase_order.STATES}
MONEY = ORDERS | {f"payment {state}" for state in payment.STATES[1:]} | {f"refund {state}" for state in refund.STATES[1:]}
BY_VARIABLE = PLACES | MONEY | {"invitation sent", "reset sent", "request approved", "request declined"}
# Where the word stands among the arguments; the roster writes the trail of many rows at once.
WRITERS = {"history.record": 1, "Deed": 0, "_trail": 1, "_change": 5}


def recorded():
    for path in (*ROOT.glob("seminar/**/*.py"), *ROOT.glob("inventory/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and (writer := ast.unparse(node.func)) in WRITERS:
                word = node.args[WRITERS[writer]]
                yield from (part.value for part in ast.walk(word) if isinstance(part, ast.Constant) and isinstance(part.value, str))


def test_every_deed_is_said():
    words = {word for word in recorded() if word.strip() not in ("sent", "payment", "refund", "purchase order", "request")}
    assert (words | BY_VARIABLE) - set(DEEDS) == set()
    assert set(DEEDS) - words - BY_VARIABLE == set()
    assert {*LIVE, *OVER} >= PLACES
