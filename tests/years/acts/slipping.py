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
ANY = {
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
    name, weight, races = "slip in SQL", 12, False

    def think(self, model: Model, dice: Random) -> Thought | None:
        full = [name for name in model.places.series if model.places.is_full(name) and not model.places.series[name].canceled]
        live = [place for place in model.places.places.values() if place.state == "enrolled"]
        what = dice.choice([*ANY, "takes a seat too many", "enrolls twice", "takes seats away"])
        if what in ANY:
            return "somebody", {"what": what}
        if what == "enrolls twice" and live:
            place = dice.choice(live)
            return "somebody", {"what": what, "person": place.person, "series": place.series}
        if what != "enrolls twice" and full:
            return "somebody", {"what": what, "person": dice.choice(model.people), "series": dice.choice(full)}
        return None

    def expected(self, model: Model, act: Act) -> bool:
        """Nothing of this is ever let happen; only where there is nothing yet to break does nothing happen."""
        return False

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        values = {
            "person": world.ids.get(("person", act.what.get("person", ""))),
            "series": world.ids.get(("series", act.what.get("series", ""))),
        }
        takes_away = "UPDATE series SET seats = seats_taken - 1 WHERE id = :series"
        sql = ANY.get(act["what"]) or (takes_away if act["what"] == "takes seats away" else PLACE)
        used = {name: value for name, value in values.items() if f":{name}" in sql}

        def write() -> None:
            try:
                rows = db.session.execute(text(sql), used).rowcount  # type: ignore[attr-defined]
            except DBAPIError as error:
                raise Refused("The database refuses.") from error
            if rows == 0:
                raise Refused("There is nothing yet to break.")

        return write

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        raise AssertionError("What is never let happen has nothing to follow.")

    def says(self, act: Act) -> str:
        about = f" ({act.what['person'].title()}, {act.what['series']})" if "series" in act.what else ""
        return f"{act['what']} in plain SQL{about}"
