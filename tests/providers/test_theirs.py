"""A provider that we didn't write: the good way through it, its refusal, and what it sends twice."""

from urllib.parse import urlsplit

import pytest
import requests

from tests.cast import a_cast
from tests.providers.conftest import VARIABLE, add_provider
from tests.providers.theirs import their_provider


@pytest.fixture(scope="module")
def issuer():
    with their_provider(
        {"sub": "ada", "email": "ada@a.example", "email_verified": True},
        {"sub": "ben", "email": "ben@a.example"},
    ) as address:
        yield address


@pytest.fixture
def client(clean, issuer, monkeypatch):
    monkeypatch.setenv(VARIABLE, "any")
    with clean.app_context():
        add_provider(a_cast().district, issuer, "theirs", domains=["a.example"])
    return clean.test_client()


def comes_back(client, **typed):
    """Where the provider sends the browser after its own form."""
    away = client.get("/sign-in/with/theirs?next=/my/learning").location
    answer = requests.post(away, data=typed, allow_redirects=False, timeout=5)
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def test_somebody_comes_in_and_lands_on_the_page_that_they_asked_for(client):
    assert client.get("/my/learning").location == "/sign-in?next=/my/learning"
    back = comes_back(client, sub="ada")
    assert client.get(back).location == "/my/learning"
    assert client.get("/my/learning").status_code == 200


def test_a_refusal_there_is_a_sentence_here(client):
    refused = client.get(comes_back(client, action="deny"))
    # It leaves the state out of its refusal, so that all we know is that nobody came back to what was begun.
    assert (refused.status_code, "Start again from the sign-in page" in refused.text) == (400, True)


def test_an_address_that_it_does_not_call_verified_does_not_count(client):
    refused = client.get(comes_back(client, sub="ben"))
    assert (refused.status_code, "your address is really yours" in refused.text) == (403, True)


def test_a_code_that_was_handed_in_is_used_up(client, clean):
    first = comes_back(client, sub="ada")
    assert client.get(first).status_code == 303
    other = clean.test_client()
    code = first.partition("code=")[2].partition("&")[0]
    state = comes_back(other, sub="ada").partition("state=")[2].partition("&")[0]
    refused = other.get(f"/sign-in/with/theirs/callback?code={code}&state={state}")
    assert (refused.status_code, "this sign-in was used already" in refused.text) == (400, True)
