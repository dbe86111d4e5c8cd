"""Who may do what with people and settings: the lines of contracts.md's table for this room."""

from seminar.people.appointment import Standing


def runs_the_program(standing: Standing) -> bool:
    return standing.has("program_manager")


def keeps_settings(standing: Standing) -> bool:
    """The program manager's settings, and the equipment manager's own."""
    return standing.has("program_manager", "equipment_manager")
