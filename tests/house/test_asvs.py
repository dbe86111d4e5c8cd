"""The checklist of the ASVS names tests and functions that are there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"`((?:tests|seminar|inventory)/[\w/]+\.py)(?:::(\w+))?`")


def missing(page: str) -> list[str]:
    found = []
    for path, name in NAMED.findall(page):
        text = (ROOT / path).read_text() if (ROOT / path).exists() else ""
        if not text or (name and not re.search(rf"^\s*(?:def {name}\(|{name}\b.*=)", text, re.M)):
            found.append(f"{path}::{name}")
    return found


def test_each_test_and_function_that_the_checklist_names_is_there():
    page = (ROOT / "docs/asvs.md").read_text()
    assert missing(page) == []
    assert len(NAMED.findall(page)) > 100


def test_what_is_gone_is_named():
    assert missing("`tests/house/test_asvs.py::test_gone`, `tests/gone.py`") == ["tests/house/test_asvs.py::test_gone", "tests/gone.py::"]


def test_a_requirement_that_is_not_met_says_what_is_missing():
    rows = [line for line in (ROOT / "docs/asvs.md").read_text().splitlines() if line.startswith("| ") and line[2].isdigit()]
    assert [row for row in rows if len(row.split("|")) != 5 or not row.split("|")[3].strip()] == []
