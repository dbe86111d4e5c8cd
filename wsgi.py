"""The composition root: the one place that knows every room. It checks the settings, connects the database, and puts
the rooms, their commands and their contributions together."""

import os
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask
from flask_migrate import Migrate
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

import inventory.kept as inventory_kept
import inventory.views as inventory_views
import seminar.coverage.kept as coverage_kept
import seminar.coverage.views as coverage_views
import seminar.money.kept as money_kept
import seminar.money.views as money_views
import seminar.people.kept as people_kept
import seminar.people.views as people_views
import seminar.series.kept as series_kept
import seminar.series.views as series_views
import seminar.skills.kept as skills_kept
import seminar.skills.views as skills_views
from inventory import at_risk, due, following, loans_ahead
from inventory import mails as inventory_mails
from inventory import set_up as inventory_set_up
from inventory.demo import calendar as demo_calendar
from inventory.demo.scaled import loading as scaled
from inventory.leaving import loans_still_out, reservations_answered_for
from seminar import commands
from seminar.coverage import coverage, targets
from seminar.ground import contributions, db, digest, health, kept, log, mail_kinds, metrics, retention, retention_rule
from seminar.ground.clock import Clock, clock_starting
from seminar.ground.settings import Settings, WrongSettings, environment, settings_from
from seminar.money import asking, canceling, order, overdue, seat_grant, settling
from seminar.money import mails as money_mails
from seminar.money.views.card import card
from seminar.people import mails as people_mails
from seminar.people import set_up
from seminar.people.roster import nightly
from seminar.series import approval_asking, attendance, coming_days, feed, go_ahead, home, reminder, waitlist
from seminar.series import mails as series_mails
from seminar.series import merging as series_merging
from seminar.series import set_up as series_set_up
from seminar.series.leaving import drafts_of_series, series_taught
from seminar.skills import expiry
from seminar.skills import mails as skills_mails
from seminar.skills import merging as skills_merging
from seminar.skills import set_up as skills_set_up
from seminar.web import amount, assets, language, pages, session, shell, words
from seminar.web.asked import LARGEST_ID
from seminar.web.requires import refuse_routes_without_an_access_line
from seminar.web.uploads import LARGEST_FIELD, UploadRequest

ROOT = Path(__file__).resolve().parent


class IdConverter(IntegerConverter):
    """An id in a URL; one that no column could hold is simply not there."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **{"max": LARGEST_ID, **kwargs})  # type: ignore[arg-type]


def create_app(settings: Settings) -> Flask:
    is_https = settings.base_url.startswith("https://")
    app = Flask("makerpd", root_path=str(ROOT), instance_path=str(ROOT / "instance"), static_folder=None)
    # Two slashes in an address are no page: werkzeug would lead to the one that is meant, at whatever host the request named.
    app.url_map.merge_slashes = False
    app.request_class = UploadRequest
    app.config.update(
        SECRET_KEY=settings.secret_key,
        BASE_URL=settings.base_url,
        SETTINGS=settings,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=is_https,
        # By its prefix a browser takes it from this host alone, not from one beside it or from a page without TLS.
        SESSION_COOKIE_NAME="__Host-session" if is_https else "session",
        MAX_CONTENT_LENGTH=2 * 1024 * 1024,
        MAX_FORM_PARTS=20_000,
        # A field of text may be as large as its form: a list that is pasted, and what of it is asked for again.
        MAX_FORM_MEMORY_SIZE=LARGEST_FIELD,
        WTF_CSRF_TIME_LIMIT=None,
        BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "translations"),
    )
    app.url_map.converters["int"] = IdConverter
    log.install(settings)
    db.connect(app, settings.database_url)
    Migrate(app, db.db, directory=str(ROOT / "migrations"))
    # A mail program that turns a kind off on its own has no token; its address is signed for that and nothing else.
    csrf = CSRFProtect(app)
    csrf.exempt(people_views.mail.create_turn_off)
    # Stripe calls it, and signs what it says.
    csrf.exempt(money_views.webhook.create_event)
    if is_https:
        # A proxy ended TLS: it says who asks, how and for what host. Without one, those headers would be anybody's to set.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    app.extensions["makerpd_clock"] = clock_of(settings)
    for part in (pages, session, language, shell, words, amount, assets, health, metrics):
        part.install(app)
    first, later = (people_views.people, skills_views.skills, series_views.series), (coverage_views.coverage, inventory_views.inventory)
    for blueprint in (*first, money_views.money, *later):
        app.register_blueprint(blueprint)
    commands.install(app, scaled.load, scaled.SCALES)
    contribute(settings)
    refuse_routes_without_an_access_line(app)
    return app


def clock_of(settings: Settings) -> Clock:
    """The clock of this installation; the demo's starts at the district's own wall-clock time."""
    if settings.demo_starts is None:
        return Clock()
    start: datetime = settings.demo_starts.replace(tzinfo=ZoneInfo(demo_calendar.TIMEZONE))
    return clock_starting(start, settings.started)


def contribute(settings: Settings) -> None:
    """What later rooms give to earlier ones, all of it here."""
    contributions.home_cards[:] = [
        set_up.home_cards,
        people_views.roster.home_cards,
        home.home_cards,
        money_views.home.home_cards,
        coverage_views.home_cards,
        inventory_views.home_cards,
    ]
    contributions.feed_events[:] = [feed.meeting_events, loans_ahead.loan_events]
    contributions.attendance_facts[:] = [attendance.share_attended]
    contributions.standing_changed[:] = [at_risk.tell_reservations_at_risk]
    contributions.seats_held[:] = [order.open_orders]
    contributions.seat_costs[:] = [seat_grant.costs_of]
    contributions.seat_handed_on[:] = [order.hand_on]
    contributions.places_ended[:] = [settling.settle_places]
    # Seats first: what Stripe is asked may take a while.
    rounds_of_series = [waitlist.pass_on_offers, approval_asking.remind_approvers, reminder.remind, digest.gather]
    contributions.worker_rounds[:] = [*rounds_of_series, *payments(), *rosters(settings)]
    contributions.leaving_touches[:] = [reservations_answered_for, series_taught]
    contributions.year_end_touches[:] = [loans_still_out, drafts_of_series]
    kept_names = (skills_kept, series_kept, money_kept, inventory_kept)
    contributions.named_still[:] = [room.people_named for room in kept_names]
    contributions.daily_rounds.update(
        badges_running_out=expiry.tell_what_runs_out,
        turnaround=following.reckon_every_turnaround,
        reservations_at_risk=at_risk.look_at_every_reservation,
        loans_due=due.tell_what_is_due,
        series_to_decide=go_ahead.tell_who_decides,
        purchase_orders_awaited=overdue.tell_of_awaited_orders,
        invoices_overdue=overdue.tell_of_overdue_invoices,
        retention=retention_rule.apply_retention,
    )
    settings_of = (
        people_views.directory,
        people_views.roster,
        skills_set_up,
        targets,
        series_views.approval_settings,
        money_views.refund_rule,
        money_views.po_settings,
        inventory_set_up,
        people_views.mails,
        people_views.sign_on_settings,
        people_views.sessions,
        people_views.retention,
        coverage_views.new_year,
        inventory_views,
    )
    contributions.settings_pages[:] = [place for part in settings_of for place in part.settings_pages()]
    contributions.setup_steps[:] = [
        set_up.first_steps,
        inventory_set_up.depot_steps,
        skills_set_up.skill_steps,
        set_up.people_steps,
        skills_set_up.clearance_steps,
        targets.target_steps,
        inventory_set_up.equipment_steps,
        series_set_up.series_steps,
    ]
    contributions.days_closing[:] = [following.on_days, coming_days.meetings_on]
    contributions.canceling_touches[:] = [canceling.what_goes_back, canceling.what_purchase_orders_lose]
    contributions.open_days_changed[:] = [following.follow_open_days]
    contributions.school_closing[:] = [following.at_school]
    contributions.coverage_gains[:] = [coverage.gain]
    contributions.merge_collisions[:] = [skills_merging.merge_collisions, series_merging.merge_collisions]
    contributions.people_merged[:] = [skills_merging.award_together]
    account_of = (people_views.email_addresses, people_views.sessions, people_views.mail, people_views.held)
    contributions.account_pages[:] = [place for part in account_of for place in part.account_pages()]
    mail_kinds.KINDS.clear()
    for mails in (people_mails, skills_mails, series_mails, money_mails, inventory_mails):
        mail_kinds.declare(mails.MAILS)
    retention.KINDS.clear()
    # People come last: when somebody's name goes, every other kind has had its turn.
    for room in (skills_kept, series_kept, money_kept, coverage_kept, inventory_kept, kept, people_kept):
        retention.declare(room.KINDS, room.TABLES)


def payments() -> list[Callable[[datetime], None]]:
    """What is asked of Stripe, where it is set up."""

    def ask_about_pages(now: datetime) -> None:
        if (stripe := card()) is not None:
            asking.ask_about_pages(stripe, now)

    def send_refunds(now: datetime) -> None:
        if (stripe := card()) is not None:
            asking.send_refunds(stripe, now)

    def hear_of_events(now: datetime) -> None:
        if (stripe := card()) is not None:
            asking.hear_of_events(stripe, now)

    return [ask_about_pages, send_refunds, hear_of_events]


def rosters(settings: Settings) -> list[Callable[[datetime], None]]:
    """Rosters that come by themselves: from the folder of the settings, and from the districts' servers."""

    def look_for_rosters(now: datetime) -> None:
        if settings.roster_folder is not None:
            nightly.look_into_folder(settings.roster_folder, now)

    def ask_for_rosters(now: datetime) -> None:
        nightly.ask_servers(os.environ, now)

    return [look_for_rosters, ask_for_rosters]


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
