"""What is kept of each thing that was done: its line in the audit trail, and the mail that told of it, sent long ago."""

from datetime import datetime
from typing import Any

from inventory.demo.scaled.staff import Neighborhood
from seminar.ground.outbox import as_kept


def did(here: Neighborhood, who_id: int | None, what: str, record: str, record_id: int, at: datetime, **details: Any) -> None:
    row = {"district_id": here.place.district_id, "at": at, "who_id": who_id, "what": what}
    here.book.add("history", {**row, "record": record, "record_id": record_id, "details": details})


def mailed(here: Neighborhood, person_id: int, kind: str, key: str, at: datetime, **values: Any) -> None:
    row = {"district_id": here.place.district_id, "person_id": person_id, "kind": kind, "key": key, "context": as_kept(values)}
    here.book.add("mail", {**row, "state": "sent", "created_at": at, "next_try_at": at, "sent_at": at})
