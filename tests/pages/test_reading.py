"""Every page that a GET answers, for every role and for who is signed out, in both languages, as tests/pages/reader.py reads it.

The program manager opens nearly all of them, a teacher those of everybody; the other roles' pages are read in the deep run.
"""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from seminar.ground.db import db
from seminar.people.person import Person
from tests.databases import POSTGRESQL_IN_THE_DEEP_RUN
from tests.pages.document import Document
from tests.pages.doors import EVERYBODY, a_full_district, client_of, pages_of
from tests.pages.reader import faults_of, is_page, texts_of

pytestmark = POSTGRESQL_IN_THE_DEEP_RUN

# What the cast is called and has made reads alike in every language, and so do addresses and what others call their products.
OF_THE_CAST = re.compile(
    r"Example|Build it\.|@a\.example|pd@example|sis\.example|\w+\.(csv|zip)|Diaz|Alder Creek|ROSTER_SECRET|Firefox · Linux"
    # Of the calendar, and the names of the world's time zones.
    r"|Staff day|Open Saturday|Spring$|[A-Z]\w+/[A-Z]|^[0-9a-f]{32}$|School A|^Oak Hill$|^Design thinking$|^Maker Safety$"
    r"|@home\.example|https?://|Google Workspace|Microsoft Entra|^Title II$"
    # The audit trail names a record by its table, and tells what was written as it was.
    r"|^[a-z]+_[a-z]+ \d+$|^\[\[\d+, '"
)


def pages_read(app, ids, key, language):
    """By URL each page that this person gets in the language, and what is wrong with them."""
    with app.app_context():
        db.session.execute(update(Person).values(language=language))
        db.session.commit()
    answers = {url: client_of(app, key).get(url, headers={"Accept-Language": language}) for _, url in pages_of(app, ids)}
    wrong = [(url, fault) for url, answer in answers.items() for fault in faults_of(answer)]
    return {url: Document(answer.text) for url, answer in answers.items() if is_page(answer)}, wrong


def languages(pages):
    return {html.attributes.get("lang") for page in pages.values() for html in page.all("html")}


def sentences(page):
    return {text for text in texts_of(page) if len(re.findall(r"[^\W\d_]{2,}", text)) > 1 and not OF_THE_CAST.search(text)}


NEARLY_ALL = ("olive", "ada", "nobody")
OTHERS = [pytest.param(name, marks=pytest.mark.deep) for name in EVERYBODY if name not in NEARLY_ALL]


@pytest.mark.parametrize("name", [*NEARLY_ALL, *OTHERS])
def test_each_page_reads_well_in_english_and_in_spanish(clean, monkeypatch, name):
    # The tests' own client stops at the first fault; here all of them are listed.
    monkeypatch.setattr(clean, "test_client_class", FlaskClient)
    with clean.app_context():
        ids, keys = a_full_district()
    english, wrong = pages_read(clean, ids, keys.get(name), "en")
    spanish, wrong_in_spanish = pages_read(clean, ids, keys.get(name), "es")
    alike = [(url, text) for url in english for text in sentences(english[url]) & sentences(spanish[url])]
    assert wrong == []
    assert wrong_in_spanish == []
    assert (languages(english), languages(spanish)) == ({"en"}, {"es"})
    assert alike == []
