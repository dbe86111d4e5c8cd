"""Who sees which school and which person: contracts.md's table for this room."""

from seminar.people.appointment import Standing


def sees_school(standing: Standing, school_id: int) -> bool:
    return standing.has("trainer", "program_manager") or school_id in standing.school_ids("teacher", "maker_contact", "principal", "coach")
