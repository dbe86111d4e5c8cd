"""A series' people, and a season's series, as a workbook or a CSV."""

from collections.abc import Sequence

from flask import Response, request
from flask_babel import gettext, lazy_gettext

from seminar.ground.sheets import writing
from seminar.series.access import opens_teaching
from seminar.series.exports import SeriesRow, people_of, series_of
from seminar.series.views import series
from seminar.series.views.messages import series_to_run_or_refuse
from seminar.series.views.program import year_of
from seminar.web.asked import asked_id
from seminar.web.language import local
from seminar.web.requires import anyone_signed_in, requires
from seminar.web.viewer import me

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STATES = {
    "requested": lazy_gettext("Requested"),
    "held": lazy_gettext("Held"),
    "awaiting_po": lazy_gettext("Awaits a purchase order"),
    "offered": lazy_gettext("Offered a seat"),
    "enrolled": lazy_gettext("Enrolled"),
    "waitlisted": lazy_gettext("On the waitlist"),
    "withdrawn": lazy_gettext("Withdrawn"),
    "canceled": lazy_gettext("Canceled"),
    "declined": lazy_gettext("Declined"),
    "lapsed": lazy_gettext("Lapsed"),
    "passed": lazy_gettext("Passed on"),
    "substituted": lazy_gettext("Substituted"),
}
OUTCOMES = {
    "completed": lazy_gettext("Completed"),
    "incomplete": lazy_gettext("Incomplete"),
    "no_show": lazy_gettext("Not there"),
}


def _sheet(title: str, name: str, rows: Sequence[Sequence[str | int]]) -> Response:
    """As a workbook, or as the CSV that the address asks for."""
    is_csv = request.args.get("format") == "csv"
    content = writing.as_csv(rows) if is_csv else writing.as_xlsx(title, rows)
    disposition = f'attachment; filename="{name}.{"csv" if is_csv else "xlsx"}"'
    return Response(content, mimetype=CSV if is_csv else XLSX, headers={"Content-Disposition": disposition})


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
            str(STATES[row.place.state]),
            f"{local(row.place.state_since):%Y-%m-%d %H:%M}",
            str(OUTCOMES[row.place.outcome]) if row.place.outcome else "",
        ]
        for row in people_of(found, me().day)
    ]
    return _sheet(gettext("People"), f"series-{found.id}-people", [headings, *rows])


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
    return _sheet(gettext("Series"), f"series-{season}-{year}", [headings, *rows])


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
