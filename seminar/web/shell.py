"""What surrounds every page: navigation by role, the viewer's name and place, the district, the theme."""

from dataclasses import dataclass
from typing import Any

from flask import Flask, g, request, url_for
from flask_babel import get_locale, gettext

from seminar.ground import clock
from seminar.people.appointment import ROLES, Standing
from seminar.people.district import District
from seminar.web.session import idle_seconds
from seminar.web.viewer import current_district, looking, owes_a_second_step, signed_in_standing


@dataclass(frozen=True)
class Entry:
    label: str
    url: str
    icon: str
    current: bool


@dataclass(frozen=True)
class Viewer:
    person: Any
    place: str
    standing: Standing


# Which entries a role has, its first one leading (design.md, navigation by role).
ENTRIES: dict[str, tuple[str, ...]] = {
    "teacher": ("learning", "seminars", "equipment", "staff"),
    "maker_contact": ("loans", "equipment", "seminars", "learning", "staff"),
    "trainer": ("teaching", "seminars", "staff"),
    "principal": ("school", "staff", "seminars", "equipment", "approvals"),
    "equipment_manager": ("depot", "all_loans", "equipment", "staff", "settings"),
    "program_manager": ("program", "seminars", "people", "skills", "equipment", "staff", "settings"),
    "coach": ("schools", "seminars", "equipment", "staff"),
}
# Several roles: the busiest leads.
ORDER = ("program_manager", "equipment_manager", "trainer", "principal", "coach", "maker_contact", "teacher")


def install(app: Flask) -> None:
    app.jinja_env.filters["drop_none"] = lambda values: {name: value for name, value in values.items() if value is not None}
    app.jinja_env.filters["role"] = role_name

    @app.context_processor
    def _shell() -> dict[str, Any]:
        if "away" in g:
            # The database doesn't answer, so nobody knows who is looking.
            return {"language": get_locale().language, "navigation": [], "now": clock.now()}
        standing = signed_in_standing()
        district = current_district()
        return {
            "language": get_locale().language,
            "district": district,
            "today": district.day(clock.now()) if district else None,
            "now": clock.now(),
            "theme": standing.person.theme if standing else "",
            "viewer": Viewer(standing.person, place_of(standing), standing) if standing else None,
            "navigation": navigation(standing, district),
            "sign_in_url": url_for("people.show_second_step" if owes_a_second_step() else "people.show_sign_in"),
            "looking": looking(),
            "idle_seconds": idle_seconds(),
        }


def place_of(standing: Standing) -> str:
    """Where they work, in a line: 'Principal, Alder Creek Elementary'."""
    roles = [a.role for a in standing.appointments]
    leading = next((role for role in ORDER if role in roles), None)
    if leading is None:
        return standing.person.district.name
    school = next((a.school.name for a in standing.appointments if a.role == leading and a.school), None)
    title = role_name(leading)
    return school if leading == "teacher" and school else f"{title}, {school}" if school and leading != "coach" else title


def role_name(role: str) -> str:
    names = {
        "teacher": gettext("Teacher"),
        "maker_contact": gettext("Maker contact"),
        "principal": gettext("Principal"),
        "trainer": gettext("Trainer"),
        "coach": gettext("Coach"),
        "equipment_manager": gettext("Equipment manager"),
        "program_manager": gettext("Program manager"),
    }
    return names[role]


def role_choices() -> list[tuple[str, str]]:
    return [(role, role_name(role)) for role in ROLES]


def navigation(standing: Standing | None, district: District | None) -> list[Entry]:
    if standing is None:
        return [_entry(gettext("Seminars"), url_for("series.show_catalog"), "cap")] if district else []
    keys: list[str] = []
    for role in ORDER:
        if standing.has(role):
            keys += [key for key in ENTRIES[role] if key not in keys]
    keys, places = keys or ["seminars", "equipment", "staff"], _places(standing)
    return [_entry(*places[key]) for key in keys if key in places]


def _places(standing: Standing) -> dict[str, tuple[str, str, str]]:
    led = sorted(standing.school_ids("principal"))
    places = {
        "learning": (gettext("My learning"), url_for("series.show_learning"), "home"),
        "seminars": (gettext("Seminars"), url_for("series.show_catalog"), "cap"),
        "equipment": (gettext("Equipment"), url_for("inventory.show_equipment"), "box"),
        "staff": (gettext("Staff"), url_for("coverage.show_staff"), "people"),
        "loans": (gettext("Our loans"), url_for("inventory.show_loans"), "tag"),
        "all_loans": (gettext("Loans"), url_for("inventory.show_loans"), "tag"),
        "approvals": (gettext("Approvals"), url_for("series.show_approvals"), "check"),
        "teaching": (gettext("Teaching"), url_for("series.show_teaching"), "home"),
        "depot": (gettext("Depot"), url_for("inventory.show_depot"), "depot"),
        "program": (gettext("Program"), url_for("series.show_program"), "home"),
        "people": (gettext("People"), url_for("people.show_people"), "user"),
        "skills": (gettext("Skills"), url_for("skills.show_skills"), "shield"),
        "settings": (gettext("Settings"), url_for("people.show_settings"), "gear"),
        "schools": (gettext("My schools"), url_for("home"), "school"),
    }
    if led:
        places["school"] = (gettext("My school"), url_for("coverage.show_school", school_id=led[0]), "school")
    return places


def _entry(label: str, url: str, icon: str) -> Entry:
    path = request.path
    current = path == url or (url != "/" and path.startswith(url + "/"))
    return Entry(label, url, icon, current)
