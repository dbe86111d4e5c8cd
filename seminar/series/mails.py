"""The mails of series: a place taken and lost, and the meetings as they come, move and go."""

from datetime import UTC, datetime
from typing import Any

from seminar.ground.mail_kinds import AT_ONCE, NEVER, WEEKLY, MailKind
from seminar.ground.refusal import N_

_MEETING: dict[str, Any] = {
    "title": "3D Printing for the Elementary Classroom",
    "series_id": 1,
    "starts_at": datetime(2027, 3, 3, 0, tzinfo=UTC),
    "place": "Alder Creek Elementary",
    "room": "Library",
}
ENROLLED = N_("Everybody enrolled")
MEETING_AND_REVISION = N_("The meeting, and which change of it")
THE_SERIES = N_("Open the series")
YOU_COUNT_ON_IT = N_("Turned off, you would go to a meeting that isn't there, or miss one that is.")

MAILS = [
    MailKind(
        name="enrolled",
        group="learning",
        title=N_("You're enrolled"),
        event=N_("Somebody takes a seat, or is given one"),
        recipient=N_("Whose seat it is"),
        key=N_("The enrollment"),
        page="series/{series_id}",
        link=THE_SERIES,
        example=_MEETING,
        happens=("starts_at",),
    ),
    MailKind(
        name="withdrawn",
        group="learning",
        title=N_("You have withdrawn"),
        event=N_("Somebody gives their seat back"),
        recipient=N_("Whose seat it was"),
        key=N_("The enrollment"),
        page="series/{series_id}",
        link=THE_SERIES,
        example=_MEETING,
    ),
    MailKind(
        name="canceled",
        group="learning",
        title=N_("Your place is canceled"),
        event=N_("The district cancels a place, or the whole series"),
        recipient=N_("Whose place it was"),
        key=N_("The enrollment"),
        page="series/{series_id}",
        link=THE_SERIES,
        example={**_MEETING, "reason": "Too few people enrolled."},
        ways=(AT_ONCE, WEEKLY),
        why=YOU_COUNT_ON_IT,
        happens=("starts_at",),
    ),
    MailKind(
        name="reminder",
        group="learning",
        title=N_("A reminder the day before a meeting"),
        event=N_("A meeting begins within 24 hours"),
        recipient=ENROLLED,
        key=MEETING_AND_REVISION,
        page="series/{series_id}",
        link=THE_SERIES,
        example=_MEETING,
        ways=(AT_ONCE, NEVER),
        why=N_("Once a week would be too late."),
    ),
    MailKind(
        name="meeting_added",
        group="learning",
        title=N_("One more meeting"),
        event=N_("A meeting is added to a series that people are enrolled in"),
        recipient=ENROLLED,
        key=MEETING_AND_REVISION,
        page="series/{series_id}",
        link=THE_SERIES,
        example=_MEETING,
        ways=(AT_ONCE, WEEKLY),
        why=YOU_COUNT_ON_IT,
        happens=("starts_at",),
    ),
    MailKind(
        name="meeting_changed",
        group="learning",
        title=N_("A meeting changed"),
        event=N_("A meeting has another time or place"),
        recipient=ENROLLED,
        key=MEETING_AND_REVISION,
        page="series/{series_id}",
        link=THE_SERIES,
        example={**_MEETING, "was_at": datetime(2027, 3, 2, 0, tzinfo=UTC)},
        ways=(AT_ONCE, WEEKLY),
        why=YOU_COUNT_ON_IT,
        happens=("starts_at", "was_at"),
    ),
    MailKind(
        name="meeting_canceled",
        group="learning",
        title=N_("A meeting is canceled"),
        event=N_("A meeting is canceled, and the series goes on"),
        recipient=ENROLLED,
        key=MEETING_AND_REVISION,
        page="series/{series_id}",
        link=THE_SERIES,
        example={**_MEETING, "reason": "The room is flooded."},
        ways=(AT_ONCE, WEEKLY),
        why=YOU_COUNT_ON_IT,
        happens=("starts_at",),
    ),
]
