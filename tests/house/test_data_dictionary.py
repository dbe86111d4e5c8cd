"""The data dictionary is what the models say, and each table says what it is for."""

from pathlib import Path

import pytest

from seminar.ground.db import Model
from seminar.ground.dictionary import data_dictionary, purpose_of

ROOT = Path(__file__).resolve().parents[2]


def test_the_committed_dictionary_is_what_the_models_say(app):
    assert (ROOT / "docs" / "data-dictionary.md").read_text() == data_dictionary()


def test_the_command_writes_it(app):
    assert app.test_cli_runner().invoke(args=["data-dictionary"]).output == data_dictionary()


@pytest.mark.parametrize("name", sorted(Model.metadata.tables))
def test_each_table_says_what_it_is_for(name):
    assert len(purpose_of(Model.metadata.tables[name])) > 10
