"""The reader's language, and how days, times and grades read in it."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal
from babel.support import Translations
from flask import Flask, g, request, session
from flask_babel import Babel, format_date, format_datetime, format_time, get_locale, get_translations, gettext

from seminar.ground import clock
from seminar.ground.refusal import Refused
from seminar.web.viewer import current_district, signed_in_standing

LANGUAGES = ("en", "es")


def chosen_language() -> str:
    """The signed-in person's, else the one chosen on this device, else the browser's best."""
    if "language" in g:
        return str(g.language)
    standing = signed_in_standing()
    if standing is not None and standing.person.language:
        return standing.person.language
    return language_of_the_device()


def language_of_the_device() -> str:
    """The one chosen on it, else the browser's best."""
    if session.get("language") in LANGUAGES:
        return str(session["language"])
    return request.accept_languages.best_match(LANGUAGES) or "en"


def chosen_timezone() -> str | None:
    if "timezone" in g:
        return str(g.timezone)
    district = current_district()
    return district.timezone if district is not None else None


def short_day(day: date) -> str:
    """Tue, Mar 4"""
    return format_date(day, "EEE, MMM d" if get_locale().language == "en" else "EEE d MMM")


def day_with_year(day: date) -> str:
    """Mar 4, 2027"""
    return format_date(day, "MMM d, y" if get_locale().language == "en" else "d MMM y")


def long_day(day: date) -> str:
    """Tuesday, March 4"""
    return format_date(day, "EEEE, MMMM d" if get_locale().language == "en" else "EEEE, d 'de' MMMM")


def clock_time(moment: datetime | time) -> str:
    """4:00 PM"""
    if isinstance(moment, time):
        return format_time(datetime.combine(date(2000, 1, 1), moment), "h:mm a", rebase=False)
    return format_time(moment, "h:mm a")


def local(moment: datetime) -> datetime:
    """The moment in the district's time zone."""
    return moment.astimezone(ZoneInfo(chosen_timezone() or "UTC"))


def day_and_time(moment: datetime) -> str:
    """Tue, Mar 4, 4:00 PM"""
    return f"{short_day(local(moment).date())}, {clock_time(moment)}"


# A day further off than this is said with its year.
SAID_WITHOUT_YEAR = timedelta(days=180)


def said_day(day: date) -> str:
    """Tue, Mar 4; or Mar 4, 2029 where the year is not plain."""
    near = abs(day - local(clock.now()).date()) < SAID_WITHOUT_YEAR
    return short_day(day) if near else day_with_year(day)


def said(message: str, values: dict[str, Any]) -> str:
    """A sentence of the code in the reader's language, its days as days are said."""
    spoken = {name: said_day(value) if isinstance(value, date) else value for name, value in values.items()}
    return str(gettext(message).format(**spoken))


def sentence_of(refused: Refused) -> str:
    """The refusal in the reader's language."""
    return said(refused.message, refused.values)


def grade_name(grade: int | None) -> str:
    return "" if grade is None else gettext("K") if grade == 0 else str(grade)


def grade_span(first: int, last: int) -> str:
    """K–5"""
    return grade_name(first) if first == last else f"{grade_name(first)}–{grade_name(last)}"


def school_year_name(ends_in: int) -> str:
    """2026–27"""
    return f"{ends_in - 1}–{ends_in % 100:02d}"


def whole_number(number: int) -> str:
    """75,000. In the Spanish of the United States too: there 75.000 is a number with three decimals."""
    return str(format_decimal(number, locale=f"{get_locale().language}_US"))


def translations() -> Translations:
    """Those of the reader's language. Flask-Babel finds its context five times for each sentence of a page; this asks once."""
    language = get_locale().language
    if language not in _translations:
        _translations[language] = get_translations()
    return _translations[language]


_translations: dict[str, Translations] = {}


def install(app: Flask) -> None:
    Babel(app, locale_selector=chosen_language, timezone_selector=chosen_timezone)
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda sentence: translations().ugettext(sentence),
        ngettext=lambda one, many, number: translations().ungettext(one, many, number),
        newstyle=True,
    )
    filters: dict[str, Any] = {
        "short_day": short_day,
        "day_with_year": day_with_year,
        "long_day": long_day,
        "clock_time": clock_time,
        "local": local,
        "local_day": lambda moment: local(moment).date(),
        "day_and_time": day_and_time,
        "grade": grade_name,
        "grades": grade_span,
        "school_year": school_year_name,
        "whole_number": whole_number,
        # For what may be a sentence of ours or somebody's own words: those stay as they are.
        "in_words": lambda text: gettext(text),
        "month_short": lambda day: format_date(day, "MMM"),
        "weekday_short": lambda day: format_date(day, "EEE"),
        "month_title": lambda day: format_datetime(datetime(day.year, day.month, 1), "LLLL y", rebase=False),
    }
    app.jinja_env.filters.update(filters)
    app.jinja_env.globals["said"] = said
