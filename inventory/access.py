"""Who may do what with equipment and loans: contracts.md's table for this room."""

from inventory.reservation import Reservation
from seminar.people.appointment import Standing

FOR_THEIR_SCHOOL = ("maker_contact", "principal", "coach")


def may_reserve(standing: Standing) -> bool:
    return standing.has(*FOR_THEIR_SCHOOL, "equipment_manager", "program_manager")


def reserves_for(standing: Standing, school_id: int) -> bool:
    return standing.has("equipment_manager", "program_manager") or school_id in standing.school_ids(*FOR_THEIR_SCHOOL)


def sees(standing: Standing, reservation: Reservation) -> bool:
    """Their school's, the depot's, and one that they answer for."""
    return reserves_for(standing, reservation.school_id) or reservation.responsible_id == standing.person.id


def opens_depot(standing: Standing) -> bool:
    return standing.has("equipment_manager", "program_manager")


def lends(standing: Standing) -> bool:
    return standing.has("equipment_manager")


def sees_loans(standing: Standing) -> bool:
    return may_reserve(standing)
