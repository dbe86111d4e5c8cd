"""Signing in by a provider that somebody else wrote, in a browser: set up by the program manager, used from a deep link and back."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import SECRET_OF_A_PROVIDER
from tests.journeys.visitor import DESK, PHONE, Visitor
from tests.providers.theirs import their_provider

pytestmark = pytest.mark.browser
NAME = "Rivermark School ID"


@pytest.fixture
def issuer() -> Iterator[str]:
    with their_provider(
        {"sub": "tessa", "email": "teacher@rivermark.example", "email_verified": True},
        {"sub": "a stranger", "email": "stranger@rivermark.example", "email_verified": True},
    ) as address:
        yield address


@pytest.mark.parametrize(("language", "window"), [("en", PHONE), ("es", DESK)], ids=["phone", "desk in Spanish"])
def test_a_provider_is_set_up_and_leads_back_to_the_page_that_was_asked_for(browser, fresh_base, issuer, language, window):
    gloria = Visitor(browser, fresh_base, language=language, viewport=window).sign_in("program")
    gloria.go("/settings").follow("Single sign-on").follow("Add a provider")
    gloria.fill("Name on the button", NAME).fill("Issuer", issuer).fill("Client id", "makerpd")
    gloria.fill("Name of the variable with the secret", SECRET_OF_A_PROVIDER).fill("Email domains", "rivermark.example")
    gloria.press("Save").press("Check it").sees("It answers, it is who it says, and its keys can be read.")

    tessa = Visitor(browser, fresh_base, language=language, viewport=window).go("/my/learning")
    comes_by_provider(tessa, "tessa")
    expect(tessa.page).to_have_url(f"{fresh_base}/my/learning")
    tessa.look()

    stranger = Visitor(browser, fresh_base, language=language, viewport=window).go("/sign-in")
    comes_by_provider(stranger, "a stranger")
    stranger.look()
    stranger.sees("We know nobody with this address. The PD office can add you.")
    stranger.follow("Back to the sign-in page")


def comes_by_provider(visitor: Visitor, who: str) -> None:
    """The provider's own page isn't ours to look at."""
    label = visitor.say("Continue with %(name)s").replace("%(name)s", NAME)
    visitor.main.get_by_role("link", name=label).click()
    visitor.page.get_by_role("button", name=who, exact=True).click()
    visitor.page.wait_for_url(f"{visitor.base}/**")
