"""Style sheets and scripts: asked for once a release."""

import re

import pytest

from tests.cast import a_cast


@pytest.fixture
def visitor(clean):
    with clean.app_context():
        a_cast()
    return clean.test_client()


def test_a_page_asks_for_its_style_sheets_by_addresses_that_a_browser_keeps(visitor):
    asked = re.findall(r'(?:href|src)="(/static/[^"]+)"', visitor.get("/seminars").text)
    assert {address.rsplit("/", 1)[1] for address in asked} >= {"tokens.css", "base.css", "app.js", "logo.svg"}
    for address in asked:
        answer = visitor.get(address)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")


def test_another_releases_address_gives_the_file_but_isnt_kept(visitor):
    answer = visitor.get("/static/0123456789abcdef/css/base.css")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")


@pytest.mark.parametrize("name", ["../wsgi.py", "%2e%2e/wsgi.py", "css/none.css", "css"])
def test_nothing_beside_the_assets_is_given(visitor, name):
    assert visitor.get(f"/static/0123456789abcdef/{name}").status_code == 404
