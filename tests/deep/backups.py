"""The scripts of docs/operating that back up and rehearse, run as somebody runs them."""

import os
import subprocess
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.sql.functions import max as greatest

from seminar.ground.history import History
from tests.deep.served import ROOT, Served

SCRIPTS = ROOT / "docs" / "operating"


def backed_up(served: Served, folder: Path, **settings: str) -> Path:
    """The backup that was made."""
    environment = {**os.environ, "DATABASE_URL": served.database_url, **settings}
    ran = subprocess.run([SCRIPTS / "back-up", folder], env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return Path(ran.stdout.split()[-1])


def rehearsed(served: Served, *arguments: str | Path, **settings: str) -> tuple[int, str]:
    """The exit code, and the moment of the last deed that it found in what it had restored."""
    environment = {**served.environment(), **settings}
    environment.pop("MAKERPD_NOW")
    ran = subprocess.run([SCRIPTS / "rehearse-restore", *arguments], env=environment, capture_output=True, text=True, check=False)
    print(ran.stdout, ran.stderr)
    deeds = [line.removeprefix("last deed: ") for line in ran.stdout.splitlines() if line.startswith("last deed: ")]
    return ran.returncode, deeds[0][:19] if deeds else ""


def last_deed(served: Served) -> str:
    with served.session() as session:
        at = session.scalar(select(greatest(History.at)))
    assert at is not None
    return f"{at:%Y-%m-%d %H:%M:%S}"
