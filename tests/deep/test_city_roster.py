"""A city's roster: under two minutes, with memory that doesn't grow with its rows, and a kill in the middle leaves nothing half done."""

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import func, insert, select, text

from seminar.ground.history import History
from seminar.people.appointment import Appointment
from seminar.people.district import District
from seminar.people.person import Person
from seminar.people.roster.staged import RosterImport
from seminar.people.school import School
from tests.databases import KIND
from tests.deep.served import Served, an_empty_installation
from tests.people.city_roster import write

pytestmark = pytest.mark.deep
# SQLite serves a district, PostgreSQL a city (product.md, how big).
PEOPLE, SCHOOLS = (75_000, 1_600) if KIND == "postgresql" else (7_500, 160)
WITHIN_SECONDS = 120
# When a kill falls into the import: after the command has begun, and before it is done.
KILLED_AFTER = (2.0, 12.0) if KIND == "postgresql" else (0.8, 2.4)
# Of a process that imports ten times as much; a list of the rows would take more than that.
MORE_MEGABYTES = 16
TABLES = (District, School, Person, Appointment, RosterImport, History)
# A process of its own, so that what it says of its largest memory is of the import alone.
MEASURED = "import resource, subprocess, sys; code = subprocess.call(sys.argv[1:]); " + (
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(code)"
)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with an_empty_installation() as served:
        with served.engine.begin() as connection:
            connection.execute(insert(District).values(code="C", name="City", mail_from="pd@city.example"))
        yield served


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        yield Path(folder)


def command(path: Path) -> list[str]:
    return [sys.executable, "-m", "flask", "--app", "wsgi", "roster", "import", str(path)]


def imported(served: Served, path: Path) -> tuple[int, float, float]:
    """The exit status, the seconds it took, and the megabytes of memory at most."""
    began = time.monotonic()
    measured = [sys.executable, "-c", MEASURED, *command(path)]
    done = subprocess.run(measured, cwd=served.home, env=served.environment(), capture_output=True, text=True, check=False)
    return done.returncode, time.monotonic() - began, int(done.stdout.split()[-1]) / 1024


def counts(served: Served) -> dict[str, int]:
    with served.session() as session:
        return {model.__tablename__: session.scalar(select(func.count()).select_from(model)) or 0 for model in TABLES}


def test_a_city_is_imported_in_time_with_flat_memory_and_a_kill_leaves_nothing(served: Served, folder: Path) -> None:
    small, whole, moved = folder / "small.zip", folder / "whole.zip", folder / "moved.zip"
    write(small, PEOPLE // 10, schools=SCHOOLS // 10)
    write(whole, PEOPLE, schools=SCHOOLS)
    write(moved, PEOPLE, schools=SCHOOLS, moved=0.01)
    killed_in_the_middle(served, whole)

    status, _, memory_of_a_tenth = imported(served, small)
    assert status == 2
    status, seconds, memory = imported(served, whole)

    assert (status, seconds < WITHIN_SECONDS) == (2, True), seconds
    assert memory - memory_of_a_tenth < MORE_MEGABYTES, (memory_of_a_tenth, memory)
    before = counts(served)
    assert before["person"] > 0.98 * PEOPLE
    again(served, whole, before)
    a_hundredth_moves(served, moved, before)
    print(f"{PEOPLE} people in {seconds:.1f} s, {memory:.0f} MB; a tenth of them {memory_of_a_tenth:.0f} MB")


def killed_in_the_middle(served: Served, path: Path) -> None:
    """Five times, anywhere on the way: nothing is there afterwards."""
    nothing, chance = counts(served), random.Random(7)
    for _ in range(5):
        process = subprocess.Popen(command(path), cwd=served.home, env=served.environment(), stdout=subprocess.DEVNULL)
        time.sleep(chance.uniform(*KILLED_AFTER))
        process.kill()
        process.wait()
        assert counts(served) == nothing
    if KIND == "postgresql":
        # PostgreSQL's own round comes by now and then, and finds tables of nothing but what was rolled back.
        with served.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def again(served: Served, path: Path, before: dict[str, int]) -> None:
    status, _, _ = imported(served, path)
    assert status == 2
    # The import itself, and its line in the trail.
    assert counts(served) == before | {"roster_import": before["roster_import"] + 1, "history": before["history"] + 1}


def a_hundredth_moves(served: Served, path: Path, before: dict[str, int]) -> None:
    status, _, _ = imported(served, path)
    after = counts(served)
    assert (status, after["person"]) == (2, before["person"])
    assert 0 < after["appointment"] - before["appointment"] < 0.02 * PEOPLE
    with served.session() as session:
        roster = select(Appointment.person_id, Appointment.role, Appointment.school_id, func.count()).where(Appointment.last_day.is_(None))
        twice = roster.group_by(Appointment.person_id, Appointment.role, Appointment.school_id).having(func.count() > 1)
        assert session.execute(twice).all() == []
