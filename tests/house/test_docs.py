"""README and docs name what is there: targets of make, commands, files and pages."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
A_FILE = re.compile(r"`((?:docs|inventory|migrations|seminar|templates|tests)/[\w./-]+?)/?(?:::\w+)?`")


@pytest.fixture(params=PAGES, ids=lambda path: path.name)
def page(request):
    return request.param


def test_each_target_of_make_is_there(page):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"(?:`|^    )make ([a-z-]+)", page.read_text(), re.M)) <= targets


def test_each_file_is_there(page):
    text = page.read_text()
    named = [ROOT / path for path in A_FILE.findall(text)]
    linked = [page.parent / path for path in re.findall(r"\]\(([\w./-]+)\)", text)]
    assert [path for path in named + linked if not path.exists()] == []


def test_each_command_is_there(app, page):
    commands = app.cli.commands
    for name, second in re.findall(r"flask --app wsgi ([a-z-]+)(?: ([a-z-]+))?", page.read_text()):
        assert name in {*commands, "db"}
        assert not hasattr(commands.get(name), "commands") or second in commands[name].commands


def test_each_page_of_our_own_is_there(app, page):
    urls = app.url_map.bind("localhost")
    for path in re.findall(r"[ `(](/(?:my|settings|set-up|sign-in|healthz|readyz|accessibility)[\w/-]*)[`. ,)]", page.read_text()):
        assert urls.match(path, return_rule=True)
