"""Each word that the audit trail is given has its sentence on the audit trail's page."""

import ast
from pathlib import Path

from seminar.people.views.deeds import DEEDS
from seminar.series.enrollment import OVER

ROOT = Path(__file__).resolve().parents[2]
# Written by a variable: how a place ended, and which link was sent.
BY_VARIABLE = {"withdrawn", "canceled", "invitation sent", "reset sent"}


def recorded():
    for path in (*ROOT.glob("seminar/**/*.py"), *ROOT.glob("inventory/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "history.record":
                yield from (part.value for part in ast.walk(node.args[1]) if isinstance(part, ast.Constant) and isinstance(part.value, str))


def test_every_deed_is_said():
    words = {word for word in recorded() if word.strip() != "sent"}
    assert (words | BY_VARIABLE) - set(DEEDS) == set()
    assert set(DEEDS) - words - BY_VARIABLE == set()
    assert {"withdrawn", "canceled"} <= set(OVER)
