"""What is kept of targets and of the plans for a new school year: they are the program's, for good."""

from seminar.ground.retention import RetentionKind

KINDS: list[RetentionKind] = []
TABLES = dict.fromkeys(("coverage_target", "roll_over", "roll_over_closed_day", "roll_over_move", "roll_over_target"), "program")
