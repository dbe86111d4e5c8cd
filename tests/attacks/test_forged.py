"""A form that another site sends, or that another browser was given: each route refuses it that changes anything."""

import re

import pytest

from tests.attacks.fuzzing import Unread
from tests.attacks.openings import endpoints_that_take_a_post
from tests.pages.doors import a_full_district, client_of, url_of

# A mail program sends it on its own (RFC 8058): its address is signed, for that and nothing else.
SIGNED = {"people.create_turn_off", "money.create_event"}


@pytest.fixture
def guarded(clean, monkeypatch):
    monkeypatch.setattr(clean, "test_client_class", Unread)
    clean.config["WTF_CSRF_ENABLED"] = True
    yield clean
    clean.config["WTF_CSRF_ENABLED"] = False


def let_through(app, ids, key, token):
    found = set()
    for endpoint in endpoints_that_take_a_post(app):
        rule = next(rule for rule in app.url_map.iter_rules(endpoint) if "POST" in rule.methods)
        answer = client_of(app, key).post(url_of(app, rule, ids), data={"csrf_token": token})
        if (answer.status_code, "was open for too long" in answer.text) != (400, True):
            found.add(endpoint)
    return found


def test_what_carries_no_token_of_the_browsers_own_changes_nothing(guarded):
    with guarded.app_context():
        ids, keys = a_full_district()
    others = re.search(r'name="csrf_token" value="([^"]+)"', client_of(guarded, keys["ada"]).get("/my/account").text)[1]
    assert let_through(guarded, ids, keys["olive"], others) == SIGNED
    assert let_through(guarded, ids, None, "") == SIGNED
