"""The register of mails: every template and every kind that a verb writes stands in it, its examples can be written in each
language, and docs/mails.md is what it says."""

import ast
from pathlib import Path

import pytest

from seminar.ground import outbox
from seminar.ground.mail_kinds import AT_ONCE, KINDS, NEVER, WEEKLY, MailKind, declare, mails_as_markdown
from seminar.ground.outbox import Letter
from seminar.people.appointment import ROLES
from tests.cast import NOW, a_cast
from tests.cast import ROLES as CAST
from tests.pages.as_who import as_who
from wsgi import contribute

ROOT = Path(__file__).resolve().parents[2]
# Written by a variable: which link was sent, how a place ended, and what became of a meeting or a reservation.
BY_VARIABLE = {"invitation", "reset", "enrolled", "withdrawn", "canceled", "declined", "passed", "lapsed", "digest"}
TELLS = ("outbox.put", "outbox.put_all", "tell_responsible", "_tell_seated", "_tell", "tell_each", "tell_makers")


def written():
    """The words that a call which writes mail is given for its kind."""
    for path in (*ROOT.glob("seminar/**/*.py"), *ROOT.glob("inventory/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in TELLS:
                kinds = [part for argument in node.args[:3] for part in ast.walk(argument)]
                yield from (part.value for part in kinds if isinstance(part, ast.Constant) and isinstance(part.value, str))


def test_every_template_has_its_kind_and_every_kind_its_template(app):
    assert sorted(path.stem for path in (ROOT / "templates/mail").glob("*.txt")) == sorted(KINDS)


def test_every_kind_that_is_written_is_declared_and_every_declared_one_is_written(app):
    assert set(written()) | BY_VARIABLE == set(KINDS)


def test_a_kind_that_nobody_declared_cannot_be_written(db_session):
    cast = a_cast()
    with pytest.raises(KeyError):
        outbox.put_all("greetings", [Letter(cast.ada, "1")], now=NOW)


@pytest.mark.parametrize(
    "wrong",
    [{"group": "weather"}, {"ways": (AT_ONCE, "by pigeon"), "why": "It flies."}, {"ways": (AT_ONCE, WEEKLY)}, {"ways": (NEVER,)}],
)
def test_a_kind_that_contradicts_itself_is_refused(app, wrong):
    said = dict.fromkeys(("title", "event", "recipient", "key", "page", "link"), "x")
    with pytest.raises(ValueError, match="greetings"):
        declare([MailKind(**{"name": "greetings", "group": "learning", "example": {}, **said, **wrong})])
    assert "greetings" not in KINDS


def test_the_roles_that_a_kind_names_are_roles(app):
    assert {role for kind in KINDS.values() for role in kind.roles} <= set(ROLES)


def test_a_link_opens_for_every_role_that_gets_it(clean):
    """Those that lead to a record of the reader's own are followed where it is changed."""
    with clean.app_context():
        a_cast()
    for name, role in CAST.items():
        reader = as_who(clean, name)
        pages = {kind.page for kind in KINDS.values() if "{" not in kind.page and role in (kind.roles or ROLES)}
        assert {page: reader.get(f"/{page}").status_code for page in pages} == dict.fromkeys(pages, 200)


def test_contributing_again_changes_nothing(app):
    before = dict(KINDS)
    contribute(app.config["SETTINGS"])
    assert before == KINDS


def test_the_page_in_docs_is_what_the_register_says(app):
    assert (ROOT / "docs/mails.md").read_text() == mails_as_markdown(), "flask --app wsgi mails > docs/mails.md"


def test_every_mail_can_be_previewed_in_each_language(clean):
    with clean.app_context():
        a_cast()
    olive = as_who(clean, "olive")
    listed = olive.get("/settings/mails").text
    for name, kind in KINDS.items():
        assert f"/settings/mails/{name}" in listed
        for language in ("en", "es"):
            page = olive.get(f"/settings/mails/{name}?language={language}")
            letter = olive.get(f"/settings/mails/{name}/letter?language={language}")
            assert (page.status_code, letter.status_code) == (200, 200)
            assert f'<html lang="{language}">' in letter.text
            assert ("Hola, Maya:" if language == "es" else "Hello Maya,") in page.text, kind
    assert olive.get("/settings/mails/greetings").status_code == 404
