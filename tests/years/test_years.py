"""A district's years, each a seed: every outcome is what the rules say, and after each day the rows are what they must be."""

import pytest

from tests.databases import KIND
from tests.machines import YEARS
from tests.years.stage import a_stage
from tests.years.story import shrink, story

pytestmark = pytest.mark.machine


@pytest.fixture(scope="module")
def stage(app):
    with a_stage(app) as stage:
        yield stage


@pytest.mark.parametrize("seed", range(YEARS))
def test_a_year_keeps_every_rule(clean, stage, seed):
    played = stage.play(seed)
    if played.broken is not None:
        pytest.fail(story(seed, shrink(played, lambda script: stage.play_again(seed, script)), KIND), pytrace=False)
