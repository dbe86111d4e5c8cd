"""Where years are played: one application and one database for all of them, emptied in between."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from email import message_from_bytes
from pathlib import Path

from aiosmtpd.controller import Controller
from flask import Flask

from tests.conftest import empty
from tests.databases import free_port
from tests.money.stripe import stripe_beside
from tests.years.act import Act
from tests.years.playing import DAYS, Played, Year
from tests.years.stripe import YearsStripe
from tests.years.world import World

# One year in so many has its mail sent over SMTP, the others write files.
OVER_SMTP_EACH = 5


class TakesMail:
    """A mail server that says yes, and keeps how often it got each Message-ID."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()

    async def handle_DATA(self, _server: object, _session: object, envelope: object) -> str:
        message = message_from_bytes(envelope.content)  # type: ignore[attr-defined]
        self.taken[message["Message-ID"].strip()] += 1
        return "250 OK"


class Stage:
    def __init__(self, app: Flask, mail: TakesMail, smtp_url: str, stripe: YearsStripe) -> None:
        self.app, self.mail, self.smtp_url, self.stripe = app, mail, smtp_url, stripe

    def play(self, seed: int, days: int = DAYS) -> Played:
        return self._on_an_empty_one(seed, lambda year: year.play(days))

    def play_again(self, seed: int, script: list[Act]) -> Played:
        return self._on_an_empty_one(seed, lambda year: year.play_again(script))

    def _on_an_empty_one(self, seed: int, play: Callable[[Year], Played]) -> Played:
        with self.app.app_context():
            empty()
        self.mail.taken.clear()
        self.stripe.forget()
        with tempfile.TemporaryDirectory() as folder:
            world = World(self.app, Path(folder), self.smtp_url if seed % OVER_SMTP_EACH == 0 else None, self.stripe)
            world.taken = self.mail.taken
            settings, clock = self.app.config["SETTINGS"], self.app.extensions["makerpd_clock"]
            moment = clock.moment
            self.app.config["SETTINGS"] = replace(settings, smtp_url=world.smtp_url, mail_folder=world.folder)
            try:
                return play(Year(world, seed))
            finally:
                # The application is the other tests' too, and its clock stands where they put it.
                self.app.config["SETTINGS"], clock.moment = settings, moment


@contextmanager
def a_stage(app: Flask) -> Iterator[Stage]:
    mail = TakesMail()
    controller = Controller(mail, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        with stripe_beside(app) as stripe:
            yield Stage(app, mail, f"smtp://127.0.0.1:{controller.port}", YearsStripe(stripe))
    finally:
        controller.stop()
