"""Who sees which school and which person: contracts.md's table for this room."""

from seminar.people.appointment import Standing


def sees_school(standing: Standing, school_id: int) -> bool:
    return standing.has("trainer", "program_manager") or school_id in standing.school_ids("teacher", "maker_contact", "principal", "coach")


def sees_who_is_close(standing: Standing, school_id: int) -> bool:
    """How far a school's people are: for who leads it, reserves for it (the gate tells them alike) or coaches there."""
    return standing.has("program_manager") or school_id in standing.school_ids("principal", "maker_contact", "coach")


def schools_seen_closely(standing: Standing) -> set[int] | None:
    """The schools of which somebody sees who is close to a badge; None for all of them."""
    return None if standing.has("program_manager") else standing.school_ids("principal", "maker_contact", "coach")
