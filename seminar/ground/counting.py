"""How many rows a list has, as far as anybody reads on: counting a city's to the last takes longer than showing a page of them."""

from typing import Any

from sqlalchemy import Select, func, select

from seminar.ground.db import db

MOST_COUNTED = 1_000


def count_of(query: Select[Any]) -> int:
    """How many rows the query has; where they are more than MOST_COUNTED, one more than that."""
    return db.session.scalar(select(func.count()).select_from(query.limit(MOST_COUNTED + 1).subquery())) or 0
