"""How long loans keep their words, and the names of who answered for them; and previews of sheets."""

from sqlalchemy import ColumnElement, exists, or_, select, union_all
from sqlalchemy.sql.selectable import CompoundSelect

from inventory.equipment_import import EquipmentImport
from inventory.reservation import AHEAD, WITH_THE_SCHOOL, Reservation, ReservationLine
from seminar.ground.refusal import N_
from seminar.ground.retention import Part, RetentionKind, Times, emptied, removed

OPEN = (*AHEAD, *WITH_THE_SCHOOL)


def _within_its_time(times: Times) -> ColumnElement[bool]:
    """Its last day is kept still, or something of it isn't over, or came back within the time."""
    came_back = ReservationLine.in_at >= times.first_kept_at("loans")
    line = exists().where(ReservationLine.reservation_id == Reservation.id, ReservationLine.state.in_(OPEN) | came_back)
    return or_(Reservation.last_day >= times.first_kept("loans"), line)


def _over(times: Times) -> ColumnElement[bool]:
    return (Reservation.district_id == times.district_id) & ~_within_its_time(times)


def _reservations(times: Times) -> ColumnElement[bool]:
    return _over(times) & or_(Reservation.purpose != "", Reservation.ended_reason != "")


def _lines(times: Times) -> ColumnElement[bool]:
    over = select(Reservation.id).where(_over(times)).correlate(None)
    of_district = ReservationLine.district_id == times.district_id
    return of_district & (ReservationLine.note != "") & ReservationLine.reservation_id.in_(over)


def people_named(times: Times) -> CompoundSelect[int]:
    """Who answers for a loan, or made it, within its time."""
    recent = (Reservation.district_id == times.district_id, _within_its_time(times))
    return union_all(select(Reservation.responsible_id).where(*recent), select(Reservation.created_by_id).where(*recent))


def _sheets(times: Times) -> ColumnElement[bool]:
    waits = (EquipmentImport.district_id == times.district_id) & EquipmentImport.applied_at.is_(None)
    return waits & (EquipmentImport.made_at < times.first_kept_at("abandoned_sheets"))


LOANS = RetentionKind(
    name="loans",
    title=N_("Loans and reservations"),
    covers=N_("What a school borrowed, who answered for it, and what was noted; it counts from the return."),
    does=N_("Purposes, reasons and notes go. What was out when, and in which state it came back, stays."),
    source=N_("Three years after the return, as for public property; longer where an audit is open."),
    years=3,
    least=3,
    parts=(
        Part(Reservation, _reservations, emptied(Reservation, purpose="", ended_reason=None)),
        Part(ReservationLine, _lines, emptied(ReservationLine, note="")),
    ),
)
ABANDONED_SHEETS = RetentionKind(
    name="abandoned_sheets",
    title=N_("Equipment sheets that nobody applied"),
    covers=N_("What was read for a preview that nobody came back to."),
    does=N_("Removed."),
    source=N_("The sheet is still where it came from."),
    days=1,
    parts=(Part(EquipmentImport, _sheets, removed(EquipmentImport)),),
)
KINDS = [LOANS, ABANDONED_SHEETS]
TABLES = {
    **dict.fromkeys(("reservation", "reservation_line", "gate_check", "item_day"), "loans"),
    **dict.fromkeys(("equipment_model", "required_badge", "item", "depot", "depot_day"), "program"),
    "equipment_import": "abandoned_sheets",
}
