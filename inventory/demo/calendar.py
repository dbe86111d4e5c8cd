"""The demo's school calendar, around the day that it is loaded."""

from datetime import date, timedelta

from seminar.people.calendar import ClosedDay, SchoolYear

TIMEZONE = "America/Los_Angeles"


def year_ending(day: date) -> int:
    """The year in which the school year of that day ends; July and August belong to the coming one."""
    return day.year + 1 if day.month >= 7 else day.year


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    """The nth Monday (0) to Sunday (6) of a month."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def school_years(district_id: int, today: date) -> list[SchoolYear]:
    last = year_ending(today)
    return [
        SchoolYear(district_id=district_id, ends_in=year, first_day=date(year - 1, 8, 12), last_day=date(year, 6, 11))
        for year in range(last - 2, last + 2)
    ]


def closed_days(district_id: int, today: date) -> list[ClosedDay]:
    found: dict[date, str] = {}
    for year in range(year_ending(today) - 2, year_ending(today) + 2):
        autumn = year - 1
        thanksgiving = nth_weekday(autumn, 11, 3, 4)
        found[nth_weekday(autumn, 9, 0, 1)] = "Labor Day"
        found[date(autumn, 11, 11)] = "Veterans Day"
        found |= {thanksgiving: "Thanksgiving", thanksgiving + timedelta(days=1): "Thanksgiving"}
        found |= {date(autumn, 12, 21) + timedelta(days=n): "Winter break" for n in range(12)}
        found[nth_weekday(year, 1, 0, 3)] = "Martin Luther King Jr. Day"
        found[nth_weekday(year, 2, 0, 3)] = "Presidents' Day"
        found |= {nth_weekday(year, 4, 0, 1) + timedelta(days=n): "Spring break" for n in range(5)}
    return [ClosedDay(district_id=district_id, day=day, reason=reason) for day, reason in sorted(found.items())]


def school_day_from(day: date, years: list[SchoolYear], closed: list[ClosedDay]) -> date:
    """That day, or the next one on which there is school."""
    shut = {row.day for row in closed}
    while day.weekday() > 4 or day in shut or not any(year.first_day <= day <= year.last_day for year in years):
        day += timedelta(days=1)
    return day
