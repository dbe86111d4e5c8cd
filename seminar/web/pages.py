"""What every page shares: the sentence of a refusal, its errors, headers, paging and formats."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import structlog
from flask import Flask, abort, flash, g, render_template, request
from flask_babel import gettext, lazy_gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, IntegrityError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from seminar.ground import clock
from seminar.ground.db import broken_constraint, db, found_no_room, is_away, lost_a_race, reading, waited_too_long
from seminar.ground.once import once
from seminar.ground.refusal import N_, Refused
from seminar.web.language import language_of_the_device
from seminar.web.uploads import MEGABYTE
from seminar.web.viewer import me

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "form-action 'self'{pays_at}; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'; connect-src 'self'"
)
# A form of ours leads on to the page on which a card is typed.
PAYS_AT = "https://checkout.stripe.com"
PAGE_SIZE = 25

SAVED_AT_ONCE = N_("Somebody saved the same a moment ago. Look at it, then save yours.")
# What the database refuses, in the words that the verb would have used.
SENTENCES = {
    "ck_series_seats": N_("The last seat was just taken."),
    "uq_enrollment_one_live": N_("You're enrolled in this series already."),
    "enrollment.series_id, enrollment.person_id": N_("You're enrolled in this series already."),
    "pk_item_day": N_("The last item was just taken. Choose other days."),
    "item_day.item_id, item_day.day": N_("The last item was just taken. Choose other days."),
    "uq_reservation_line_possession": N_("This item is out already."),
    "reservation_line.item_id": N_("This item is out already."),
    "ck_sign_off_never_for_oneself": N_("Nobody signs off their own competencies."),
    "uq_sign_off_standing": N_("This was signed off today already."),
    "sign_off.person_id, sign_off.competency_id, sign_off.day": N_("This was signed off today already."),
    "uq_attendance_meeting_id_person_id": SAVED_AT_ONCE,
    "attendance.meeting_id, attendance.person_id": SAVED_AT_ONCE,
    "pk_retention_rule": SAVED_AT_ONCE,
    "retention_rule.district_id, retention_rule.kind": SAVED_AT_ONCE,
    "pk_roll_over_move": SAVED_AT_ONCE,
    "roll_over_move.roll_over_id, roll_over_move.appointment_id": SAVED_AT_ONCE,
    "uq_roll_over_district_id_ends_in": SAVED_AT_ONCE,
    "roll_over.district_id, roll_over.ends_in": SAVED_AT_ONCE,
    "uq_closed_day_district_id_day": SAVED_AT_ONCE,
    "closed_day.district_id, closed_day.day": SAVED_AT_ONCE,
    "uq_school_year_district_id_ends_in": SAVED_AT_ONCE,
    "school_year.district_id, school_year.ends_in": SAVED_AT_ONCE,
    "uq_depot_district_id": SAVED_AT_ONCE,
    "depot.district_id": SAVED_AT_ONCE,
    "uq_depot_day_depot_id_day": SAVED_AT_ONCE,
    "depot_day.depot_id, depot_day.day": SAVED_AT_ONCE,
    "pk_coverage_target": SAVED_AT_ONCE,
    "coverage_target.school_id, coverage_target.skill_id": SAVED_AT_ONCE,
    "uq_email_address_confirmed": N_("This address belongs to somebody already."),
    "email_address.address": N_("This address belongs to somebody already."),
    "uq_payment_one_open": N_("A payment for it was begun at the same moment. Press once more."),
    "payment.order_id": N_("A payment for it was begun at the same moment. Press once more."),
    "ck_payment_refunded": N_("No more than what was paid and is neither refunded nor disputed can go back."),
    "uq_ledger_entry_source": SAVED_AT_ONCE,
    "ledger_entry.source": SAVED_AT_ONCE,
    "pk_approval_step": SAVED_AT_ONCE,
    "approval_step.district_id, approval_step.position": SAVED_AT_ONCE,
    "ck_funding_source_consumed": N_("The last of this money was just given. Look at what is left, then send it again."),
    "ck_funding_rule_seats": N_("The last seat that is paid for was just taken. Look at what it costs, then send it again."),
    "ck_discount_code_uses": N_("The last use of this code was just taken."),
    "uq_code_use_one_live": N_("A seat has one discount code, and this one has it already."),
    "code_use.line_id": N_("A seat has one discount code, and this one has it already."),
    "uq_discount_code_live": SAVED_AT_ONCE,
    "discount_code.district_id, discount_code.code": SAVED_AT_ONCE,
    "pk_refund_tier": SAVED_AT_ONCE,
    "refund_tier.district_id, refund_tier.school_days": SAVED_AT_ONCE,
    "uq_sign_on_identity_live": N_("This sign-on was linked a moment ago. Sign in again."),
    "sign_on_identity.issuer, sign_on_identity.subject": N_("This sign-on was linked a moment ago. Sign in again."),
    "pk_sign_on_domain": N_("One of these domains leads to another provider already."),
    "sign_on_domain.domain": N_("One of these domains leads to another provider already."),
}
# Two people who save the same name at the same moment: each verb looked, and saw none.
SAME_NAME = N_("Somebody saved the same name a moment ago. Look at it, then save yours under another.")
SENTENCES |= {
    said: SAME_NAME
    for table, columns in (
        ("person", ("email",)),
        ("school", ("district_id", "code")),
        ("school", ("district_id", "name")),
        ("skill", ("district_id", "name")),
        ("badge", ("district_id", "name")),
        ("competency", ("badge_id", "name")),
        ("seminar", ("district_id", "title")),
        ("equipment_model", ("district_id", "name")),
        ("equipment_model", ("district_id", "slug")),
        ("item", ("district_id", "tag")),
        ("sign_on_provider", ("district_id", "name")),
        ("funding_source", ("district_id", "code")),
    )
    for said in (f"uq_{table}_{'_'.join(columns)}", ", ".join(f"{table}.{column}" for column in columns))
}


@contextmanager
def refusing() -> Iterator[None]:
    """Turn what the database refuses into the sentence that the verb would have said; roll back either way.

    Raises Refused, for the view to show on its page; an unknown constraint is a bug and goes through.
    """
    try:
        yield
    except Refused:
        db.session.rollback()
        raise
    except IntegrityError as error:
        db.session.rollback()
        sentence = SENTENCES.get(broken_constraint(error))
        if sentence is None:
            raise
        raise Refused(sentence, status=409) from error


def done_once(work: Callable[[], str]) -> str:
    """Do the work of the form that was sent, commit, and answer the address to go on to; the form sent again changes nothing."""
    if key := request.form.get("once"):
        return once(f"{me().person.id}:{key[:64]}", work, now=clock.now())
    address = work()
    db.session.commit()
    return address


def told(sentence: str, kind: str = "ok") -> None:
    """Tell the person what was just done, on the next page."""
    flash(sentence, kind)


@dataclass(frozen=True)
class Page:
    """A page of a list: rows `first` to `last` of `total`, or of more than that, which nobody counted."""

    rows: list[Any]
    first: int
    last: int
    total: int
    goes_on: bool
    previous_url: str | None
    next_url: str | None


def page_of(rows: list[Any], total: int, number: int, size: int = PAGE_SIZE, *, most: int | None = None) -> Page:
    """The page with these rows; its links keep the filters of the URL. `most`: the total is counted to there, and one more means
    that there are more."""

    def link(to: int) -> str:
        asked = {**request.args.to_dict(flat=False), "page": [str(to)]}
        return f"{request.path}?{urlencode(asked, doseq=True)}"

    counted = total if most is None else min(total, most)
    first = (number - 1) * size + 1
    last = first + len(rows) - 1
    return Page(
        rows,
        first if rows else 0,
        last if rows else 0,
        counted,
        counted < total,
        link(number - 1) if number > 1 else None,
        link(number + 1) if last < counted else None,
    )


def install(app: Flask) -> None:
    """Error pages, security headers and a request id for every answer."""
    log = structlog.get_logger("makerpd.web")
    stripe = app.config["SETTINGS"].stripe
    policy = CONTENT_SECURITY_POLICY.format(pays_at=f" {stripe.api_base or PAYS_AT}" if stripe else "")
    app.jinja_env.globals["new_key"] = lambda: secrets.token_urlsafe(16)

    @app.before_request
    def _begin() -> None:
        g.request_id, g.began = secrets.token_hex(8), time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.before_request
    def _refuse_what_no_text_holds() -> None:
        # PostgreSQL keeps no NUL in a text, and nobody types one.
        typed = (value for values in (request.args, request.form) for pair in values.items(multi=True) for value in pair)
        if "\x00" in request.path or any("\x00" in value for value in typed):
            abort(400)

    @app.after_request
    def _finish(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", policy)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        if app.config["BASE_URL"].startswith("https://"):
            headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        if request.endpoint != "static":
            headers.setdefault("Cache-Control", "private, no-store")
        headers["X-Request-ID"] = g.get("request_id", "")
        took = round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000)
        asked = {"method": request.method, "path": _said_path(), "person": g.get("person_id")}
        log.info("request", **asked, status=response.status_code, milliseconds=took)
        return response

    @app.errorhandler(CSRFError)
    def _stale(_error: CSRFError) -> tuple[str, int]:
        return error_page(400, lazy_gettext("This page was open for too long. Go back, reload it, and send it again.")), 400

    @app.errorhandler(HTTPException)
    def _refused(error: HTTPException) -> tuple[str, int] | tuple[str, int, dict[str, str]]:
        status = error.code or 500
        # An error's page asks who is looking, and finds the database away.
        beneath = getattr(error, "original_exception", None)
        if isinstance(beneath, DBAPIError):
            return _not_now(beneath)
        if status == 413:
            return error_page(status, _too_much()), status
        return error_page(status, ERRORS.get(status, ERRORS[500])), status

    @app.errorhandler(DBAPIError)
    def _not_now(error: DBAPIError) -> tuple[str, int] | tuple[str, int, dict[str, str]]:
        found = _why_not_now(error)
        if found is None:
            return _broken(error)
        said_in_log, sentence = found
        (log.error if sentence is NO_ROOM else log.warning)(said_in_log, error=repr(error.orig))
        db.session.rollback()
        if sentence is AWAY:
            # This page is made without the database, so nobody knows who is looking: see the shell.
            g.away, g.language = True, language_of_the_device()
        return error_page(503, sentence), 503, RETRY_AFTER

    @app.errorhandler(Exception)
    def _broken(error: Exception) -> tuple[str, int]:
        log.exception("broken", error=repr(error))
        db.session.rollback()
        return error_page(500, ERRORS[500]), 500


def _said_path() -> str:
    """The path for the log, its secrets left out: a link's token, a feed's key."""
    return request.url_rule.rule if request.url_rule and "token" in (request.view_args or {}) else request.path


ERRORS = {
    400: lazy_gettext("The page could not be understood. Go back, reload it, and try again."),
    403: lazy_gettext("This isn't yours to open. Your home shows what is."),
    404: lazy_gettext("There is no such page, or it isn't yours to see."),
    405: lazy_gettext("This page can't be used that way. Go back and use its buttons."),
    429: lazy_gettext("Too many tries. Wait a few minutes, then try again."),
    503: lazy_gettext("Very many people are doing this at this moment. Nothing was saved: go back and send it again."),
    500: lazy_gettext("Something broke on our side, and it was recorded. What you sent was not saved: go back and send it again."),
}

AWAY = lazy_gettext("MakerPD can't reach its records at this moment. It is usually back within a minute: try again then.")
NO_ROOM = lazy_gettext("The server's disk is full, so nothing can be saved now. Nothing of this was saved: try again when there is room.")
RETRY_AFTER = {"Retry-After": "5"}


def _why_not_now(error: DBAPIError) -> tuple[str, Any] | None:
    """For the log and for the reader, why it can't be done at this moment; None where it never can."""
    if found_no_room(error):
        return "no room on the disk", NO_ROOM
    if is_away(error):
        return "database away", AWAY
    return ("busy", ERRORS[503]) if waited_too_long(error) or lost_a_race(error) else None


# What no page repeats, as the value of a field: what is typed in these, and files, which are gone.
NEVER_REPEATED = {"csrf_token", "password", "current", "code", "off_code", "credential"}


def _to_send_again() -> list[tuple[str, str]] | None:
    """What was typed into a form, for a button that sends it once more; None where it must be typed anew."""
    typed = list(request.form.items(multi=True))
    if request.method != "POST" or request.files or {name for name, _ in typed} & (NEVER_REPEATED - {"csrf_token"}):
        return None
    return [(name, value) for name, value in typed if name not in NEVER_REPEATED]


def _too_much() -> str:
    largest = (request.max_content_length or 0) // MEGABYTE
    return gettext(
        "More was sent than this page takes, which is %(number)s MB. Nothing was saved: go back, and send a smaller file or less text.",
        number=largest,
    )


def error_page(status: int, sentence: Any) -> str:
    """The page reads, and waits for nobody who writes. What couldn't be saved for now can be sent again from it."""
    again = _to_send_again() if status == 503 else None
    with reading():
        return render_template("error.html", status=status, sentence=sentence, again=again, request_id=g.get("request_id", ""))
