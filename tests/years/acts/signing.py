"""Signing off, and undoing a slip; what follows for awards is the model's of skills."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from seminar.ground.db import db
from seminar.skills.badge import Badge, Competency
from seminar.skills.sign_off import SignOff
from seminar.skills.signing import Shown, sign_off, withdraw_sign_off, withdraw_sign_offs
from tests.years.act import Act, Kind, Thought, kind
from tests.years.model import Model
from tests.years.model_skills import Signed
from tests.years.world import World

TRAINERS = {"print": ["tara"] * 5 + ["theo", "theo", "kim"], "fab": ["tara"] * 5 + ["kim", "kim", "theo"]}
LEARN = ["ada", "ada", "ben", "cho", "eve", "eve", "fay", "gus", "cora", "kim", "theo"]
PAGE = "skills.create_sign_offs"


def may_sign(model: Model, act: Act) -> bool:
    today, skill = model.today, model.skills.badges[act["badge"]].skill
    return model.standing.has(act.by, today, "trainer", "coach") and model.standing.is_cleared(act.by, skill, today)


def chosen(badge: Badge, names: Iterable[str]) -> list[Competency]:
    return [competency for competency in badge.competencies if competency.name in names]


@kind
class SigningOff(Kind):
    """By a trainer, for one person or two, competencies of one badge."""

    name, weight, contested = "sign off", 34, True

    def think(self, model: Model, dice: Random) -> Thought | None:
        people = list(dict.fromkeys(dice.choices(LEARN, k=dice.choice([1, 1, 1, 2]))))
        badge = dice.choice(list(model.skills.badges.values()))
        for rule in model.skills.badges.values():
            soon = model.today + timedelta(days=30)
            if dice.random() < 0.6 and not model.skills.holds(people[0], rule.name, model.today, soon):
                badge = rule
                break
        competencies = list(badge.competencies)
        if dice.random() < 0.35:
            competencies = [one for one in competencies if dice.random() < 0.5] or competencies[:1]
        return dice.choice([*TRAINERS[badge.skill], people[0]]), {"badge": badge.name, "people": people, "competencies": competencies}

    def rival(self, model: Model, act: Act, dice: Random) -> Thought | None:
        """Another trainer with what is left, or with the same."""
        all_of_it = model.skills.badges[act["badge"]].competencies
        left = [one for one in all_of_it if one not in act["competencies"]] or list(all_of_it)
        return dice.choice(["tara", "theo", "kim"]), {**act.what, "competencies": left}

    def expected(self, model: Model, act: Act) -> bool:
        return may_sign(model, act) and act.by not in act["people"]

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        by = world.opens(PAGE, act.by).person
        badge = db.session.get_one(Badge, world.id_of("badge", act["badge"]))
        shown = [Shown(world.person(name), one) for name in act["people"] for one in chosen(badge, act["competencies"])]
        return lambda: sign_off(shown, badge, by=by, series_id=None, now=world.now, day=world.today) and None

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        new = [
            Signed(person, one, model.today, act.by)
            for person in act["people"]
            for one in act["competencies"]
            if not model.skills.counts_as_shown(person, one, model.today)
        ]
        model.skills.signed += new
        model.record(act.by, "signed off", len(new))
        model.skills.follow(list(dict.fromkeys(one.person for one in new)), act["badge"])

    def says(self, act: Act) -> str:
        people = " and ".join(name.title() for name in act["people"])
        return f"signs off {', '.join(act['competencies'])} of {act['badge']} for {people}"

    def touches(self, act: Act) -> set[str]:
        return super().touches(act) | set(act["people"])


@kind
class Undoing(Kind):
    """The last sign-off that stands of a person and competency, or each of them from its own page."""

    name, weight = "undo a sign-off", 9

    def think(self, model: Model, dice: Random) -> Thought | None:
        standing = [one for one in model.skills.signed if one.stands]
        if not standing:
            return None
        one = dice.choice(standing[-30:])
        what = {"badge": model.skills.badge_of(one.competency).name, "person": one.person, "competency": one.competency}
        skill = model.skills.badge_of(one.competency).skill
        return dice.choice([*TRAINERS[skill], one.person]), {**what, "day": one.day.isoformat() if dice.random() < 0.4 else ""}

    def _meant(self, model: Model, act: Act) -> Signed | None:
        mine = [one for one in model.skills.signed if (one.person, one.competency) == (act["person"], act["competency"])]
        if act["day"]:
            mine = [one for one in mine if one.day.isoformat() == act["day"]]
            return mine[-1] if mine else None
        return max((one for one in mine if one.stands), key=lambda one: one.day, default=None)

    def expected(self, model: Model, act: Act) -> bool:
        meant = self._meant(model, act)
        undone = act["day"] and (meant is None or not meant.stands)
        return may_sign(model, act) and act.by != act["person"] and not undone

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        by = world.opens("skills.create_sign_off_withdrawal" if act["day"] else PAGE, act.by).person
        badge = db.session.get_one(Badge, world.id_of("badge", act["badge"]))
        person = world.person(act["person"])
        when = {"reason": "A slip", "by": by, "now": world.now, "day": world.today}
        if not act["day"]:
            pairs = [(person, one) for one in chosen(badge, [act["competency"]])]
            return lambda: withdraw_sign_offs(pairs, badge, **when)
        query = select(SignOff).where(SignOff.person_id == person.id, SignOff.competency_id == world.id_of("competency", act["competency"]))
        query = query.options(joinedload(SignOff.person))
        row = [one for one in db.session.scalars(query.order_by(SignOff.id)) if one.day.isoformat() == act["day"]][-1]
        return lambda: withdraw_sign_off(row, badge, **when)

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        meant = self._meant(model, act)
        if meant is not None:
            meant.stands = False
            model.record(act.by, "sign-off withdrawn")
            model.skills.end_unearned([meant.person], act["badge"], meant.day, act.by)

    def says(self, act: Act) -> str:
        return f"undoes {act['competency']} of {act['person'].title()}{' of ' + act['day'] if act['day'] else ''}"
