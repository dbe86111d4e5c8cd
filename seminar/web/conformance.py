"""How far each criterion is met: worked out from what its tests found, never written down as a verdict.

`docs/accessibility/results.json` is written by `make conformance`: the day, and per test how many of its cases passed and failed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from seminar.ground.refusal import N_
from seminar.web.criteria import CHAPTERS, Criterion

RESULTS = Path(__file__).resolve().parents[2] / "docs" / "accessibility" / "results.json"
SUPPORTS, PARTLY, NOT = N_("Supports"), N_("Partially supports"), N_("Does not support")
NOT_APPLICABLE, NOT_EVALUATED = N_("Not applicable"), N_("Not evaluated")
# What each verdict says, as a report has to tell.
MEANS = {
    SUPPORTS: N_("Each of its tests passed, and nothing is known that doesn't work."),
    PARTLY: N_("A test failed on some page, or something is known that doesn't work. The remarks say what."),
    NOT: N_("Its tests failed on every page."),
    NOT_APPLICABLE: N_("Its tests passed, and showed that there is nothing here which it speaks of."),
    NOT_EVALUATED: N_("No test decides it, or its tests did not run."),
}


@dataclass(frozen=True)
class Found:
    """The cases of one test."""

    passed: int
    failed: int


@dataclass(frozen=True)
class Row:
    number: str
    name: str
    level: str
    verdict: str
    says: str
    gap: str
    passed: int
    failed: int


def verdict(criterion: Criterion, found: Mapping[str, Found]) -> str:
    """From its tests, all of which must have run; a known gap makes the best of it partial."""
    if not criterion.tests or any(test not in found for test in criterion.tests):
        return NOT_EVALUATED
    failed, passed = (sum(getattr(found[test], what) for test in criterion.tests) for what in ("failed", "passed"))
    if not passed:
        return NOT if failed else NOT_EVALUATED
    if failed or criterion.gap:
        return PARTLY
    return NOT_APPLICABLE if criterion.nothing_there else SUPPORTS


def row_of(criterion: Criterion, found: Mapping[str, Found]) -> Row:
    ran = [found[test] for test in criterion.tests if test in found]
    passed, failed = sum(one.passed for one in ran), sum(one.failed for one in ran)
    # What its tests would show is said only where all of them ran and showed it.
    is_shown = len(ran) == len(criterion.tests) and not failed
    return Row(
        criterion.number,
        criterion.name,
        criterion.level,
        verdict(criterion, found),
        criterion.says if is_shown else "",
        criterion.gap,
        passed,
        failed,
    )


def chapters() -> list[tuple[str, list[Row]]]:
    found = results()
    return [(title, [row_of(criterion, found) for criterion in criteria]) for title, criteria in CHAPTERS]


def gaps() -> list[str]:
    """What is known not to work, each once."""
    return list(dict.fromkeys(one.gap for _, criteria in CHAPTERS for one in criteria if one.gap))


@cache
def _kept() -> tuple[date | None, dict[str, Found]]:
    if not RESULTS.exists():
        return None, {}
    kept = json.loads(RESULTS.read_text())
    return date.fromisoformat(kept["checked_on"]), {test: Found(**counts) for test, counts in kept["tests"].items()}


def checked_on() -> date | None:
    return _kept()[0]


def results() -> dict[str, Found]:
    return _kept()[1]
