"""Every form and every address, with what nobody would type: no fault of ours, and nothing that comes back as more than text.

FUZZ_INPUTS says how many, FUZZ_SEED which; `make fuzz` sends a hundred thousand.
"""

import os

import pytest

from tests.attacks.fuzzing import Fuzz, Unread, watched
from tests.attacks.openings import endpoints_that_take_a_post
from tests.cast import NOW

pytestmark = pytest.mark.deep
INPUTS, SEED = int(os.environ.get("FUZZ_INPUTS", "2000")), int(os.environ.get("FUZZ_SEED", "5"))


def test_whatever_is_typed_is_answered_and_never_runs(clean, tmp_path, monkeypatch):
    monkeypatch.setattr(clean, "test_client_class", Unread)
    monkeypatch.setattr(clean.extensions["makerpd_clock"], "moment", NOW)
    fuzz = Fuzz(clean, SEED, tmp_path)
    with watched(fuzz):
        fuzz.begin()
        fuzz.play(INPUTS)
        fuzz.end()
    print(f"\n{fuzz.report()}")
    assert not fuzz.wrong, "\n\n".join(line[:1500] for line in fuzz.wrong[:40])
    assert endpoints_that_take_a_post(clean) - set(fuzz.sent) == set()
