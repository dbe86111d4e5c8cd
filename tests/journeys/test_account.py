"""Signing in at a real browser, on a district that isn't the demo's: passkeys with Chromium's virtual authenticator, the second
step without JavaScript, and a shared device that signs out by itself."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from flask_migrate import upgrade
from playwright.sync_api import Browser, CDPSession
from sqlalchemy import update
from werkzeug.serving import make_server

from seminar.ground.clock import Clock
from seminar.ground.db import db
from seminar.ground.settings import Settings
from seminar.people import account
from seminar.people.account import Account
from tests.cast import a_cast
from tests.databases import free_port, running_database
from tests.journeys.visitor import DESK, Visitor
from wsgi import create_app

pytestmark = pytest.mark.browser
PASSWORD = "a short sentence"
# WebAuthn takes no number for a name, and `localhost` counts as safe without TLS.
HOST = "localhost"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@dataclass
class District:
    """A district of its own, served; `app` is what serves it."""

    base: str
    app: Any

    def move_clock(self, by: timedelta) -> None:
        clock: Clock = self.app.extensions["makerpd_clock"]
        self.app.extensions["makerpd_clock"] = Clock(clock.offset + by)


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    with running_database() as url:
        port = free_port()
        app = create_app(
            Settings(
                database_url=url,
                secret_key="for-the-browser-tests-" * 3,
                base_url=f"http://{HOST}:{port}",
                smtp_url=None,
                log_level="CRITICAL",
                demo=False,
                demo_starts=None,
                started=None,
                mail_folder=tmp_path_factory.mktemp("mail"),
            )
        )
        with app.app_context():
            upgrade()
            a_cast()
            a_cast("B", {"stan": "program_manager"})
            db.session.execute(update(Account).values(password_hash=account.hashed(PASSWORD)))
            db.session.commit()
            db.session.remove()
        with served(app, port) as address:
            yield District(address, app)
        with app.app_context():
            db.engine.dispose()


@contextmanager
def served(app: Any, port: int) -> Iterator[str]:
    server = make_server(HOST, port, app, threaded=True)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield f"http://{HOST}:{port}"
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


@contextmanager
def visitor(browser: Browser, district: District, **window: Any) -> Iterator[Visitor]:
    opened = Visitor(browser, district.base, **window)
    yield opened
    opened.page.context.close()


def with_authenticator(visitor: Visitor) -> tuple[CDPSession, str]:
    """A device that keeps passkeys and whose finger is always there."""
    session = visitor.page.context.new_cdp_session(visitor.page)
    session.send("WebAuthn.enable")
    added = session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return session, added["authenticatorId"]


def type_password(visitor: Visitor, name: str, district: str = "a") -> Visitor:
    visitor.go("/sign-in").fill("Email", f"{name}@{district}.example").fill("Password", PASSWORD)
    return visitor.press("Sign in")


def press_and_wait(visitor: Visitor, label: str) -> None:
    """The page answers after the device did, and not at once."""
    with visitor.page.expect_event("framenavigated"):
        visitor.main.get_by_role("button", name=visitor.say(label), exact=True).first.click()
    visitor.page.wait_for_load_state()


def sign_out(visitor: Visitor) -> None:
    visitor.page.get_by_role("button", name="Sign out").click()
    visitor.page.wait_for_url("**/sign-in")


def test_a_passkey_is_added_signs_in_without_a_password_and_is_removed(browser, district):
    with visitor(browser, district) as ada:
        session, device = with_authenticator(ada)
        type_password(ada, "ada").go("/my/account/passkeys").fill("Name", "My phone")
        press_and_wait(ada, "Add it")
        ada.look()
        ada.reads("The passkey is added.")
        sign_out(ada)
        ada.go("/my/learning")
        press_and_wait(ada, "Sign in with a passkey")
        assert ada.path == "/my/learning"
        ada.go("/my/account/sessions").reads("with a passkey")
        kept = session.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
        assert [(one["rpId"], one["isResidentCredential"]) for one in kept] == [(HOST, True)]
        ada.go("/my/account/passkeys").leave_by(ada.main.get_by_role("button", name=re.compile(r"^Remove\s*: My phone")))
        ada.reads("It no longer opens your account.")
        sign_out(ada)
        press_and_wait(ada, "Sign in with a passkey")
        ada.reads("This passkey was not accepted.")
        assert ada.go("/my/learning").path == "/sign-in"


def test_a_copied_passkey_and_one_that_nobody_opened_are_refused(browser, district):
    with visitor(browser, district) as cora:
        session, device = with_authenticator(cora)
        type_password(cora, "cora").go("/my/account/passkeys").fill("Name", "My key")
        press_and_wait(cora, "Add it")
        cora.reads("The passkey is added.")
        # The copy was made before the other was used on.
        (copied,) = session.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
        for _ in range(2):
            sign_out(cora)
            press_and_wait(cora, "Sign in with a passkey")
        sign_out(cora)
        session.send("WebAuthn.clearCredentials", {"authenticatorId": device})
        session.send("WebAuthn.addCredential", {"authenticatorId": device, "credential": copied})
        press_and_wait(cora, "Sign in with a passkey")
        cora.look()
        cora.reads("counts backwards, as a copy of it would")
        session.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
        cora.go("/sign-in").main.get_by_role("button", name="Sign in with a passkey").click()
        cora.main.get_by_text("No passkey answered").wait_for()
        assert cora.go("/my/learning").path == "/sign-in"


def test_an_answer_is_good_once_and_for_the_browser_that_asked(browser, district):
    with visitor(browser, district) as kim, visitor(browser, district) as thief:
        with_authenticator(kim)
        type_password(kim, "kim").go("/my/account/passkeys").fill("Name", "My key")
        press_and_wait(kim, "Add it")
        sign_out(kim)
        # What the browser would send is kept back, to be sent by somebody else, and twice.
        kim.page.evaluate(
            "() => { HTMLFormElement.prototype.submit = function () { document.body.dataset.kept = this.elements.credential.value; }; }"
        )
        kim.main.get_by_role("button", name="Sign in with a passkey").click()
        # A locator, since the page's security policy lets nobody evaluate a string until it is true.
        kept = kim.page.locator("body[data-kept]")
        kept.wait_for()
        answer, cookies = kept.get_attribute("data-kept"), kim.page.context.cookies()
        thief.go("/sign-in")
        assert [_sent(thief, answer), _sent(kim, answer)] == [409, 303]
        kim.page.context.clear_cookies()
        kim.page.context.add_cookies(cookies)
        assert _sent(kim, answer) == 409


def _sent(visitor: Visitor, answer: str) -> int:
    """Sent with the token of the page that is open, without coming to another."""
    form = {"csrf_token": visitor.page.locator("[name=csrf_token]").first.input_value(), "credential": answer}
    return visitor.page.request.post(f"{visitor.base}/sign-in/passkey", form=form, max_redirects=0).status


def test_an_answer_given_at_another_address_is_refused(browser, district):
    with visitor(browser, district) as tara:
        with_authenticator(tara)
        type_password(tara, "tara").go("/my/account/passkeys").fill("Name", "My key")
        press_and_wait(tara, "Add it")
        sign_out(tara)
        with served(district.app, free_port()) as elsewhere:
            tara.base = elsewhere
            tara.go("/sign-in")
            press_and_wait(tara, "Sign in with a passkey")
            tara.reads("This passkey was not accepted.")
        tara.base = district.base
        tara.go("/sign-in")
        press_and_wait(tara, "Sign in with a passkey")
        assert tara.go("/teaching").path == "/teaching"


def test_the_second_step_works_without_javascript(browser, district):
    with visitor(browser, district, java_script_enabled=False, axe=False) as olive:
        type_password(olive, "olive")
        assert olive.path == "/my/account/second-step"
        olive.reads("nothing else opens before")
        assert olive.go("/people").path == "/my/account/second-step"
        secret = olive.main.locator(".key code").inner_text().replace(" ", "")
        olive.fill("Code", pyotp.TOTP(secret).now()).press("Turn it on")
        assert olive.path == "/my/account/recovery-codes"
        codes = olive.main.locator(".codes code").all_inner_texts()
        olive.follow("I keep them safely. Go on").go("/people").reads("Ada Example")
        sign_out(olive)
        type_password(olive, "olive")
        assert olive.path == "/sign-in/code"
        olive.fill("Code", "000000").press("Go on").reads("That code doesn't open it.")
        assert olive.status == 422
        olive.fill("Code", codes[0]).press("Go on")
        olive.go("/people").reads("Ada Example")


def test_the_pages_of_the_second_step_read_well(browser, district):
    with visitor(browser, district) as eli:
        type_password(eli, "eli")
        secret = eli.main.locator(".key code").inner_text().replace(" ", "")
        eli.fill("Code", pyotp.TOTP(secret).now()).press("Turn it on").go("/my/account/second-step").go("/my/account/recovery-codes")
        sign_out(eli)
        type_password(eli, "eli").look()
        for window in ({"width": 320, "height": 640}, DESK):
            eli.page.set_viewport_size(window)
            eli.look()


def test_a_passkey_can_be_the_second_step_of_who_needs_one(browser, district):
    with visitor(browser, district) as stan:
        with_authenticator(stan)
        type_password(stan, "stan", "b").follow("Use a passkey").fill("Name", "My key")
        press_and_wait(stan, "Add it")
        assert stan.path == "/my/account/recovery-codes"
        stan.follow("I keep them safely. Go on").go("/people").reads("Stan Example")
        sign_out(stan)
        type_password(stan, "stan", "b").reads("Your password was right.")
        press_and_wait(stan, "Sign in with a passkey")
        stan.go("/people").reads("Stan Example")


def test_a_shared_device_warns_and_signs_out_by_itself(browser, district):
    with visitor(browser, district) as ben:
        ben.page.clock.install(time=datetime.now(UTC))
        ben.go("/sign-in").fill("Email", "ben@a.example").fill("Password", PASSWORD)
        ben.check(ben.main.get_by_role("checkbox"))
        ben.press("Sign in").go("/my/learning")
        warning = ben.page.get_by_role("dialog")
        # Too soon for the server to be told of it: it goes on counting from the page.
        ben.page.clock.fast_forward("00:20")
        ben.page.keyboard.press("Tab")
        ben.page.clock.fast_forward("07:10")
        assert not warning.is_visible()
        ben.page.clock.fast_forward("00:40")
        warning.wait_for()
        assert "signs you out in" in warning.inner_text()
        ben.look()
        with ben.page.expect_response("**/my/account/still-here"):
            warning.get_by_role("button", name="Stay signed in").click()
        ben.page.clock.fast_forward("07:30")
        assert not warning.is_visible()
        district.move_clock(timedelta(minutes=10))
        ben.page.clock.fast_forward("02:40")
        ben.page.wait_for_url(re.compile(r"/sign-in\?.*why=idle"))
        ben.reads("Nobody used this shared device for a while")
        ben.fill("Email", "ben@a.example").fill("Password", PASSWORD).press("Sign in")
        assert ben.path == "/my/learning"


def test_an_ended_device_opens_nothing(browser, district):
    with visitor(browser, district) as pia, visitor(browser, district) as other:
        type_password(pia, "pia")
        type_password(other, "pia").go("/my/learning")
        pia.go("/my/account/sessions").press("End all others").reads("You're signed in nowhere else.")
        assert other.go("/my/learning").path == "/sign-in"
