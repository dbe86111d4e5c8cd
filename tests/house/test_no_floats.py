"""Money is integer cents: no floating point comes anywhere near it, in the code or in the database."""

import ast
from pathlib import Path

from sqlalchemy import Integer

from seminar.ground.db import Model

ROOT = Path(__file__).resolve().parents[2]


def floats(tree: ast.AST) -> list[str]:
    """Literals, divisions that make one, and calls of float and round; Decimal's division is exact."""
    found = []
    for node in ast.walk(tree):
        is_literal = isinstance(node, ast.Constant) and isinstance(node.value, float)
        divides = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and not ast.unparse(node.left).startswith("Decimal(")
        calls = isinstance(node, ast.Call) and ast.unparse(node.func) in ("float", "round")
        if is_literal or divides or calls:
            found.append(ast.unparse(node))
    return found


def test_no_float_touches_money():
    sources = [*ROOT.glob("seminar/money/**/*.py"), ROOT / "seminar/web/amount.py"]
    assert {path.name: floats(ast.parse(path.read_text())) for path in sources} == {path.name: [] for path in sources}


def test_what_would_be_a_float_is_found():
    bad = "share = price_cents * 0.8\nhalf = price_cents / 2\nwhole = round(half)\nfine = Decimal(price_cents) / 100"
    assert len(floats(ast.parse(bad))) == 3


def test_every_amount_is_kept_in_whole_cents():
    columns = [column for table in Model.metadata.tables.values() for column in table.columns if column.name.endswith("_cents")]
    assert len(columns) > 4
    assert [str(column) for column in columns if not isinstance(column.type, Integer)] == []
