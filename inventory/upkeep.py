"""Taking an item out of lending, and bringing it back. What is reserved ahead with it gets another one, or is at risk."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from inventory.at_risk import tell_without_item
from inventory.equipment import Item
from inventory.rearranging import rearrange
from inventory.reservation import AHEAD, WITH_THE_SCHOOL, Reservation, ReservationLine
from inventory.reserving import lock_models
from seminar.ground import history
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.people.district import District
from seminar.people.person import Person


def take_out_of_lending(item: Item, *, reason: str, by: Person, now: datetime) -> None:
    """Raises Refused where it is out of lending already, or with a school."""
    lock_models([item.model])
    db.session.refresh(item)
    if item.retired_on is not None:
        raise Refused(N_("{tag} is out of lending already."), status=409, tag=item.tag)
    away = select(ReservationLine.id).where(ReservationLine.item_id == item.id, ReservationLine.state.in_(WITH_THE_SCHOOL))
    if db.session.scalar(away) is not None:
        raise Refused(N_("{tag} is with a school or being checked. Take it back and close its check first."), status=409, tag=item.tag)
    today = db.session.get_one(District, item.district_id).day(now)
    item.retired_on, item.retired_reason = today, reason
    db.session.flush()
    history.record(by, "item taken out of lending", item, now, reason=reason)
    ahead = (
        select(ReservationLine)
        .join(ReservationLine.reservation)
        .where(ReservationLine.item_id == item.id, ReservationLine.state.in_(AHEAD), Reservation.last_day >= today)
        .options(contains_eager(ReservationLine.reservation))
    )
    lines = list(db.session.scalars(ahead))
    tell_without_item(rearrange(lines, today=today, by=by, now=now), today, now)


def bring_back(item: Item, *, by: Person, now: datetime) -> None:
    """It can be lent again. Raises Refused where it can already."""
    lock_models([item.model])
    db.session.refresh(item)
    if item.retired_on is None:
        raise Refused(N_("{tag} can be lent already."), status=409, tag=item.tag)
    item.retired_on = item.retired_reason = None
    db.session.flush()
    history.record(by, "item brought back into lending", item, now)
