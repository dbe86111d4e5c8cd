"""The composition root: the one place that knows every room. It checks the settings, connects the database, and puts
the rooms, their commands and their contributions together."""

import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask
from flask_migrate import Migrate
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

import inventory.views as inventory_views
import seminar.coverage.views as coverage_views
import seminar.people.views as people_views
import seminar.series.views as series_views
import seminar.skills.views as skills_views
from inventory import at_risk, due, loans_ahead
from inventory.demo import district as demo_district
from seminar import commands
from seminar.ground import contributions, db, health, log
from seminar.ground.clock import Clock, clock_starting
from seminar.ground.settings import Settings, WrongSettings, environment, settings_from
from seminar.people import account
from seminar.series import attendance, feed, home, reminder
from seminar.series import merging as series_merging
from seminar.skills import expiry
from seminar.skills import merging as skills_merging
from seminar.web import language, pages, session, shell
from seminar.web.asked import LARGEST_ID
from seminar.web.requires import refuse_routes_without_an_access_line

ROOT = Path(__file__).resolve().parent


class IdConverter(IntegerConverter):
    """An id in a URL; one that no column could hold is simply not there."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **{"max": LARGEST_ID, **kwargs})  # type: ignore[arg-type]


def create_app(settings: Settings) -> Flask:
    app = Flask("makerpd", root_path=str(ROOT), instance_path=str(ROOT / "instance"))
    app.config.update(
        SECRET_KEY=settings.secret_key,
        BASE_URL=settings.base_url,
        SETTINGS=settings,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.base_url.startswith("https://"),
        MAX_CONTENT_LENGTH=2 * 1024 * 1024,
        MAX_FORM_PARTS=20_000,
        WTF_CSRF_TIME_LIMIT=None,
        BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "translations"),
    )
    app.url_map.converters["int"] = IdConverter
    log.install(settings)
    db.connect(app, settings.database_url)
    Migrate(app, db.db, directory=str(ROOT / "migrations"))
    CSRFProtect(app)
    if settings.base_url.startswith("https://"):
        # A proxy ended TLS: it says who asks, how and for what host. Without one, those headers would be anybody's to set.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    app.extensions["makerpd_clock"] = clock_of(settings)
    for part in (pages, session, language, shell, health):
        part.install(app)
    for blueprint in (people_views.people, skills_views.skills, series_views.series, coverage_views.coverage, inventory_views.inventory):
        app.register_blueprint(blueprint)
    commands.install(app, demo_district.load)
    contribute()
    refuse_routes_without_an_access_line(app)
    return app


def clock_of(settings: Settings) -> Clock:
    """The clock of this installation; the demo's starts at the district's own wall-clock time."""
    if settings.demo_starts is None:
        return Clock()
    start: datetime = settings.demo_starts.replace(tzinfo=ZoneInfo(demo_district.TIMEZONE))
    return clock_starting(start, settings.started)


def contribute() -> None:
    """What later rooms give to earlier ones, all of it here."""
    contributions.home_cards[:] = [
        home.home_cards,
        coverage_views.home_cards,
        inventory_views.home_cards,
    ]
    contributions.feed_events[:] = [feed.meeting_events, loans_ahead.loan_events]
    contributions.attendance_facts[:] = [attendance.share_attended]
    contributions.standing_changed[:] = [at_risk.tell_reservations_at_risk]
    contributions.worker_rounds[:] = [reminder.remind]
    contributions.daily_rounds.update(
        badges_running_out=expiry.tell_what_runs_out,
        reservations_at_risk=at_risk.look_at_every_reservation,
        loans_due=due.tell_what_is_due,
        old_sign_in_attempts=account.forget_old_attempts,
    )
    contributions.settings_pages[:] = [*people_views.directory.settings_pages(), *people_views.sign_on_settings.settings_pages()]
    contributions.account_pages[:] = people_views.email_addresses.account_pages()
    contributions.merge_collisions[:] = [skills_merging.merge_collisions, series_merging.merge_collisions]
    contributions.people_merged[:] = [skills_merging.award_together]


def main() -> Flask:
    try:
        return create_app(settings_from(environment(ROOT), ROOT))
    except WrongSettings as wrong:
        sys.exit("MakerPD can't start:\n" + "\n".join(f"- {sentence}" for sentence in wrong.sentences))


def __getattr__(name: str) -> Flask:
    """`wsgi:app` is made when a server or the command line asks for it, so that a test can import create_app alone."""
    if name == "app":
        globals()["app"] = main()
        return globals()["app"]
    raise AttributeError(name)
