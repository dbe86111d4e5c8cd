"""Bugs put in on purpose are found within twenty years; all of them by `python -m tests.years --sabotage`."""

import pytest

from tests.databases import KIND
from tests.years.act import KINDS
from tests.years.playing import Played
from tests.years.sabotage import SABOTAGES, found_in
from tests.years.sabotage_approvals import APPROVALS_SABOTAGES
from tests.years.sabotage_grants import GRANTS_SABOTAGES
from tests.years.sabotage_money import MONEY_SABOTAGES
from tests.years.sabotage_po import PO_SABOTAGES
from tests.years.stage import a_stage
from tests.years.story import shrink

CHOSEN = (
    "nobody locks the series",
    "no key: a day of an item is one claim's",
    "mail commits apart from its event",
    "no trail: enrolled",
    "the gate lets everybody through",
    "an award outlives its sign-off",
    "a page doesn't prolong its hold",
    "what is paid too late or twice doesn't go back",
    "a hold that lapses leaves its price owed",
    "a payment that is told twice comes twice",
    "whoever asks decides",
    "a place that ended stays on its purchase order",
    "what was given isn't there again",
)

ALL = [*SABOTAGES, *MONEY_SABOTAGES, *APPROVALS_SABOTAGES, *PO_SABOTAGES, *GRANTS_SABOTAGES]
HERE = [one for one in ALL if one.name in CHOSEN and KIND in one.databases]

pytestmark = pytest.mark.deep


@pytest.fixture(scope="module")
def stage(app):
    with a_stage(app) as stage:
        yield stage


@pytest.mark.parametrize("sabotage", HERE, ids=lambda one: one.name)
def test_a_bug_is_found_within_twenty_years(clean, stage, sabotage):
    assert found_in(stage, sabotage) is not None


def breaks_early(played: Played) -> bool:
    """As soon as somebody enrolls."""
    return played.acts[-1].kind == "enroll" and len(played.acts) < 20


def test_what_broke_a_year_is_told_in_few_acts(clean, stage):
    """Of the forgotten row of the trail, an act that enrolls somebody and the plan of its series are left."""
    sabotage = next(one for one in SABOTAGES if one.name == "no trail: enrolled")
    with clean.app_context(), sabotage.put_in():
        seed, played = next((seed, year) for seed, year in enumerate(map(stage.play, range(20))) if breaks_early(year))
        told = shrink(played, lambda script: stage.play_again(seed, script), seconds=90)
    assert [act.kind for act in told.acts if act.kind != "work"] == ["plan", "enroll"]
    assert {act.kind for act in told.acts} <= set(KINDS)
