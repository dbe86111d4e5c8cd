"""What is refused on the way back from a provider: each a page with a sentence, nobody signed in, nothing secret in the log."""

import pytest

from seminar.ground import outside
from seminar.ground.db import db
from seminar.people.sign_on_provider import SignOnProvider
from tests.providers.conftest import VARIABLE, add_provider
from tests.providers.ours import OurProvider

NOT_THEIRS, NOT_FOR_US = "from School itself", "something else than this site"
NOT_THIS_TIME, TOO_OLD, DOWN = "belongs to another sign-in", "past its time", "answer as it should"
# what the provider does -> the sentence's words
TOKENS = {
    "another issuer": ({"token": {"iss": "https://evil.example"}}, NOT_THEIRS),
    "another issuer by a slash": ({"token": {"iss": "{issuer}/"}}, NOT_THEIRS),
    "for another client": ({"token": {"aud": "another"}}, NOT_FOR_US),
    "for nobody": ({"token": {"aud": None}}, NOT_FOR_US),
    "for several without saying who asked": ({"token": {"aud": ["makerpd", "another"]}}, NOT_FOR_US),
    "asked by another client": ({"token": {"aud": ["makerpd", "another"], "azp": "another"}}, NOT_FOR_US),
    "another nonce": ({"token": {"nonce": "another"}}, NOT_THIS_TIME),
    "no nonce": ({"token": {"nonce": None}}, NOT_THIS_TIME),
    "expired": ({"token": {"exp": 1_700_000_000}}, TOO_OLD),
    "without an end": ({"token": {"exp": None}}, TOO_OLD),
    "an end that is no number": ({"token": {"exp": "tomorrow"}}, TOO_OLD),
    "from the future": ({"token": {"iat": 4_000_000_000, "exp": 4_100_000_000}}, TOO_OLD),
    "of nobody": ({"token": {"sub": ""}}, NOT_THEIRS),
    "of a number": ({"token": {"sub": 1}}, NOT_THEIRS),
    "signed by nobody": ({"algorithm": "none"}, NOT_THEIRS),
    "signed with the public key": ({"algorithm": "HS256"}, NOT_THEIRS),
    "signed by a key that isn't theirs": ({"signed_by": "second"}, NOT_THEIRS),
    "of a key that nobody knows": ({"kid": "second", "signed_by": "second"}, NOT_THEIRS),
}
ANSWERS = {
    "no token": ("/token", 200, "{}", NOT_THEIRS),
    "no JSON": ("/token", 200, "<html>", DOWN),
    "a list": ("/token", 200, "[]", DOWN),
    "a broken token": ("/token", 200, '{"id_token": "a.b.c", "access_token": "x"}', NOT_THEIRS),
    "an error": ("/token", 500, "{}", DOWN),
    "a code that is used up": ("/token", 400, '{"error": "invalid_grant"}', "this sign-in was used already"),
    "a client that is unknown": ("/token", 401, '{"error": "invalid_client"}', "know this site any more"),
    "a way elsewhere": ("/token", 302, "http://127.0.0.1:9/", DOWN),
    "keys without end": ("/keys", 200, '{"keys": ["' + "x" * outside.LARGEST_BYTES + '"]}', DOWN),
    "keys that are none": ("/keys", 200, '{"keys": [{"kty": "oct", "k": "AA"}, 7]}', NOT_THEIRS),
    "no keys": ("/keys", 404, "", DOWN),
}


def refused(somebody, answer, words):
    assert (answer.status_code, words in answer.text) in ((400, True), (403, True)), answer.text[:2000]
    assert not somebody.is_signed_in()


@pytest.mark.parametrize("what", TOKENS)
def test_a_token_that_proves_nothing_is_refused(somebody, provider, what):
    does, words = TOKENS[what]
    for field, value in does.items():
        filled = {k: v.format(issuer=provider.issuer) if k == "iss" else v for k, v in value.items()} if field == "token" else value
        setattr(provider, field, filled)
    refused(somebody, somebody.signs_on(), words)


@pytest.mark.parametrize("what", ANSWERS)
def test_a_provider_that_answers_anything_else_is_told_of(somebody, provider, what):
    path, status, text, words = ANSWERS[what]
    away = somebody.leaves()
    provider.instead[path] = (status, text)
    refused(somebody, somebody.client.get(provider.says_yes(away, email="ada@a.example", email_verified=True)), words)


def test_a_provider_that_calls_itself_something_else_is_not_asked_further(somebody, provider):
    provider.about = {"issuer": "https://evil.example"}
    refused(somebody, somebody.client.get("/sign-in/with/school"), NOT_THEIRS)
    assert provider.asked == ["/.well-known/openid-configuration"]


@pytest.mark.parametrize("endpoint", ["token_endpoint", "jwks_uri", "authorization_endpoint"])
@pytest.mark.parametrize("address", ["http://elsewhere.example/token", "file:///etc/passwd", "", "https://u:p@elsewhere.example/"])
def test_an_endpoint_that_is_no_safe_address_gets_no_secret(somebody, provider, endpoint, address):
    provider.about = {endpoint: address}
    refused(somebody, somebody.client.get("/sign-in/with/school"), NOT_THEIRS)


def test_a_provider_that_is_down_is_told_of(somebody, provider):
    provider.close()
    refused(somebody, somebody.client.get("/sign-in/with/school"), DOWN)
    provider.__init__()


def test_a_provider_that_is_slow_is_not_waited_for(somebody, provider, monkeypatch):
    monkeypatch.setattr(outside, "ANSWERS_WITHIN_SECONDS", 0.2)
    provider.waits_seconds = 1
    refused(somebody, somebody.client.get("/sign-in/with/school"), DOWN)


def test_a_provider_without_its_secret_is_not_asked(somebody, provider, monkeypatch):
    monkeypatch.delenv(VARIABLE)
    refused(somebody, somebody.client.get("/sign-in/with/school"), "set up to the end")
    assert provider.asked == []


def test_who_says_no_there_is_not_signed_in_here(somebody):
    state = somebody.provider.says_yes(somebody.leaves()).partition("state=")[2]
    answer = somebody.client.get(f"/sign-in/with/school/callback?error=access_denied&error_description=<b>no</b>&state={state}")
    refused(somebody, answer, "you or it said no")
    assert "<b>no</b>" not in answer.text


@pytest.mark.parametrize("query", ["", "?code=x", "?code=x&state=forged", "?state=%C3%A9", "?code=x&state="])
def test_a_way_back_that_nobody_began_is_refused(somebody, query):
    somebody.leaves()
    refused(somebody, somebody.client.get(f"/sign-in/with/school/callback{query}"), "started in this browser")
    assert "/token" not in somebody.provider.asked


def test_the_state_of_another_browser_is_refused(somebody, browser_of):
    other = browser_of()
    back = other.provider.says_yes(other.leaves(), email="ben@a.example", email_verified=True)
    somebody.leaves()
    refused(somebody, somebody.client.get(back), "started in this browser")


def test_a_way_back_is_good_once(somebody):
    back = somebody.provider.says_yes(somebody.leaves(), email="ada@a.example", email_verified=True)
    assert somebody.client.get(back).status_code == 303
    somebody.client.post("/sign-out")
    refused(somebody, somebody.client.get(back), "started in this browser")


def test_not_even_a_cookie_that_was_kept_makes_it_good_twice(somebody):
    back = somebody.provider.says_yes(somebody.leaves(), email="ada@a.example", email_verified=True)
    kept = somebody.client.get_cookie("session").value
    assert somebody.client.get(back).status_code == 303
    somebody.client.post("/sign-out")
    somebody.client.set_cookie("session", kept)
    refused(somebody, somebody.client.get(back), "finished already")
    assert somebody.provider.asked.count("/token") == 1


def test_the_answer_of_one_provider_is_nothing_at_anothers_address(somebody, district):
    other = OurProvider()
    try:
        with district.app_context():
            add_provider(db.session.query(SignOnProvider).one().district, other.issuer, "other", domains=[])
        back = somebody.provider.says_yes(somebody.leaves(), email="ada@a.example", email_verified=True)
        refused(somebody, somebody.client.get(back.replace("/school/", "/other/")), "started in this browser")
        assert other.asked == []
    finally:
        other.close()


@pytest.mark.parametrize("who", ["&iss=https://evil.example", ""])
def test_an_answer_says_who_it_is_from_where_the_provider_promises_so(somebody, provider, who):
    provider.about = {"authorization_response_iss_parameter_supported": True}
    back = provider.says_yes(somebody.leaves(), email="ada@a.example", email_verified=True)
    refused(somebody, somebody.client.get(back + who), NOT_THEIRS)
    assert "/token" not in provider.asked


def test_a_verifier_of_another_sign_in_gets_nothing(somebody):
    first, second = somebody.leaves(), somebody.leaves()
    back = somebody.provider.says_yes(first, email="ada@a.example", email_verified=True)
    state = somebody.provider.says_yes(second).partition("state=")[2]
    refused(somebody, somebody.client.get(back.partition("state=")[0] + f"state={state}"), "this sign-in was used already")


def test_nothing_secret_is_logged(somebody, provider, capsys, monkeypatch):
    monkeypatch.setattr(provider, "token", {"nonce": "another"})
    away = somebody.leaves()
    back = provider.says_yes(away, email="ada@a.example", email_verified=True)
    somebody.client.get(back)
    said = "".join(capsys.readouterr())
    secrets = [back.partition("code=")[2].partition("&")[0], back.partition("state=")[2], "ada@a.example", "a-secret-of-the-tests"]
    assert [secret for secret in secrets if secret in said] == []
