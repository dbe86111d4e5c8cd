"""The database, alike on SQLite and PostgreSQL: engine, transactions, column types, and the base of every table.

Laws: times are stored in UTC; a transaction that may write takes SQLite's write lock at its start; triggers are
declared once, in seminar.ground.triggers, and made for both databases from there.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from flask import Flask, has_request_context, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Engine, MetaData, Select, String, TypeDecorator, event, make_url
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import DeclarativeBase, aliased, declared_attr
from sqlalchemy.orm.attributes import set_committed_value

from seminar.ground.first_come import Line, begin_to_write

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
SQLITE_PRAGMAS = ("journal_mode=WAL", "busy_timeout=10000", "foreign_keys=ON", "synchronous=NORMAL")
# As long as that, so that a request ends before whoever asked gives up.
WRITES_WITHIN_SECONDS = 10
READS = ("GET", "HEAD", "OPTIONS")
T = TypeVar("T")
_reading: ContextVar[bool] = ContextVar("reading", default=False)
_writing: ContextVar[bool] = ContextVar("writing", default=False)


@cache
def another(model: type[Any]) -> Any:
    """The table once more, for a statement that holds its rows against each other. Made once: an alias takes longer to make than the
    statement to run. A statement that needs two of the same table makes its own."""
    return aliased(model)


class UTCDateTime(TypeDecorator[datetime]):
    """An aware time, stored in UTC. SQLite keeps no zone, so it is taken off going in and put on coming out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Model(DeclarativeBase):
    """The base of every table; a table is named after its class: EquipmentModel is equipment_model."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: UTCDateTime, str: String}

    @declared_attr.directive
    def __tablename__(cls) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


db = SQLAlchemy(metadata=Model.metadata)


def fill(thing: Any, name: str, query: Select[Any]) -> None:
    """Read a list of a thing by a statement over its `id` that was put together once. A relationship's own loader puts one
    together at every reading, which takes three times as long."""
    set_committed_value(thing, name, db.session.scalars(query, {"id": thing.id}).all())


def connect(app: Flask, url: str) -> None:
    """Bind the application to the database of the URL, with the transactions that architecture.md's recipe asks for."""
    app.config["SQLALCHEMY_DATABASE_URI"] = engine_url(url)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(url)
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)

    @app.teardown_appcontext
    def _end(_error: BaseException | None) -> None:
        # What was only read ends here. When the server went meanwhile that fails, and would turn the answer, which is made, into a 500.
        try:
            db.session.rollback()
        except DBAPIError as error:
            if not is_away(error):
                raise
            db.session().invalidate()


SEVERAL_HOSTS = re.compile(r"(postgresql\+psycopg://(?:[^@/?]*@)?)([^/?]+,[^/?]+)(/[^?]*)?(?:\?(.*))?")


def engine_url(url: str) -> str:
    """The URL with our driver: psycopg 3 for PostgreSQL. Several hosts, written as libpq does (h1:5432,h2:5433), become SQLAlchemy's
    form of the same; of these the one that takes writes is meant, unless the URL says another target_session_attrs."""
    ours = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)
    several = SEVERAL_HOSTS.fullmatch(ours)
    if several is None:
        return ours
    whom, hosts, database, asked = several.groups()
    each = [("host", host if re.search(r":\d+$", host) else f"{host}:5432") for host in hosts.split(",")]
    given = {"target_session_attrs": "read-write", **dict(parse_qsl(asked or ""))}
    return f"{whom}{database or ''}?{urlencode([*each, *given.items()], safe=':')}"


# Of the server: nobody waits longer for a lock than a person waits for a page, and a process of ours that hangs in the middle of a
# transaction (a machine that sleeps) lets go of what it locked.
# A page from anywhere costs nearly what the next one does, on the disks and with the memory of today; PostgreSQL's own guess, four
# times as much, has it read whole tables where an index knows the few rows.
SERVER_SIDE = "-c lock_timeout=8s -c idle_in_transaction_session_timeout=5min -c timezone=UTC -c random_page_cost=1.1"
# Of the way there: a host that is gone without a word is given up after this long, instead of the network's own quarter of an hour.
NETWORK = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
# A page's statement; a command's (an import, the audit of a city) takes as long as it needs.
LONGEST_OF_A_PAGE = "-c statement_timeout=60s"


def engine_options(url: str) -> dict[str, Any]:
    # What people typed is nobody's business in a log, so errors don't repeat a statement's values.
    if make_url(engine_url(url)).get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": 10}, "hide_parameters": True}
    there = {"options": SERVER_SIDE, **NETWORK}
    return {"hide_parameters": True, "pool_size": 8, "max_overflow": 8, "pool_pre_ping": True, "connect_args": there}


def prepare_engine(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", partial(_begin, Line()))
    else:
        event.listen(engine, "do_connect", _limit_a_page)


def _limit_a_page(_dialect: Dialect, _record: Any, _positional: Any, params: dict[str, Any]) -> None:
    """A web process opens each of its connections in a request, a command none."""
    if has_request_context():
        params["options"] += f" {LONGEST_OF_A_PAGE}"


def _set_pragmas(connection: Any, _record: Any) -> None:
    # Python's own transaction handling opens them late, and two readers then both believe in the last seat.
    connection.isolation_level = None
    for pragma in SQLITE_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def only_reads() -> bool:
    """Whether what begins now writes nothing: in a GET, or in a stretch that says so."""
    return not _writing.get() and (_reading.get() or (has_request_context() and request.method in READS))


def _begin(line: Line, connection: Any) -> None:
    if only_reads():
        connection.exec_driver_sql("BEGIN")
    else:
        begin_to_write(connection, line, within_seconds=WRITES_WITHIN_SECONDS)


@contextmanager
def reading() -> Iterator[None]:
    """A stretch, outside of a request, whose transactions only read: they don't wait for SQLite's one writer."""
    before = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(before)


@contextmanager
def writing() -> Iterator[None]:
    """A stretch of a GET whose transactions write after all, as a protocol of others' can ask for: they take the lock at once."""
    before = _writing.set(True)
    try:
        yield
    finally:
        _writing.reset(before)


# PostgreSQL's codes (appendix A): two transactions waited for each other, or one could not be put in an order with the rest.
_LOST_A_RACE = ("40001", "40P01")
# For a lock, or in a statement that outlasted statement_timeout.
_WAITED_TOO_LONG = ("55P03", "57014")
# It is shut down, crashed, or is starting; it ended us for idling in a transaction; it has no connection left; it is a standby.
_AWAY = ("57P01", "57P02", "57P03", "25P03", "53300", "25006")


def lost_a_race(error: DBAPIError) -> bool:
    """Whether the transaction was rolled back only because of another one, so that it can be done again."""
    return getattr(error.orig, "sqlstate", None) in _LOST_A_RACE


def waited_too_long(error: DBAPIError) -> bool:
    """Whether it was given up after as long as we wait: lock_timeout or statement_timeout on PostgreSQL, busy_timeout on SQLite."""
    return getattr(error.orig, "sqlstate", None) in _WAITED_TOO_LONG or "database is locked" in str(error.orig)


def is_away(error: DBAPIError) -> bool:
    """Whether PostgreSQL can't be reached or takes no writes at this moment: it is restarted, or another server takes over. Where
    a commit was on its way, nobody knows whether it was done."""
    # psycopg gives no code to what the server never said: a connection refused, or broken off. SQLite's errors have none at all.
    code = getattr(error.orig, "sqlstate", "")
    return error.connection_invalidated or (code is None and isinstance(error, OperationalError)) or code in _AWAY


# PostgreSQL's disk_full; what SQLite says where the log or its index can't grow.
_NO_ROOM = ("53100", "SQLITE_FULL", "SQLITE_IOERR_SHMSIZE")


def found_no_room(error: DBAPIError) -> bool:
    """Whether the disk is full that the database is on."""
    said = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)
    return said in _NO_ROOM


def twice_if_a_race_is_lost(do: Callable[[], T]) -> T:
    """Do it, and once more from the start where another transaction was in the way. What was loaded before can't be used
    again, so `do` loads what it needs."""
    try:
        return do()
    except DBAPIError as error:
        db.session.rollback()
        if not lost_a_race(error):
            raise
    return do()


def is_taken(error: IntegrityError) -> bool:
    """Whether it was a primary key or a unique index that refused (PostgreSQL's 23505), and no other law."""
    return getattr(error.orig, "sqlstate", None) == "23505" or "UNIQUE constraint failed" in str(error.orig)


def broken_constraint(error: IntegrityError) -> str:
    """The name of the constraint or unique index that refused, or '' where the driver doesn't say.

    PostgreSQL names it in its diagnostics. SQLite says 'CHECK constraint failed: name', for a unique index the
    table and columns, and for a trigger the sentence raised, which for ours is a name too.
    """
    diagnostics = getattr(error.orig, "diag", None)
    if diagnostics is not None and diagnostics.constraint_name:
        return str(diagnostics.constraint_name)
    found = re.search(r"constraint failed: (.+)$", str(error.orig))
    return found[1].strip() if found else str(error.orig)
