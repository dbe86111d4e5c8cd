"""A district's years, each a seed: every outcome is what the rules say, and after each day the rows are what they must be."""

from collections import Counter

import pytest

from tests.databases import KIND
from tests.machines import YEARS
from tests.years.act import KINDS
from tests.years.stage import a_stage
from tests.years.story import shrink, story

pytestmark = pytest.mark.machine

# What nobody can be refused, what is never let happen, and what is seldom the one or the other.
ALWAYS, NEVER = {"work", "at stripe", "hear of a page", "ask about pages"}, {"slip in SQL"}
SELDOM = {"hear of money", "in the dashboard", "send a check back"}


@pytest.fixture(scope="module")
def stage(app):
    with a_stage(app) as stage:
        yield stage


@pytest.fixture(scope="module")
def mix():
    return Counter()


@pytest.mark.parametrize("seed", range(YEARS))
def test_a_year_keeps_every_rule(clean, stage, mix, seed):
    played = stage.play(seed)
    mix.update(played.mix)
    if played.broken is not None:
        pytest.fail(story(seed, shrink(played, lambda script: stage.play_again(seed, script)), KIND), pytrace=False)


@pytest.mark.deep
def test_every_kind_of_act_was_let_happen_and_was_refused(mix):
    """Of the years before it: alone it has nothing to count."""
    assert {name for name in KINDS if not mix[name, True]} - SELDOM == NEVER
    assert {name for name in KINDS if not mix[name, False]} - SELDOM == ALWAYS
