"""Who imports whom, read from the sources; and that the reader sees what it should."""

from pathlib import Path

import pytest

from tests.house.imports import offenders, sources_of, without_a_place

ROOT = Path(__file__).resolve().parents[2]

# By the module that imports, what it may not import.
OFFENSES = [
    ("seminar.people.roster", "from seminar.skills.badge import Badge", "it climbs"),
    ("seminar.people.roster", "from seminar import skills", "it climbs"),
    ("seminar.people.roster", "def late():\n    if True:\n        from seminar.skills import badge", "it climbs"),
    ("seminar.skills.award", "import seminar.series.series as runs", "it climbs"),
    ("seminar.series.credit", "from seminar.money.order import Order", "it climbs"),
    ("seminar.money.order", "from seminar.coverage import finder", "it climbs"),
    ("seminar.coverage.forecast", "import seminar.sharing", "it climbs"),
    ("seminar.sharing.activity", "from inventory.equipment import Item", "it climbs"),
    ("seminar.people.views.home", "from inventory import gate", "it climbs"),
    ("seminar.people.views.home", "from seminar.coverage.finder import holders", "it climbs"),
    ("seminar.ground.db", "from seminar.people.person import Person", "the ground knows no room and no page"),
    ("seminar.ground.db", "from seminar.web import viewer", "the ground knows no room and no page"),
    ("seminar.ground.db", "import inventory", "the ground knows no room and no page"),
    ("seminar.web.shell", "from seminar.people.views import people", "web knows the ground and who is looking, nothing else"),
    ("seminar.web.shell", "from seminar.people.school import School", "web knows the ground and who is looking, nothing else"),
    ("seminar.web.shell", "from seminar.series.catalog import listed", "web knows the ground and who is looking, nothing else"),
    ("seminar.people.person", "from seminar.people.views.account import PasswordForm", "a concept knows no page"),
    ("seminar.people.person", "from seminar.people import views", "a concept knows no page"),
    ("inventory.lending", "from seminar.web.viewer import me", "a concept knows no page"),
    ("inventory.demo.world", "from inventory.views.equipment import model_or_404", "a concept knows no page"),
    ("inventory.demo.world", "from seminar.web.forms import Form", "a concept knows no page"),
    ("seminar.series.views.grid", "from seminar.skills.views.badges import BadgeForm", "a view is its own room's"),
    ("seminar.people.person", "from flask import request", "person and time are arguments, never fetched inside"),
    ("seminar.people.person", "from flask.globals import g as here", "person and time are arguments, never fetched inside"),
    ("seminar.people.person", "import flask", "person and time are arguments, never fetched inside"),
    ("inventory.gate", "from flask import session", "person and time are arguments, never fetched inside"),
    ("inventory.demo.world", "from flask_login import current_user", "person and time are arguments, never fetched inside"),
    ("inventory.lending", "from inventory.demo.world import World", "only the composition root loads the demo"),
    ("inventory.views.depot", "from inventory import demo", "only the composition root loads the demo"),
    ("seminar.people.views.home", "from wsgi import create_app", "nobody imports the composition root"),
    ("seminar.ground.serve", "from seminar import commands", "nobody imports the composition root"),
    ("seminar.people.person", "from . import school", "imports are spelled out"),
    ("seminar.people.person", "import importlib\nimportlib.import_module('inventory')", "imports are spelled out"),
]
FINE = {
    "wsgi": "from inventory.demo import district\nfrom seminar.people import views\nfrom flask import request",
    "seminar.commands": "from seminar.audit import broken_rules\nfrom seminar.web.letters import write",
    "seminar.ground.db": "from flask import request\nfrom seminar.ground.clock import now",
    "seminar.web.viewer": "from flask import g, session\nfrom seminar.people.person import Person\nfrom seminar.people import account",
    "seminar.people.views.home": "from flask import request\nfrom seminar.web.viewer import me\nfrom seminar.people.views import people",
    "seminar.series.enrollment": "from flask import current_app\nfrom seminar.skills import badge",
    "inventory.gate": "import seminar.sharing.activity\nfrom seminar.ground.db import Model\nclass Check(Model): ...",
    "inventory.views.depot": "from inventory.gate import Check\nfrom inventory.views.reservation import reservation_page",
    "inventory.demo.world": "from inventory.demo.names import GIVEN\nfrom seminar.coverage.target import CoverageTarget",
}


def test_no_import_climbs():
    assert offenders(sources_of(ROOT)) == []


def test_every_module_stands_in_a_place_that_the_architecture_names():
    sources = sources_of(ROOT)
    assert {"wsgi", "seminar.ground.db", "seminar.series.views.grid", "inventory.demo.district"} <= set(sources)
    assert without_a_place(sources) == []


@pytest.mark.parametrize(("module", "source", "reason"), OFFENSES)
def test_an_import_that_may_not_be_is_told(module, source, reason):
    (told,) = offenders({module: source})
    assert told.startswith(f"{module}:{len(source.splitlines())} imports ")
    assert told.endswith(f": {reason}")


def test_a_model_is_neither_declared_in_a_view_nor_imported_from_one():
    sources = {
        "inventory.equipment": "from seminar.ground.db import Model\nclass Item(Model): ...",
        "inventory.views.items": "from inventory.equipment import Item\nfrom seminar.ground import db\nclass Shelf(db.Model): ...",
        "inventory.views.depot": "from inventory.views.items import Item",
    }
    assert offenders(sources) == [
        "inventory.views.depot:1 imports inventory.views.items.Item: a model comes from its concept",
        "inventory.views.items:3 declares Shelf: a model stands in its concept",
    ]


def test_what_may_be_imported_is_left_alone():
    assert offenders(FINE) == []


def test_a_part_that_the_architecture_does_not_name_is_told():
    assert without_a_place({"seminar.helpers": "", "seminar.people.person": "", "seminar": "", "wsgi": ""}) == ["seminar.helpers"]
