"""Districts of the sizes of product.md, each in a database of its own, and what is looked at in them."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from click import progressbar
from flask import Flask
from sqlalchemy import Select, func, select

from bench.crowd import SEMINAR, cookie_of
from bench.databases import database
from bench.served import ROOT, Served, environment, flask, product, serving
from inventory.demo.scaled.loading import load_country
from inventory.equipment import EquipmentModel
from seminar.ground import clock
from seminar.ground.db import db
from seminar.people.appointment import Appointment, current_on
from seminar.people.district import District
from seminar.people.school import School
from seminar.series.seminar import Seminar
from seminar.series.series import Series, series_trainer
from seminar.skills.badge import Badge

# Those of product.md; the demo's is what the others are compared to.
SIZES = ("demo", "city", "state", "country")
BADGE, MODEL = "3D Printing Operator", "Desktop 3D printer"
# Where the demo's own people work; the other districts of a state aren't looked at.
SCHOOL = "Alder Creek Elementary"


@dataclass(frozen=True)
class Page:
    """What is asked for, and by whom: the cookie of somebody who may."""

    path: str
    cookie: str


@dataclass(frozen=True)
class Loaded:
    name: str
    url: str
    seconds: float


@dataclass(frozen=True)
class Size:
    """A database of that size, served, and its pages by name."""

    name: str
    app: Flask
    served: Served
    pages: dict[str, Page]


@dataclass(frozen=True)
class Loading:
    """A command that fills the database."""

    name: str
    url: str
    process: subprocess.Popen[bytes]
    began: float

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def loaded(server: str, names: Sequence[str]) -> Iterator[list[Loaded]]:
    """A database of each size on that server, loaded beside each other, as many at once as there are processors."""
    with ExitStack() as kept:
        waiting = [(name, kept.enter_context(database(server))) for name in names]
        running: list[Loading] = []
        done: dict[str, Loaded] = {}
        with progressbar(length=len(names), label=f"Loading {', '.join(names)}") as bar:
            while len(done) < len(names):
                while waiting and len(running) < (os.cpu_count() or 1):
                    # The largest comes last among the names, and takes longest.
                    running.append(_load(*waiting.pop()))
                    kept.callback(running[-1].stop)
                time.sleep(0.1)
                for one in [one for one in running if one.process.poll() is not None]:
                    running.remove(one)
                    if one.process.returncode:
                        sys.exit(f"The {one.name} could not be loaded.")
                    done[one.name] = Loaded(one.name, one.url, time.perf_counter() - one.began)
                    bar.update(1)
        yield [done[name] for name in names]


def _load(name: str, url: str) -> Loading:
    began = time.perf_counter()
    flask(url, "db", "upgrade")
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "demo", "load", "--scale", name]
    # Two at once would write over each other's progress.
    process = subprocess.Popen(command, cwd=ROOT, env=environment(url), stdout=subprocess.DEVNULL)
    return Loading(name, url, process, began)


def grown_to_country(city: Loaded) -> Loaded:
    """The city's database, with a country around the city; the time is that of both."""
    began = time.perf_counter()
    app = product(city.url)
    with app.app_context():
        load_country()
        db.engine.dispose()
    return Loaded("country", city.url, city.seconds + time.perf_counter() - began)


@contextmanager
def served_at(sizes: Sequence[Loaded]) -> Iterator[list[Size]]:
    """All of them at the same time, so that each page can be asked for at one size after the other. The first one says how many
    teachers a school has that is compared."""
    with ExitStack() as kept:
        found: list[Size] = []
        teachers = 0
        for size in sizes:
            app = product(size.url)
            teachers = teachers or _teachers_of_the_demo_school(app)
            # Where there are several districts, the catalog is nobody's until somebody signs in.
            served = kept.enter_context(serving(size.url, "/readyz"))
            found.append(Size(size.name, app, served, pages_of(app, teachers)))
        yield found


def pages_of(app: Flask, teachers: int = 40) -> dict[str, Page]:
    """By name, each asked for by who asks it; the school is one with about so many teachers."""
    with app.app_context():
        seen = _paths(teachers)
    # Nobody signs in while a context is held: all of them would be one person.
    return {name: Page(path, cookie_of(app, person_id)) for name, (path, person_id) in seen.items()}


def _paths(teachers: int) -> dict[str, tuple[str, int]]:
    """The pages of contracts.md that answer people's questions, each with the person who asks it."""
    district_id = db.session.scalars(select(District.id).order_by(District.id).limit(1)).one()
    school_id = _a_school_with(teachers, district_id)
    series_id, trainer = db.session.execute(_demo_series(district_id)).one()
    badge_id = db.session.scalars(select(Badge.id).where(Badge.district_id == district_id, Badge.name == BADGE)).one()
    model = select(EquipmentModel.slug).where(EquipmentModel.district_id == district_id, EquipmentModel.name == MODEL)
    teacher, contact, principal = (_holder(role, district_id, school_id) for role in ("teacher", "maker_contact", "principal"))
    return {
        "catalog": ("/seminars", teacher),
        "a series": (f"/series/{series_id}", teacher),
        "staff finder": ("/staff", principal),
        "staff finder, a badge": (f"/staff?badge={badge_id}", principal),
        "staff finder, a name": ("/staff?name=nguyen", principal),
        "a school": (f"/schools/{school_id}", principal),
        "equipment": ("/equipment", contact),
        "a model's free days": (f"/equipment/{db.session.scalars(model).one()}", contact),
        "depot": ("/depot", _holder("equipment_manager", district_id)),
        "a trainer's grid": (f"/series/{series_id}/skills", trainer),
    }


def _teachers_of_the_demo_school(app: Flask) -> int:
    with app.app_context():
        teach = (Appointment.role == "teacher") & current_on(clock.now().date())
        return db.session.scalar(select(func.count(Appointment.person_id.distinct())).join(School).where(School.name == SCHOOL, teach)) or 0


def _a_school_with(teachers: int, district_id: int) -> int:
    """The one that has nearest to so many, and everybody whose pages are looked at; of several the one that came last."""
    today = clock.now().date()
    has_everybody = func.count(Appointment.role.distinct()) == 3
    many = func.count(Appointment.person_id.distinct()).filter(Appointment.role == "teacher")
    roles = Appointment.role.in_(("teacher", "principal", "maker_contact"))
    schools = select(Appointment.school_id).where(Appointment.district_id == district_id, roles, current_on(today))
    nearest = (
        schools.group_by(Appointment.school_id).having(has_everybody).order_by(func.abs(many - teachers), Appointment.school_id.desc())
    )
    return db.session.scalars(nearest.limit(1)).one() or 0


def _demo_series(district_id: int) -> Select[int, int]:
    """The one that has a meeting on the demo's day, and who teaches it."""
    taught = select(Series.id, series_trainer.c.person_id).join(series_trainer, series_trainer.c.series_id == Series.id).join(Seminar)
    return taught.where(Series.district_id == district_id, Seminar.title == SEMINAR).order_by(Series.id).limit(1)


def _holder(role: str, district_id: int, school_id: int | None = None) -> int:
    held = select(Appointment.person_id).where(Appointment.district_id == district_id, Appointment.role == role)
    at = held.where(Appointment.school_id == school_id, current_on(clock.now().date())).order_by(Appointment.id.desc())
    return db.session.scalars(at.limit(1)).one()
