"""A series' people, and a season's series, as a workbook or a CSV."""

from flask import Response, request
from flask_babel import gettext

from seminar.series.access import opens_teaching
from seminar.series.exports import OUTCOMES, STATES, SeriesRow, people_of, series_of
from seminar.series.teaching import year_of
from seminar.series.views import series
from seminar.series.views.messages import series_to_run_or_refuse
from seminar.web.asked import asked_id
from seminar.web.language import local
from seminar.web.requires import anyone_signed_in, requires
from seminar.web.sheet import sheet
from seminar.web.viewer import me


@series.get("/series/<int:series_id>/people")
@requires(anyone_signed_in)
def show_people_export(series_id: int) -> Response:
    found = series_to_run_or_refuse(series_id)
    headings = [gettext("Name"), gettext("Email"), gettext("School"), gettext("State"), gettext("Since"), gettext("Outcome")]
    rows = [
        [
            row.place.person.name,
            row.place.person.email or "",
            ", ".join(row.schools),
            gettext(STATES[row.place.state]),
            f"{local(row.place.state_since):%Y-%m-%d %H:%M}",
            gettext(OUTCOMES[row.place.outcome]) if row.place.outcome else "",
        ]
        for row in people_of(found, me().day)
    ]
    return sheet(gettext("People"), f"series-{found.id}-people", [headings, *rows])


@series.get("/teaching/series")
@requires(opens_teaching)
def show_series_export() -> Response:
    year = asked_id("year") or year_of(me().day)
    season = "summer" if request.args.get("season") == "summer" else "year-round"
    headings = [
        *(gettext("Title"), gettext("First day"), gettext("Last day"), gettext("Meetings"), gettext("Trainers"), gettext("State")),
        *(gettext("Seats"), gettext("Enrolled"), gettext("Waitlist"), gettext("Minimum"), gettext("Decided by")),
    ]
    rows = [_row(row) for row in series_of(me(), year, season)]
    return sheet(gettext("Series"), f"series-{season}-{year}", [headings, *rows])


def _row(row: SeriesRow) -> list[str | int]:
    found, days = row.series, [local(starts_at).date().isoformat() for starts_at in row.days]
    return [
        found.seminar.title,
        days[0] if days else "",
        days[-1] if days else "",
        len(days),
        ", ".join(trainer.name for trainer in found.trainers),
        gettext("Canceled") if found.canceled_at else gettext("Published") if found.published_at else gettext("Draft"),
        found.seats,
        row.enrolled,
        row.waiting,
        found.minimum or "",
        found.decide_on.isoformat() if found.decide_on else "",
    ]
