"""The commands of contracts.md: district create, people list, demo load, worker, audit, and prepare for `make run`."""

import csv
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import click
import structlog
from flask import Flask
from flask.cli import AppGroup
from flask_migrate import upgrade
from sqlalchemy import select

from seminar.audit import broken_rules
from seminar.ground import clock, contributions, daily, post, rounds
from seminar.ground.db import db
from seminar.ground.dictionary import data_dictionary
from seminar.ground.mail_kinds import mails_as_markdown
from seminar.ground.refusal import N_, Refused
from seminar.ground.refused_row import as_csv, no_formula
from seminar.ground.retention import retention_as_markdown
from seminar.people.account import LIVES, account_by_email
from seminar.people.appointment import ROLES, Appointment
from seminar.people.district import District
from seminar.people.founding import Beginning, found_district
from seminar.people.person import Person
from seminar.people.roster import importing
from seminar.people.roster.files import opened
from seminar.people.roster.outcome import Outcome, outcome_from
from seminar.people.school import School
from seminar.people.second_factor import reset
from seminar.web.language import LANGUAGES
from seminar.web.letters import write_all

EVERY_SECONDS = 5.0
MAIL_WITHIN_SECONDS = 60.0
FINDINGS_SHOWN = 20
log = structlog.get_logger("makerpd.worker")


def install(app: Flask, load_demo: Callable[[str], None], scales: Sequence[str]) -> None:
    district = AppGroup("district", help="The districts of this installation.")
    people = AppGroup("people", help="The people of the districts.")
    demo = AppGroup("demo", help="The demo district.")
    roster = AppGroup("roster", help="Who works where, from the student information system.")

    @app.cli.command("prepare")
    def prepare() -> None:
        """Migrate, and in demo mode load the demo district into an empty database."""
        upgrade()
        if app.config["SETTINGS"].demo and db.session.scalar(select(District.id).limit(1)) is None:
            load_demo("demo")

    @demo.command("load")
    @click.option("--scale", type=click.Choice(scales), default="demo", show_default=True, help="A small district, a city or a state.")
    def load(scale: str) -> None:
        """Load the demo district, as large as is asked for, into a database that has no district."""
        if db.session.scalar(select(District.id).limit(1)) is not None:
            raise click.ClickException("There is a district already; the demo goes into an empty database only.")
        load_demo(scale)

    @district.command("create")
    @click.argument("name")
    @click.option("--code", required=True, help="Short, for commands and files, as in RUSD.")
    @click.option("--admin", required=True, metavar="EMAIL", help="Whom to invite as its first program manager.")
    @click.option("--admin-name", default="", help="Their name; without it, what the address says.")
    @click.option("--timezone", default="America/Los_Angeles", show_default=True, help="The zone that its days are counted in.")
    @click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="The language of its mail.")
    @click.option("--mail-from", metavar="EMAIL", help="The address that its mail comes from; without it, the admin's.")
    def create_district(name: str, code: str, admin: str, admin_name: str, timezone: str, language: str, mail_from: str | None) -> None:
        """A district, and the invitation of its first program manager: mailed, and printed."""
        beginning = Beginning(name=name, code=code, timezone=timezone, language=language, mail_from=mail_from or admin.strip())
        try:
            token = found_district(beginning, admin=admin, admin_name=admin_name, now=clock.now())[1]
            db.session.commit()
        except Refused as refused:
            db.session.rollback()
            raise click.ClickException(str(refused)) from None
        days = LIVES["invitation"].days
        print(f"{name} is there. {admin} sets a password with this link, which works once and for {days} days, and is mailed too:")
        print(f"{app.config['BASE_URL']}/sign-in/link/{token}")

    @people.command("list")
    @click.option("--district", "district_code", help="Its code, where there are several.")
    @click.option("--role", type=click.Choice(ROLES))
    @click.option("--school", "school_code")
    def list_people(district_code: str | None, role: str | None, school_code: str | None) -> None:
        """CSV: email, name, role, school code, first and last day."""
        _list_people(_district(district_code), role, school_code)

    @people.command("reset-second-step")
    @click.argument("email")
    def reset_second_step(email: str) -> None:
        """For a program manager who lost their phone and their codes, where nobody else can reset it."""
        account = account_by_email(email)
        if account is None:
            raise click.ClickException(f"Nobody signs in as {email}.")
        try:
            reset(account.person, by=None, now=clock.now())
        except Refused as refused:
            raise click.ClickException(str(refused)) from refused
        db.session.commit()
        click.echo(f"{account.person.name} is signed out everywhere, and sets up a second step at the next sign-in.")

    @app.cli.command("worker")
    @click.option("--once", is_flag=True, help="Do what is due now, and end.")
    def worker(once: bool) -> None:
        """Mail and reminders."""
        _work(app, once=once)

    @app.cli.command("mails")
    def mails() -> None:
        """Every kind of mail as docs/mails.md has it."""
        click.echo(mails_as_markdown(), nl=False)

    @app.cli.command("retention")
    def retention() -> None:
        """How long each kind of record is kept, as docs/retention.md has it."""
        click.echo(retention_as_markdown(), nl=False)

    @app.cli.command("audit")
    def audit() -> None:
        """Recount every rule of product.md from the rows; exit 1 where one is broken."""
        sys.exit(1 if _audit() else 0)

    @roster.command("import")
    @click.argument("path", type=click.Path(path_type=Path))
    @click.option("--district", "district_code", help="Its code, where there are several.")
    @click.option("--dry-run", is_flag=True, help="Say what would happen, and do nothing.")
    @click.option("--report", type=click.Path(path_type=Path), help="Write the rows that are wrong to this CSV.")
    @click.option("--end-many", is_flag=True, help="Go on although more than a tenth of the staff would be ended.")
    def import_roster(path: Path, district_code: str | None, dry_run: bool, report: Path | None, end_many: bool) -> None:
        """Import a OneRoster 1.1 or 1.2 set: a folder or a zip. Exit 0: applied whole; 2: some rows were refused; 1: nothing changed."""
        sys.exit(_import_roster(_district(district_code), path, dry_run=dry_run, report=report, end_many=end_many))

    @app.cli.command("data-dictionary")
    def write_data_dictionary() -> None:
        """Every table and column as Markdown, from the models."""
        print(data_dictionary(), end="")

    app.cli.add_command(district)
    app.cli.add_command(people)
    app.cli.add_command(roster)
    app.cli.add_command(demo)


def _district(code: str | None) -> District:
    """The district of that code, or the only one."""
    districts = {district.code: district for district in db.session.scalars(select(District).order_by(District.code))}
    if code is None and len(districts) == 1:
        return next(iter(districts.values()))
    if code not in districts:
        said = f"There is no district {code}" if code else "Say which district, with --district CODE"
        raise click.ClickException(f"{said}. There are: {', '.join(districts) or 'none yet'}.")
    return districts[code]


def _list_people(district: District, role: str | None, school_code: str | None) -> None:
    held = (Appointment.role, School.code, Appointment.first_day, Appointment.last_day)
    query = (
        select(Person.email, Person.given_name, Person.family_name, *held)
        .join(Appointment, Appointment.person_id == Person.id)
        .outerjoin(School, School.id == Appointment.school_id)
        .where(Appointment.district_id == district.id)
        .order_by(Appointment.person_id, Appointment.id)
    )
    if role:
        query = query.where(Appointment.role == role)
    if school_code:
        query = query.where(School.code == school_code)
    out = csv.writer(sys.stdout)
    out.writerow(["email", "name", "role", "school", "first_day", "last_day"])
    for email, given, family, role_held, school, first, last in db.session.execute(query):
        out.writerow([email or "", no_formula(f"{given} {family}"), role_held, school or "", first, last or ""])


def _import_roster(district: District, path: Path, *, dry_run: bool, report: Path | None, end_many: bool) -> int:
    """Read the set, say what is wrong with it and what it does, and do that. Answers the exit status of contracts.md."""
    now = clock.now()
    today = district.day(now)
    try:
        with opened(path) as found:
            one = importing.read(found, named=path.name, district=district, by=None, now=now)
        if report is not None:
            _write_report(report, as_csv(importing.findings(one), _in_english))
        for row in importing.findings(one, limit=FINDINGS_SHOWN):
            place = ", ".join(part for part in (row.file, f"line {row.line}" if row.line else "", row.column) if part)
            print(f"{'noted' if row.taken else 'refused'}: {place}: {_in_english(row.reason, row.values)}")
        outcome = outcome_from(one.outcome)
        _say_outcome(outcome)
        if dry_run:
            db.session.rollback()
            print("Nothing was changed: this was a dry run.")
            return 1 if outcome.ends_many and not end_many else 2 if outcome.refused else 0
        importing.apply(one, end_many=end_many, by=None, today=today, now=now)
    except Refused as refused:
        db.session.rollback()
        hint = " Give --end-many to go on." if refused.message == importing.TOO_MANY else ""
        print(f"Nothing was changed. {refused}{hint}", file=sys.stderr)
        return 1
    db.session.commit()
    return 2 if outcome.refused else 0


def _write_report(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise Refused(N_("The report can't be written to {path}: {why}."), path=str(path), why=error.strerror) from error


def _in_english(reason: str, values: dict[str, Any]) -> str:
    return reason.format(**values)


def _say_outcome(outcome: Outcome) -> None:
    for name in ("schools", "terms", "people", "appointments"):
        count = getattr(outcome, name)
        print(f"{name}: {count.new} new, {count.changed} changed, {count.ended} ended, {count.refused} refused")
    if outcome.refused + outcome.noted > FINDINGS_SHOWN:
        print(f"{outcome.refused} rows refused and {outcome.noted} noted; --report FILE.csv lists them all.")


def _work(app: Flask, *, once: bool) -> None:
    """Rounds until told to stop. Once: a round that failed makes the exit status 1."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    while not stop.is_set():
        failed = work_once(app)
        if once:
            sys.exit(1 if failed else 0)
        stop.wait(EVERY_SECONDS)


def work_once(app: Flask) -> list[str]:
    """Do what is due now; answers the rounds that failed. Each has a transaction of its own: it is logged, holds up no other,
    and is tried again on the next turn."""
    now = clock.now()
    turn: list[tuple[str, Callable[[], object]]] = [(one.__name__, partial(one, now)) for one in contributions.worker_rounds]
    turn.append(("the day's rounds", partial(_begin_the_day, now)))
    turn.append(("mail", partial(_send_mail, app)))
    failed = [name for name, round_of in turn if not _succeeds(name, round_of)]
    _succeeds("noting the turn", partial(rounds.note, "worker", found=len(failed), now=now))
    db.session.remove()
    return failed


def _succeeds(name: str, round_of: Callable[[], object]) -> bool:
    try:
        round_of()
        db.session.commit()
    except Exception as error:
        db.session.rollback()
        log.exception("round failed", round=name, error=repr(error))
        return False
    return True


def _begin_the_day(now: datetime) -> None:
    """What is done once on each day of a district."""
    failed = False
    for district_id in db.session.scalars(select(District.id)).all():
        for name, round_of in contributions.daily_rounds.items():
            failed |= not _succeeds(name, partial(_once_a_day, district_id, name, round_of, now))
    if failed:
        raise RuntimeError("A round of the day failed; what it said is above.")


def _once_a_day(district_id: int, name: str, round_of: Callable[..., object], now: datetime) -> None:
    district = db.session.get_one(District, district_id)
    today = district.day(now)
    if daily.begins_today(district_id, name, today):
        round_of(district, today, now)


def _send_mail(app: Flask) -> None:
    """All that is due; or for so long, that a mail server which hardly answers holds up no other round."""
    settings, ends = app.config["SETTINGS"], time.monotonic() + MAIL_WITHIN_SECONDS
    while time.monotonic() < ends:
        if not post.send_due(write_all, smtp_url=settings.smtp_url, folder=settings.mail_folder, now=clock.now()):
            return


def _audit() -> int:
    broken = 0
    for rule in broken_rules():
        count = len(rule.broken)
        broken += count
        print(f"rule {rule.number}: {rule.checked} checked, {count} broken. {rule.sentence}")
        for line in rule.broken[:20]:
            print(f"  {line}")
    db.session.rollback()
    rounds.note("audit", found=broken, now=clock.now())
    db.session.commit()
    return broken
