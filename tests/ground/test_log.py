"""What stands in the log of an error, and what doesn't."""

import json
from typing import Any

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.cast import a_cast


def written(**event: Any) -> dict[str, Any]:
    """The line, as it would stand there."""
    line: Any = event
    for processor in structlog.get_config()["processors"]:
        line = processor(None, "error", line)
    said: dict[str, Any] = json.loads(line)
    return said


def test_an_error_of_the_database_says_what_was_broken_and_not_for_whom(db_session):
    cast = a_cast()
    db_session.flush()
    with pytest.raises(IntegrityError) as refused:
        db_session.execute(text("UPDATE person SET email = 'ada@a.example' WHERE id = :id"), {"id": cast.ben.id})
    said = written(event="broken", error=repr(refused.value), exc_info=refused.value)
    assert all("email" in said[name] and "IntegrityError" in said[name] for name in ("error", "exception"))
    assert "ada@a.example" not in json.dumps(said).replace("SET email = 'ada@a.example'", "")
