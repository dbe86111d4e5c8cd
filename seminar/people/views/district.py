"""The district's own page of settings, and its look: logo and colors, with the public routes that serve them."""

import re
from zoneinfo import available_timezones

from flask import Response, abort, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import select
from wtforms import EmailField, FileField, SelectField, StringField
from wtforms.validators import Length, Regexp
from wtforms.widgets import ColorInput

from seminar.ground import clock
from seminar.ground.db import db
from seminar.people.access import runs_the_program
from seminar.people.address import EMAIL
from seminar.people.district_editing import Logo, change_district, choose_colors, describe_logo, put_logo, reset_look
from seminar.people.views import people
from seminar.people.views.directory import NOT_AN_ADDRESS
from seminar.web.forms import Form, needed
from seminar.web.pages import told
from seminar.web.requires import public, requires
from seminar.web.saving import saved
from seminar.web.viewer import district_or_404, me

IN_THE_US = {
    "America/New_York": lazy_gettext("Eastern"),
    "America/Chicago": lazy_gettext("Central"),
    "America/Denver": lazy_gettext("Mountain"),
    "America/Phoenix": lazy_gettext("Arizona"),
    "America/Los_Angeles": lazy_gettext("Pacific"),
    "America/Anchorage": lazy_gettext("Alaska"),
    "Pacific/Honolulu": lazy_gettext("Hawaii"),
    "America/Puerto_Rico": lazy_gettext("Puerto Rico"),
    "Pacific/Guam": lazy_gettext("Guam"),
    "Pacific/Pago_Pago": lazy_gettext("American Samoa"),
}
OURS, OURS_DARK = "#12594b", "#74cdb3"
# What a browser keeps for a year: its address says what it is.
FOR_GOOD = "public, max-age=31536000, immutable"
# Opened by itself, it is shown and nothing more, whatever kind a browser takes it for.
A_PICTURE_ALONE = "default-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox"


class DistrictForm(Form):
    name = StringField(lazy_gettext("Name"), [needed(), Length(max=120)])
    mail_from = EmailField(lazy_gettext("Address that mail comes from"), [needed(), Length(max=200), Regexp(EMAIL, message=NOT_AN_ADDRESS)])
    timezone = SelectField(lazy_gettext("Time zone"))
    language = SelectField(lazy_gettext("Language of mail"), choices=[("en", "English"), ("es", "Español")])


class ColorsForm(Form):
    color = StringField(lazy_gettext("Color on light pages"), [needed()], widget=ColorInput(), default=OURS)
    color_dark = StringField(lazy_gettext("Color on dark pages"), [needed()], widget=ColorInput(), default=OURS_DARK)


class LogoForm(Form):
    logo = FileField(lazy_gettext("Logo, a PNG or JPEG"))
    alt = StringField(lazy_gettext("What the logo shows, for who can't see it"), [needed(), Length(max=120)])


def _zones(chosen: str) -> dict[str, list[tuple[str, str]]]:
    """Those of the United States first, by the names that people call them."""
    places = {zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix/", "right/"))}
    elsewhere = sorted((places | {chosen}) - {*IN_THE_US})
    return {
        gettext("United States"): [(zone, f"{name} ({zone})") for zone, name in IN_THE_US.items()],
        gettext("Elsewhere"): [(zone, zone.replace("_", " ")) for zone in elsewhere],
    }


def _district_form(*, shown: bool = False) -> DistrictForm:
    district = district_or_404()
    form = DistrictForm(formdata=None, obj=district) if shown else DistrictForm()
    form.timezone.choices = _zones(district.timezone)
    return form


@people.get("/settings/district")
@requires(runs_the_program)
def show_district() -> str:
    return _district_page(_district_form(shown=True))


def _district_page(form: DistrictForm) -> str:
    return render_template("people/settings/district.html", form=form, now=clock.now())


@people.post("/settings/district")
@requires(runs_the_program)
def save_district() -> object:
    form = _district_form()

    def save() -> str:
        change_district(
            district_or_404(),
            name=form.name.data.strip(),
            mail_from=form.mail_from.data.strip(),
            timezone=form.timezone.data,
            language=form.language.data,
            by=me().person,
            now=clock.now(),
        )
        return url_for("people.show_district")

    return saved(form, save, _district_page, gettext("Saved."))


@people.get("/settings/branding")
@requires(runs_the_program)
def show_branding() -> str:
    return _branding_page()


def _branding_page(colors: ColorsForm | None = None, logo: LogoForm | None = None) -> str:
    district = district_or_404()
    shown = ColorsForm(formdata=None, color=district.color or OURS, color_dark=district.color_dark or OURS_DARK)
    described = LogoForm(formdata=None, alt=district.logo_alt or district.name)
    return render_template("people/settings/branding.html", colors=colors or shown, logo=logo or described)


@people.post("/settings/branding/colors")
@requires(runs_the_program)
def save_colors() -> object:
    form = ColorsForm()

    def save() -> str:
        color, color_dark = (typed.strip().lower() for typed in (form.color.data, form.color_dark.data))
        choose_colors(district_or_404(), color=color, color_dark=color_dark, by=me().person, now=clock.now())
        return url_for("people.show_branding")

    return saved(form, save, lambda refused: _branding_page(colors=refused), gettext("Saved. Every page carries the color now."))


@people.post("/settings/branding/logo")
@requires(runs_the_program)
def save_logo() -> object:
    form = LogoForm()
    upload = request.files.get("logo")
    image = upload.read() if upload else b""

    def save() -> str:
        district, alt = district_or_404(), form.alt.data.strip()
        if not image and district.logo_digest is not None:
            describe_logo(district, alt=alt, by=me().person, now=clock.now())
        else:
            put_logo(district, image, alt=alt, by=me().person, now=clock.now())
        return url_for("people.show_branding")

    return saved(form, save, lambda refused: _branding_page(logo=refused), gettext("Saved. Every page carries the logo now."))


@people.post("/settings/branding/reset")
@requires(runs_the_program)
def create_branding_reset() -> object:
    reset_look(district_or_404(), by=me().person, now=clock.now())
    db.session.commit()
    told(gettext("MakerPD's own look is back."))
    return redirect(url_for("people.show_branding"), 303)


@people.get("/branding/<digest>/logo")
@requires(public)
def show_logo(digest: str) -> Response:
    """A logo by its content: it is on public pages too, so it is nobody's secret."""
    logo = db.session.scalars(select(Logo).where(Logo.digest == digest).limit(1)).first()
    if logo is None:
        abort(404)
    # A picture that is opened by itself runs nothing, whatever a browser takes it for.
    return Response(
        logo.image, mimetype=logo.kind, headers={"Cache-Control": FOR_GOOD, "Content-Security-Policy": A_PICTURE_ALONE}
    )


@people.get("/branding/<color>-<color_dark>/colors.css")
@requires(public)
def show_colors(color: str, color_dark: str) -> Response:
    """The style sheet of two colors; they are its address."""
    if not all(re.fullmatch(r"[0-9a-f]{6}", one) for one in (color, color_dark)):
        abort(404)
    dark = f"--district: #{color_dark};"
    sheet = (
        f":root {{ --district: #{color}; }}\n"
        f'@media screen and (prefers-color-scheme: dark) {{ :root:not([data-theme="light"]) {{ {dark} }} }}\n'
        f'@media screen {{ :root[data-theme="dark"] {{ {dark} }} }}\n'
    )
    return Response(sheet, mimetype="text/css", headers={"Cache-Control": FOR_GOOD})
