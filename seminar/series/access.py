"""Who may do what with seminars, series, attendance and sign-offs in a series: contracts.md's table for this room."""

from seminar.people.appointment import Standing
from seminar.series.series import Series


def plans_series(standing: Standing) -> bool:
    return standing.has("program_manager")


def opens_teaching(standing: Standing) -> bool:
    """Trainers, coaches, and the program manager, who reads."""
    return standing.has("trainer", "coach", "program_manager")


def teaches(standing: Standing, series: Series) -> bool:
    """Whether the series is theirs to teach today."""
    return standing.has("trainer", "coach") and any(trainer.id == standing.person.id for trainer in series.trainers)


def looks_after(standing: Standing, series: Series) -> bool:
    """Takes the attendance of a series, reads what its people answered, and sees its grid; into that only a cleared trainer writes."""
    return standing.has("program_manager") or teaches(standing, series)
