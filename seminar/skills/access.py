"""Who may do what with skills, badges, sign-offs and a person's progress: contracts.md's table for this room."""

from seminar.people.appointment import Standing


def edits_skills(standing: Standing) -> bool:
    return standing.has("program_manager")


def may_sign_off_somewhere(standing: Standing) -> bool:
    """Trainers and coaches; the verb asks for the clearance."""
    return standing.has("trainer", "coach")
