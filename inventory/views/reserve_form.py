"""What was typed on the page that reserves, or changes a reservation: read as it stands, with a sentence for each part that is
missing or can't be read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from flask_babel import gettext

from inventory.equipment import EquipmentModel
from inventory.reservation import WITH_THE_SCHOOL, Reservation
from inventory.reserving import Asked
from seminar.ground.db import db
from seminar.people.person import Person
from seminar.people.school import School
from seminar.web.asked import typed_day

MOST = 99
OVER = ("canceled", "not_collected", "declined", "expired")


@dataclass
class ReserveForm:
    schools: list[School]
    models: list[EquipmentModel]
    school: School | None = None
    responsible: Person | None = None
    first_day: date | None = None
    last_day: date | None = None
    purpose: str = ""
    quantities: dict[int, int] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)
    # (the field's name, the sentence) for each thing that is wrong
    errors: list[tuple[str, str]] = field(default_factory=list)

    def sentences(self, name: str) -> list[str]:
        return [sentence for field_name, sentence in self.errors if field_name == name]

    @property
    def asked_models(self) -> list[EquipmentModel]:
        return [model for model in self.models if self.quantities.get(model.id)]

    def asked(self) -> Asked:
        """What was asked for; of a form without errors only."""
        if self.school is None or self.responsible is None or self.first_day is None or self.last_day is None:
            raise ValueError("A form with errors asks for nothing.")
        quantities = {model: self.quantities.get(model.id, 0) for model in self.models}
        return Asked(self.school, self.responsible, quantities, self.first_day, self.last_day, self.purpose)


def typed_of(reservation: Reservation) -> dict[str, str]:
    """A reservation, as it would be typed."""
    counted = [line.model_id for line in reservation.lines if line.state not in OVER]
    return {
        "school": str(reservation.school_id),
        "responsible": str(reservation.responsible_id),
        "first_day": reservation.first_day.isoformat(),
        "last_day": reservation.last_day.isoformat(),
        "purpose": reservation.purpose,
        **{f"quantity-{model_id}": str(counted.count(model_id)) for model_id in set(counted)},
    }


def is_a_loan(reservation: Reservation) -> bool:
    """Whether something of it is with the school: then only its return day and teacher can change."""
    return any(line.state in WITH_THE_SCHOOL for line in reservation.lines)


def read_reserve_form(typed: Mapping[str, str], schools: list[School], models: list[EquipmentModel], today: date) -> ReserveForm:
    form = ReserveForm(schools, models, typed=typed, purpose=typed.get("purpose", "").strip()[:300])
    _read_school(form)
    form.first_day = _read_day(form, "first_day", gettext("Choose the pick-up day."), today)
    form.last_day = _read_day(form, "last_day", gettext("Choose the return day."), None)
    _read_responsible(form)
    _read_quantities(form)
    return form


def read_loan_form(typed: Mapping[str, str], reservation: Reservation) -> ReserveForm:
    """Of a loan that is out, only the return day and the teacher are read."""
    form = ReserveForm([reservation.school], [], school=reservation.school, first_day=reservation.first_day, typed=typed)
    form.last_day = _read_day(form, "last_day", gettext("Choose the return day."), None)
    _read_responsible(form)
    return form


def _read_school(form: ReserveForm) -> None:
    chosen = form.typed.get("school")
    by_id = {str(school.id): school for school in form.schools}
    form.school = by_id.get(chosen or "") or (form.schools[0] if form.schools and not chosen else None)
    if form.school is None:
        form.errors.append(("school", gettext("Choose one of your schools.")))


def _read_day(form: ReserveForm, name: str, sentence: str, default: date | None) -> date | None:
    value = form.typed.get(name)
    if value is None:
        if default is None:
            form.errors.append((name, sentence))
        return default
    day = typed_day(value)
    if day is None:
        form.errors.append((name, sentence))
    return day


def _read_responsible(form: ReserveForm) -> None:
    chosen = form.typed.get("responsible", "")
    person = db.session.get(Person, int(chosen)) if chosen.isascii() and chosen.isdigit() and len(chosen) < 10 else None
    if person is None or (form.school and person.district_id != form.school.district_id):
        form.errors.append(("responsible", gettext("Choose the teacher who answers for the loan.")))
        return
    form.responsible = person


def _read_quantities(form: ReserveForm) -> None:
    for model in form.models:
        typed = form.typed.get(f"quantity-{model.id}", "").strip() or "0"
        if not (typed.isascii() and typed.isdigit() and len(typed) < 10 and int(typed) <= MOST):
            form.errors.append(("quantities", gettext("%(model)s: type a number from 0 to %(most)d.", model=model.name, most=MOST)))
            continue
        if int(typed):
            form.quantities[model.id] = int(typed)
    if not form.quantities and "quantities" not in dict(form.errors):
        form.errors.append(("quantities", gettext("Choose how many of which model you want.")))
