"""The rules of days, in three time zones of the machine."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest

from tests.databases import KIND
from tests.deep.served import ROOT

pytestmark = pytest.mark.deep
FAST = "not deep and not browser and not machine"


# On PostgreSQL the one whose day is most often another than the district's.
ZONES = [("UTC", 0), ("America/Chicago", -6)] if KIND == "sqlite" else [("Asia/Tokyo", 9)]


@pytest.mark.parametrize(("zone", "hours_from_utc"), ZONES)
def test_series_and_loans_fall_on_the_same_days_wherever_the_machine_stands(zone: str, hours_from_utc: int) -> None:
    there = {**os.environ, "TZ": zone}
    # A machine that doesn't know the zone takes it for UTC, without a word.
    offset = subprocess.run([sys.executable, "-c", "import time; print(-time.timezone)"], env=there, capture_output=True, check=True)
    assert timedelta(seconds=int(offset.stdout)) == timedelta(hours=hours_from_utc)
    suite = [sys.executable, *["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/series", "tests/inventory", "-m"], FAST]
    ran = subprocess.run(suite, cwd=ROOT, env=there, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
