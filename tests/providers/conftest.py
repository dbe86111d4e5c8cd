"""A district whose people come in by a provider, and a browser."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from seminar.ground.db import db
from seminar.people.sign_on_provider import SignOnDomain, SignOnProvider
from tests.cast import a_cast
from tests.providers.ours import CLIENT_ID, SECRET, OurProvider

VARIABLE = "OIDC_A__SCHOOL_SECRET"


@pytest.fixture
def provider(monkeypatch) -> Iterator[OurProvider]:
    monkeypatch.setenv(VARIABLE, SECRET)
    opened = OurProvider()
    yield opened
    opened.close()


@pytest.fixture
def district(clean: Flask, provider: OurProvider) -> Flask:
    """The cast's, with the provider for a.example."""
    with clean.app_context():
        cast = a_cast()
        add_provider(cast.district, provider.issuer, "school", domains=["a.example"])
    return clean


def add_provider(of: Any, issuer: str, slug: str, *, domains: list[str], **more: Any) -> None:
    row = SignOnProvider(
        district_id=of.id, slug=slug, name=slug.title(), issuer=issuer, client_id=CLIENT_ID, secret_variable=VARIABLE, **more
    )
    row.domains = [SignOnDomain(domain=domain, district_id=of.id) for domain in domains]
    db.session.add(row)
    db.session.commit()


@dataclass
class Browser:
    """Somebody at a browser, on the way to the provider and back."""

    client: FlaskClient
    provider: OurProvider

    def leaves(self, slug: str = "school", **query: str) -> str:
        answer = self.client.get(f"/sign-in/with/{slug}", query_string=query)
        assert answer.status_code == 303, answer.text
        return str(answer.location)

    def signs_on(self, slug: str = "school", back: str = "/my/learning", **claims: Any) -> TestResponse:
        claims = {"email": "ada@a.example", "email_verified": True, **claims}
        return self.client.get(self.provider.says_yes(self.leaves(slug, next=back), **claims))

    def is_signed_in(self) -> bool:
        return self.client.get("/my/account").status_code == 200


@pytest.fixture
def browser_of(district: Flask, provider: OurProvider) -> Any:
    return lambda: Browser(district.test_client(), provider)


@pytest.fixture
def somebody(browser_of: Any) -> Browser:
    found: Browser = browser_of()
    return found
