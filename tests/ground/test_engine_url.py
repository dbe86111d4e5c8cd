"""DATABASE_URL as libpq writes it, several hosts and all, reaches psycopg as it was meant."""

import pytest
from sqlalchemy import create_engine, make_url

from seminar.ground.db import engine_options, engine_url


def told_to_psycopg(url: str) -> dict[str, object]:
    engine = create_engine(engine_url(url), **engine_options(url))
    told = engine.dialect.create_connect_args(make_url(engine_url(url)))[1]
    return {name: told[name] for name in ("host", "port", "user", "password", "dbname", "target_session_attrs", "sslmode") if name in told}


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://u:p%40w@h/db", {"host": "h", "user": "u", "password": "p@w", "dbname": "db"}),
        (
            "postgresql://u:p%40w@h1:5432,h2:5433/db?target_session_attrs=any&sslmode=require",
            {"host": "h1,h2", "port": "5432,5433", "user": "u", "password": "p@w", "dbname": "db"}
            | {"target_session_attrs": "any", "sslmode": "require"},
        ),
        ("postgres://h1,h2:5433/db", {"host": "h1,h2", "port": "5432,5433", "dbname": "db", "target_session_attrs": "read-write"}),
    ],
)
def test_hosts_and_what_is_asked_of_them_are_told(url, told):
    assert told_to_psycopg(url) == told


def test_a_file_with_a_comma_in_its_name_is_one_file():
    assert engine_url("sqlite:////srv/a,b.db") == "sqlite:////srv/a,b.db"
