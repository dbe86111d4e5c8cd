"""The program manager's providers: what is asked of each, the check, and who has no business there."""

import pytest
from sqlalchemy import select

from seminar.ground.db import db
from seminar.ground.history import History
from seminar.people.person import Person
from seminar.people.sign_on import SignOnIdentity
from seminar.people.sign_on_provider import SignOnProvider
from tests.cast import NOW, a_cast
from tests.pages.as_who import as_who
from tests.providers.ours import OurProvider

TYPED = {
    "name": "Google",
    "issuer": "https://accounts.google.com",
    "client_id": "makerpd",
    "secret_variable": "OIDC_A__GOOGLE_SECRET",
    "domains": "@A.example, b.example",
    "password_open": "y",
}


@pytest.fixture
def olive(clean):
    with clean.app_context():
        a_cast()
    return as_who(clean, "olive")


def saved(app):
    with app.app_context():
        return [(row.slug, [one.domain for one in row.domains], row.off_since) for row in db.session.scalars(select(SignOnProvider))]


def test_a_provider_is_saved_and_its_way_back_is_shown(olive, clean):
    answer = olive.post("/settings/sign-on/new", data=TYPED)
    assert saved(clean) == [("a-google", ["a.example", "b.example"], None)]
    page = olive.get(answer.location).text
    assert "http://localhost/sign-in/with/a-google/callback" in page
    assert "The environment has no secret of that name yet." in page
    assert "Google" in olive.get("/settings/sign-on").text


def test_a_change_keeps_the_way_back(olive, clean):
    address = olive.post("/settings/sign-on/new", data=TYPED).location
    assert olive.post(address, data={**TYPED, "name": "Workspace", "domains": "b.example c.example"}).status_code == 303
    assert saved(clean) == [("a-google", ["b.example", "c.example"], None)]


def test_all_that_decides_who_comes_in_is_on_record_as_it_was_and_as_it_is(olive, clean):
    address = olive.post("/settings/sign-on/new", data=TYPED).location
    olive.post(address, data={**TYPED, "issuer": "https://id.example", "tenant_claim": "t", "tenant_value": "1", "vouches": "y"})
    with clean.app_context():
        first, second = db.session.scalars(select(History.details).where(History.record == "sign_on_provider").order_by(History.id))
    changed = {name: (value, second[name]) for name, value in second["before"].items() if value != second[name]}
    assert second["before"] == {name: first[name] for name in second["before"]}
    assert changed == {
        "issuer": ("https://accounts.google.com", "https://id.example"),
        "tenant_claim": ("", "t"),
        "tenant_value": ("", "1"),
        "vouches": (False, True),
    }


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("issuer", "accounts.google.com", "starts with https://"),
        ("issuer", "http://elsewhere.example", "starts with https://"),
        ("issuer", "https://[::", "starts with https://"),
        ("secret_variable", "SECRET_KEY", "begins with OIDC_A__"),
        ("secret_variable", "OIDC_B__SECRET", "begins with OIDC_A__"),
        ("secret_variable", "$(id)", "Capital letters"),
        ("domains", "a.example, nonsense", "nonsense is no domain"),
        ("domains", "a.example, taken.example", "taken.example leads to another provider already"),
        ("password_open", "", "Sign in with it once yourself"),
        ("issuer", "https://clever.com", "Many districts share this issuer"),
        ("tenant_value", "17", "belong together"),
        ("sourced_id_claim", "a claim", "letters, digits"),
    ],
)
def test_what_cannot_be_is_told_beside_its_field(olive, clean, field, value, words):
    olive.post("/settings/sign-on/new", data={**TYPED, "name": "Other", "domains": "taken.example"})
    before = saved(clean)
    answer = olive.post("/settings/sign-on/new", data={**TYPED, field: value})
    assert (answer.status_code, words in answer.text) == (422, True)
    assert saved(clean) == before


def test_two_districts_never_share_a_domain(olive, clean):
    olive.post("/settings/sign-on/new", data=TYPED)
    with clean.app_context():
        a_cast("B", {"stan": "program_manager"})
    theirs = {**TYPED, "secret_variable": "OIDC_B__SECRET", "domains": "a.example"}
    assert as_who(clean, "stan", "b").post("/settings/sign-on/new", data=theirs).status_code == 422


def test_the_password_is_closed_once_somebody_came_in_without_it(olive, clean):
    address = olive.post("/settings/sign-on/new", data=TYPED).location
    with clean.app_context():
        person = db.session.scalars(select(Person).where(Person.email == "olive@a.example")).one()
        db.session.add(
            SignOnIdentity(district_id=person.district_id, person_id=person.id, issuer=TYPED["issuer"], subject="1", linked_at=NOW)
        )
        db.session.commit()
    assert olive.post(address, data={**TYPED, "password_open": ""}).status_code == 303
    assert "no passwords" in olive.get("/settings/sign-on").text


def test_off_and_on_again(olive, clean):
    address = olive.post("/settings/sign-on/new", data=TYPED).location
    olive.post(f"{address}/off")
    assert clean.test_client().get("/sign-in/with/a-google").status_code == 404
    assert "Nobody comes in by it until you switch it on." in olive.get(address).text
    olive.post(f"{address}/on")
    assert saved(clean)[0][2] is None


def test_the_check_says_what_is_wrong_and_when_nothing_is(olive, monkeypatch):
    provider = OurProvider()
    try:
        address = olive.post("/settings/sign-on/new", data={**TYPED, "issuer": provider.issuer}).location

        def check():
            olive.post(f"{address}/check")
            return olive.get(address).text

        assert "no secret of that name. Set it" in check()
        monkeypatch.setenv(TYPED["secret_variable"], "any")
        assert "It answers, it is who it says, and its keys can be read." in check()
        provider.about = {"issuer": "https://evil.example"}
        assert "It calls itself https://evil.example." in check()
        provider.about = {"token_endpoint": "http://elsewhere.example/"}
        assert "Its token_endpoint is missing, or isn&#39;t a safe address." in check()
        provider.about = {"code_challenge_methods_supported": ["plain"]}
        assert "know PKCE with S256." in check()
        provider.about, provider.published = {}, []
        assert "Its signing keys can&#39;t be read." in check()
        provider.instead["/.well-known/openid-configuration"] = (404, "")
        assert "Nothing that can be read is at" in check()
    finally:
        provider.close()
