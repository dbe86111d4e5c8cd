"""What the worker does once on each day of a district, whatever restarts and however many workers there are."""

from datetime import date
from typing import Any, cast

from sqlalchemy import CursorResult, ForeignKey, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from seminar.ground.db import Model, db


class DayDone(Model):
    """The last day on which a round was done for a district."""

    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"), primary_key=True)
    round: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date]


def begins_today(district_id: int, name: str, day: date) -> bool:
    """Whether this round is still to be done on that day. Holds the row, so that another worker waits, and then finds it done."""
    made = sqlite.insert(DayDone) if db.session.get_bind().dialect.name == "sqlite" else postgresql.insert(DayDone)
    never = {"district_id": district_id, "round": name, "day": date.min}
    db.session.execute(made.on_conflict_do_nothing(index_elements=["district_id", "round"]), [never])
    mine = update(DayDone).where(DayDone.district_id == district_id, DayDone.round == name, DayDone.day < day).values(day=day)
    return cast(CursorResult[Any], db.session.execute(mine)).rowcount == 1
