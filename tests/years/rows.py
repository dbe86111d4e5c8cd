"""The rows, held against the model: after each day and each fault, all that the model knows of."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from tests.years.model import Model
from tests.years.model_loans import Broken
from tests.years.model_places import KEPT
from tests.years.rows_approvals import approvals_of
from tests.years.rows_grants import grants_of
from tests.years.rows_money import money_of
from tests.years.rows_po import purchase_orders_of
from tests.years.world import World, as_day, as_moment

# What is told to whom depends on which loans are looked at again: it is checked by rule 6 alone (somebody is told).
NOT_COUNTED = ("at_risk",)


class Rows:
    """Compares, and remembers up to where mail and trail were compared."""

    def __init__(self, world: World, model: Model) -> None:
        self.world, self.model = world, model
        self.last_history = self.last_mail = 0

    def compare(self) -> None:
        with self.world.looking():
            self._places()
            self._skills()
            self._money_and_approvals()
            self._loans()
            self._standing()
            self._trail()
            self._mail()

    def _same(self, rule: str, rows: Iterable[Any], model: Iterable[Any]) -> None:
        have, should = Counter(rows), Counter(model)
        if have != should:
            more, less = sorted((have - should).elements(), key=repr), sorted((should - have).elements(), key=repr)
            raise Broken(f"{rule}: the rows have {more or 'nothing'} too many, and lack {less or 'nothing'}.")

    def _places(self) -> None:
        world, places = self.world, self.model.places
        named = world.names
        rows = world.rows("SELECT id, person_id, series_id, state FROM enrollment")
        found = ((named["enrollment", n], named["person", p], named["series", s], state) for n, p, s, state in rows)
        self._same("Rules 1 and 2, places", found, ((p.name, p.person, p.series, p.state) for p in places.places.values()))
        rows = world.rows("SELECT id, seats, seats_taken, canceled_at IS NOT NULL FROM series")
        should = ((run.name, run.seats, len(places.with_a_seat(run.name)), run.canceled) for run in places.series.values())
        self._same("Rule 1, seats", ((named["series", n], seats, taken, bool(gone)) for n, seats, taken, gone in rows), should)
        rows = world.rows("SELECT id, offer_until FROM enrollment WHERE state = 'offered'")
        until = ((place.name, place.until) for place in places.places.values() if place.state == "offered")
        self._same("Rule 3, offers", ((named["enrollment", n], as_moment(at)) for n, at in rows), until)
        rows = world.rows("SELECT id, hold_until FROM enrollment WHERE state IN ('held', 'requested', 'awaiting_po')")
        until = ((place.name, place.until) for place in places.places.values() if place.state in KEPT)
        self._same("Rule 4, holds", ((named["enrollment", n], as_moment(at)) for n, at in rows), until)
        rows = world.rows("SELECT meeting_id, person_id, mark, minutes FROM attendance")
        sheets = ((m.name, person, *mark) for m in places.meetings.values() for person, mark in m.sheet.items())
        self._same("Attendance", ((named["meeting", m], named["person", p], mark, n) for m, p, mark, n in rows), sheets)

    def _money_and_approvals(self) -> None:
        parts = [*approvals_of(self.world, self.model.approvals), *money_of(self.world, self.model.money)]
        parts += grants_of(self.world, self.model.grants)
        parts += purchase_orders_of(self.world, self.model.purchase_orders)
        for rule, rows, should in parts:
            self._same(rule, rows, should)

    def _skills(self) -> None:
        named, skills = self.world.names, self.model.skills
        rows = self.world.rows("SELECT person_id, competency_id, trainer_id, day, withdrawn_at IS NULL FROM sign_off")
        found = ((named["person", p], named["competency", c], named["person", t], as_day(day), bool(ok)) for p, c, t, day, ok in rows)
        self._same("Rule 7, sign-offs", found, ((s.person, s.competency, s.trainer, s.day, s.stands) for s in skills.signed))
        rows = self.world.rows("SELECT person_id, badge_id, first_day, last_day, withdrawn_at IS NULL FROM award")
        found = ((named["person", p], named["badge", b], as_day(first), as_day(last), bool(ok)) for p, b, first, last, ok in rows)
        self._same("Rule 7, awards", found, ((a.person, a.badge, a.first, a.last, a.stands) for a in skills.held))

    def _loans(self) -> None:
        named, shelf = self.world.names, self.model.shelf
        loans = shelf.loans.values()
        rows = self.world.rows(
            "SELECT r.id, responsible_id, school_id, first_day, last_day, (SELECT count(*) FROM gate_check g WHERE g.reservation_id = r.id)"
            " FROM reservation r"
        )
        found = ((n, named["person", p], named["school", s], as_day(first), as_day(last), checks) for n, p, s, first, last, checks in rows)
        should = ((o.id, o.responsible, o.school, o.first, o.last, o.checks) for o in loans)
        self._same("Rule 6, reservations with what was checked", found, should)
        rows = self.world.rows("SELECT reservation_id, id, item_id, state FROM reservation_line")
        lines = [(loan, line) for loan in loans for line in loan.lines.values()]
        should = ((loan.id, line.id, line.item, line.state) for loan, line in lines)
        self._same("Rule 5, lines", ((r, n, named["item", item], state) for r, n, item, state in rows), should)
        rows = self.world.rows("SELECT item_id, day, line_id, claim FROM item_day")
        claims = ((line.item, day, line.id, claim) for _, line in lines for day, claim in line.claims.items())
        self._same("Rule 5, days of items", ((named["item", item], as_day(day), n, c) for item, day, n, c in rows), claims)
        rows = self.world.rows("SELECT id FROM item WHERE retired_on IS NOT NULL")
        self._same("Items out of lending", (named["item", n] for (n,) in rows), shelf.retired)

    def _standing(self) -> None:
        named = self.world.names
        rows = self.world.rows("SELECT person_id, role, school_id, first_day, last_day FROM appointment")
        found = ((named["person", p], role, named.get(("school", s)), as_day(first), as_day(last)) for p, role, s, first, last in rows)
        should = ((a.person, a.role, a.school, a.first, a.last) for a in self.model.standing.appointments)
        self._same("Rule 10, appointments", found, should)

    def _trail(self) -> None:
        rows = self.world.rows(f"SELECT id, who_id, what FROM history WHERE id > {self.last_history}")
        self._same(
            "Rule 8, the trail", ((self.world.names.get(("person", w)), what) for _, w, what in rows), self.model.recorded.elements()
        )
        self.last_history = max((row[0] for row in rows), default=self.last_history)
        self.model.recorded.clear()

    def _mail(self) -> None:
        world, model = self.world, self.model
        rows = world.rows(f"SELECT id, person_id, kind, key FROM mail WHERE id > {self.last_mail}")
        found = ((world.names["person", p], kind) for _, p, kind, _ in rows if kind not in NOT_COUNTED)
        self._same("Rule 9, mail", found, model.told.elements())
        model.told.clear()
        self.last_mail = max((row[0] for row in rows), default=self.last_mail)
        if model.must_know:
            told = {
                (world.names["person", p], int(key.split(":")[0]))
                for p, key in world.rows("SELECT person_id, key FROM mail WHERE kind = 'at_risk'")
            }
            untold = [one for one in sorted(model.must_know) if (one[0], model.shelf.loans[one[1]].id) not in told]
            if untold:
                raise Broken(f"Rule 6: nobody told {untold} that a loan of theirs is at risk.")
            model.must_know.clear()
        self._sent()

    def _sent(self) -> None:
        """A mail exists once: as a file, or at the mail server under its own Message-ID, and only once its event is committed."""
        sent = {n for (n,) in self.world.rows("SELECT id FROM mail WHERE state = 'sent'")}
        self._same("Rule 9, mails that left", self.world.mails_that_left(), sent)
