"""Help: each role's page leads to pages that this role opens, and each word that the product shows is told of where it is met."""

import re
from pathlib import Path

import pytest

from inventory.reserving import Asked, reserve
from seminar.people.appointment import ROLES
from seminar.people.help import LEADS, LOOP, STEPS
from seminar.web.words import WORDS
from tests.cast import NOW, TODAY, a_cast, a_model, a_series, an_award
from tests.cast import ROLES as CAST
from tests.pages.as_who import as_who
from tests.pages.document import Document

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
WHO = {role: name for name, role in reversed(CAST.items())}


def links_in_main(page):
    return [a.attributes["href"] for a in page.all("a") if a.is_in("main") and a.attributes["href"].startswith("/")]


def step_links(page):
    return [a.attributes["href"] for a in page.all("a") if a.is_in("ol")]


@pytest.fixture
def cast(clean):
    with clean.app_context():
        a_cast()
    return clean


def test_each_role_has_its_page():
    assert set(STEPS) == set(LEADS) == set(ROLES)
    assert {step.place for steps in STEPS.values() for step in steps} <= set(LOOP)


@pytest.mark.parametrize("role", ROLES)
def test_every_link_of_a_roles_page_opens_for_that_role(cast, role):
    reader = as_who(cast, WHO[role])
    page = Document(reader.get(f"/help/{role}").text)
    assert len(step_links(page)) == sum(bool(step.endpoint) for step in STEPS[role])
    assert {link: reader.get(link).status_code for link in links_in_main(page)} == dict.fromkeys(links_in_main(page), 200)


@pytest.mark.parametrize("role", ROLES)
def test_a_reader_gets_no_link_that_is_not_theirs(cast, role):
    teacher = as_who(cast, "ada")
    links = step_links(Document(teacher.get(f"/help/{role}").text))
    assert [link for link in links if teacher.get(link).status_code != 200] == []
    assert step_links(Document(cast.test_client().get(f"/help/{role}").text)) == []


def test_ones_own_role_stands_first(cast):
    page = Document(as_who(cast, "tara").get("/help").text)
    assert links_in_main(page)[0] == "/help/trainer"


def test_no_role_of_that_name_is_not_there(cast):
    assert as_who(cast, "ada").get("/help/janitor").status_code == 404


def test_filled_and_outlined_places_are_the_roles_own_and_the_others(cast):
    page = Document(as_who(cast, "ada").get("/help/teacher").text)
    drawn = [circle.attributes["class"] for circle in page.all("circle") if circle.is_in("main")]
    assert drawn == ["part"] * 6 + ["place"]


def used_words():
    called = re.compile(r"\bterms?\(([^()]*)\)")
    files = [file for file in TEMPLATES.rglob("*.html") if file.name != "words.html"]
    return {word for file in files for words in called.findall(file.read_text()) for word in re.findall(r'"([\w-]+)"', words)}


def test_each_word_is_told_of_where_it_is_met_and_no_other():
    assert used_words() == set(WORDS)


@pytest.mark.parametrize(
    ("name", "path", "word"),
    [
        (None, "/series/1", "Series"),
        ("cora", "/reservations/new", "Responsible teacher"),
        ("cora", "/reservations/1", "At risk"),
        ("ada", "/equipment/printer", "Trained teacher"),
        ("ada", "/people/1", "Competency"),
        ("olive", "/people/1/appointments", "Role"),
    ],
)
def test_a_word_that_decides_something_is_told_of_on_that_page(clean, name, path, word):
    with clean.app_context():
        cast = a_cast()
        an_award(cast, cast.ada)
        reserve(Asked(cast.school, cast.ada, {a_model(cast): 1}, TODAY, TODAY), by=cast.cora, now=NOW, today=TODAY)
        a_series(cast)
    page = Document(as_who(clean, name).get(path).text if name else clean.test_client().get(path).text)
    assert f"What is this: {word}" in [summary.text for summary in page.all("summary")]


def test_the_glossary_has_each_word(cast):
    page = Document(cast.test_client().get("/help/words").text)
    assert [div.attributes["id"] for div in page.all("div") if div.is_in("dl")] == list(WORDS)


def test_the_foot_of_each_page_leads_to_help_and_accessibility(cast):
    for path in ("/seminars", "/nowhere", "/help"):
        page = Document(cast.test_client().get(path).text)
        assert [a.attributes["href"] for a in page.all("a") if a.is_in("footer")] == ["/help", "/accessibility"]


def test_the_statement_names_where_to_write_and_promises_nothing_for_the_district(cast):
    page = cast.test_client().get("/accessibility").text
    assert 'href="mailto:pd@example.org"' in page
    assert "working days" not in page
