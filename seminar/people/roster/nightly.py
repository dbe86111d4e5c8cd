"""Rosters that come by themselves: sets put into a watched folder, and a server that is asked each night.

What would end more than a tenth of the staff is read, and waits for the program manager. A set that is wrong is kept with the reason.
"""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select

from seminar.ground import history
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.people.district import District
from seminar.people.person import Person
from seminar.people.roster import importing
from seminar.people.roster.files import MANIFEST, opened
from seminar.people.roster.found import WrongSet
from seminar.people.roster.outcome import outcome_from
from seminar.people.roster.server import Access, RosterServer, fetch, may_use
from seminar.people.roster.shelf import Source
from seminar.people.roster.staged import RosterImport

log = structlog.get_logger("makerpd.roster")
# A file that is still being copied changes; one that has been still for so long is whole.
STILL_FOR_SECONDS = 30
# By the district's clock: when the student information system has done its own work.
NIGHT_BEGINS = 2


def look_into_folder(root: Path, now: datetime) -> None:
    """Import what is new in the folder of each district, which is named by its code; a set is known by name, size and time."""
    for district in db.session.scalars(select(District).order_by(District.id)).all():
        found = _whole_sets(root / district.code)
        marks = select(RosterImport.mark).where(RosterImport.district_id == district.id, RosterImport.mark.in_(found))
        known = set(db.session.scalars(marks))
        for mark, path in found.items():
            if mark not in known:
                _import_path(path, mark, district, now)


def _whole_sets(folder: Path) -> dict[str, Path]:
    """By its mark, each zip and each folder with a manifest that has been still for a while; the oldest first."""
    seen = {one: looked_at for one in _sets_in(folder) if (looked_at := _looked_at(one)) is not None}
    still = [one for one in sorted(seen, key=lambda one: seen[one][1]) if time.time() - seen[one][1] >= STILL_FOR_SECONDS]
    return {f"{one.name} {seen[one][0]} {seen[one][1]:.3f}": one for one in still}


def _sets_in(folder: Path) -> list[Path]:
    """A folder that isn't ours to read, or is taken away while we look, is told to whoever keeps the server; nobody waits for it."""
    try:
        return [one for one in folder.iterdir() if _is_a_set(one)] if folder.is_dir() else []
    except OSError as error:
        log.warning("roster folder can't be read", folder=str(folder), why=str(error))
        return []


def _is_a_set(path: Path) -> bool:
    """A link leads out of the folder, to who knows what, and is left alone."""
    if path.is_symlink():
        return False
    return (path.is_file() and path.suffix.lower() == ".zip") or (
        path.is_dir() and any(file.name.lower() == MANIFEST for file in path.iterdir())
    )


def _looked_at(path: Path) -> tuple[int, float] | None:
    """Its size, and when it or one of its files changed last; None for what went meanwhile."""
    try:
        files = (path, *(path.iterdir() if path.is_dir() else ()))
        return path.stat().st_size, max(file.lstat().st_mtime for file in files)
    except FileNotFoundError:
        return None


def _import_path(path: Path, mark: str, district: District, now: datetime) -> None:
    district_id = district.id
    try:
        with opened(path) as source:
            _take(source, named=path.name, mark=mark, district=district, now=now)
    except Refused as refused:
        _keep_wrong(refused, named=path.name, mark=mark, district_id=district_id, now=now)


def _take(source: Source, *, named: str, mark: str, district: District, now: datetime) -> None:
    """Read it, and apply it where nobody has to be asked. Each set is a transaction of its own."""
    one = importing.read(source, named=named, district=district, by=None, now=now)
    one.mark = mark
    if not outcome_from(one.outcome).ends_many:
        importing.apply(one, end_many=False, by=None, today=district.day(now), now=now)
    log.info("roster", district=district.code, source=named, state=one.state)
    db.session.commit()


def _keep_wrong(refused: Refused, *, named: str, mark: str, district_id: int, now: datetime) -> None:
    db.session.rollback()
    district = db.session.get_one(District, district_id)
    importing.keep_wrong(refused, named=named, district=district, by=None, now=now).mark = mark
    log.warning("roster is wrong", district=district.code, source=named, why=str(refused))
    db.session.commit()


NOT_ITS_SECRET = N_("{name} isn't the name of this district's secret. Save the roster server once more, with the name that stands there.")
NO_SECRET = N_("The environment has no {name}, which holds the secret of the roster server.")


def ask_servers(secrets: Mapping[str, str], now: datetime, *, wait: Callable[[float], None] = time.sleep) -> None:
    """Ask the server of each district whose night it is, and that wasn't asked yet. A claim is kept first, so that no other worker
    asks too; then the server is asked with no transaction open."""
    for district_id in _due(now):
        district = db.session.get_one(District, district_id)
        server = db.session.scalars(select(RosterServer).where(RosterServer.district_id == district_id).with_for_update()).one()
        today, named = district.day(now), server.address
        if server.fetched_on is not None and server.fetched_on >= today:
            db.session.rollback()
            continue
        server.fetched_on = today
        access = Access(server.address, server.token_address, server.client_id, secrets.get(server.secret_name, ""))
        secret_name, allowed = server.secret_name, may_use(server.secret_name, district)
        db.session.commit()
        _ask(access, secret_name, allowed=allowed, named=named, mark=f"{named} {today}", district_id=district_id, now=now, wait=wait)


def _due(now: datetime) -> list[int]:
    rows = db.session.execute(
        select(District.id, District.timezone, RosterServer.fetched_on).join(RosterServer, RosterServer.district_id == District.id)
    ).all()
    db.session.rollback()
    local = {district_id: now.astimezone(ZoneInfo(zone)) for district_id, zone, _ in rows}
    return [n for n, _, on in rows if on is None or (on < local[n].date() and local[n].hour >= NIGHT_BEGINS)]


def _ask(
    access: Access,
    secret_name: str,
    *,
    allowed: bool,
    named: str,
    mark: str,
    district_id: int,
    now: datetime,
    wait: Callable[[float], None],
) -> None:
    try:
        if not allowed:
            raise WrongSet(NOT_ITS_SECRET, name=secret_name)
        if not access.secret:
            raise WrongSet(NO_SECRET, name=secret_name)
        with TemporaryDirectory() as folder:
            source = fetch(access, Path(folder), wait=wait)
            _take(source, named=named, mark=mark, district=db.session.get_one(District, district_id), now=now)
    except Refused as refused:
        _keep_wrong(refused, named=named, mark=mark, district_id=district_id, now=now)


def set_server(district: District, values: Mapping[str, str], *, by: Person, now: datetime) -> None:
    """Ask this server from now on, in place of another one."""
    server = db.session.get(RosterServer, district.id) or RosterServer(district_id=district.id)
    for name, value in values.items():
        setattr(server, name, value)
    server.fetched_on = None
    db.session.add(server)
    db.session.flush()
    history.record(by, "roster server set", server, now, address=server.address)


def ask_soon(server: RosterServer, *, by: Person, now: datetime) -> None:
    server.fetched_on = None
    history.record(by, "roster asked for", server, now)


def end_server(server: RosterServer, *, by: Person, now: datetime) -> None:
    """No server is asked any more; this row is a setting, and the trail keeps what it was."""
    history.record(by, "roster server ended", server, now, address=server.address)
    db.session.delete(server)
