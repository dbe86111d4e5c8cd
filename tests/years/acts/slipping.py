"""Plain SQL around the code: what the database itself must refuse, whoever writes (the rules marked [c])."""

from collections.abc import Callable
from random import Random
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from seminar.ground.db import db
from seminar.ground.refusal import Refused
from tests.years.act import Act, Kind, Thought, kind
from tests.years.model import Model
from tests.years.model_loans import Broken
from tests.years.world import World

PLACE = (
    "INSERT INTO enrollment (district_id, series_id, person_id, state, state_since, created_at)"
    " SELECT district_id, id, :person, 'enrolled', '2027-01-01', '2027-01-01' FROM series WHERE id = :series"
)
SIGNED = (
    "INSERT INTO sign_off (district_id, person_id, competency_id, trainer_id, day, at, note)"
    " SELECT district_id, {person}, competency_id, trainer_id, day, at, '' FROM sign_off WHERE withdrawn_at IS NULL"
    " ORDER BY id DESC LIMIT 1"
)
SLIPS = {
    "takes a seat too many": PLACE,
    "enrolls somebody twice": "INSERT INTO enrollment (district_id, series_id, person_id, state, state_since, created_at, joined_at)"
    " SELECT district_id, series_id, person_id, 'waitlisted', state_since, created_at, created_at FROM enrollment WHERE state = 'enrolled'"
    " ORDER BY id DESC LIMIT 1",
    "takes seats away": "UPDATE series SET seats = seats_taken - 1 WHERE id = :series",
    "says a sign-off twice": SIGNED.format(person="person_id"),
    "signs off for oneself": SIGNED.format(person="trainer_id"),
    "changes the trail": "UPDATE history SET what = 'nothing' WHERE id = (SELECT max(id) FROM history)",
    "deletes from the trail": "DELETE FROM history WHERE id = (SELECT max(id) FROM history)",
    "claims a day of an item twice": "INSERT INTO item_day (item_id, day, district_id, line_id, claim)"
    " SELECT item_id, day, district_id, line_id, claim FROM item_day ORDER BY day DESC LIMIT 1",
    "lends an item twice": "INSERT INTO reservation_line (district_id, reservation_id, model_id, item_id, state, state_since, note)"
    " SELECT district_id, reservation_id, model_id, item_id, state, state_since, '' FROM reservation_line"
    " WHERE state IN ('out', 'in_check') ORDER BY id DESC LIMIT 1",
    "writes a mail twice": "INSERT INTO mail (district_id, person_id, kind, key, context, state, created_at, next_try_at, tries)"
    " SELECT district_id, person_id, kind, key, context, 'dead', created_at, next_try_at, 0 FROM mail ORDER BY id DESC LIMIT 1",
}


@kind
class Slipping(Kind):
    """All of it in turn, each taken back; who is enrolled or not in a full series is chosen."""

    name, weight, races = "slip in SQL", 9, False

    def think(self, model: Model, dice: Random) -> Thought | None:
        full = [name for name in model.places.series if model.places.is_full(name)]
        return ("somebody", {"series": dice.choice(full), "person": dice.choice(model.people)}) if full else None

    def expected(self, model: Model, act: Act) -> bool:
        """Nothing of this is ever let happen."""
        return False

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        values = {"person": world.id_of("person", act["person"]), "series": world.id_of("series", act["series"])}

        def write() -> None:
            for name, sql in SLIPS.items():
                if _is_let_happen(sql, {key: value for key, value in values.items() if f":{key}" in sql}):
                    raise Broken(f"Rule of the database: in plain SQL, somebody {name}, and it lets it happen.")
            raise Refused("The database refuses all of it.")

        return write

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        raise AssertionError("What is never let happen has nothing to follow.")

    def says(self, act: Act) -> str:
        return f"writes plain SQL around the code, about {act['person'].title()} and {act['series']}"


def _is_let_happen(sql: str, values: dict[str, int]) -> bool:
    """Whether rows were written; none are where there is nothing yet to break. Taken back in any case."""
    nested = db.session.begin_nested()
    try:
        return bool(db.session.execute(text(sql), values).rowcount)  # type: ignore[attr-defined]
    except DBAPIError:
        return False
    finally:
        nested.rollback()
