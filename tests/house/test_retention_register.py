"""The register of what is kept for how long: every table has its kind, and docs/retention.md is what it says."""

from pathlib import Path

import pytest

from seminar.ground.db import Model
from seminar.ground.retention import KINDS, TABLES, RetentionKind, declare, retention_as_markdown

ROOT = Path(__file__).resolve().parents[2]
TEXTS = {"title": "T", "covers": "C.", "does": "D.", "source": "S."}


def test_every_table_has_its_kind_and_every_kind_its_tables(app):
    assert sorted(TABLES) == sorted(Model.metadata.tables)
    assert set(TABLES.values()) == set(KINDS)


def test_a_part_is_of_a_table_of_its_kind(app):
    parts = [(part.model.__table__.name, kind.name) for kind in KINDS.values() for part in kind.parts]
    assert [(table, kind) for table, kind in parts if TABLES[table] != kind] == []


def test_the_committed_page_is_what_the_register_says(app):
    assert (ROOT / "docs" / "retention.md").read_text() == retention_as_markdown()


def test_the_command_writes_it(app):
    assert app.test_cli_runner().invoke(args=["retention"]).output == retention_as_markdown()


def test_people_lose_their_names_after_everything_else(app):
    assert list(KINDS)[-1] == "people"


@pytest.mark.parametrize("times", [{"years": 3, "least": 4}, {"years": 3, "least": 3, "days": 1}, {"years": 3}, {"least": 1}])
def test_a_kind_that_contradicts_itself_is_refused(app, times):
    with pytest.raises(ValueError, match="odd"):
        declare([RetentionKind("odd", **TEXTS, **times)], {})
    assert "odd" not in KINDS
