"""What the program manager says of the district itself: its name, mail address, time zone, language, and its look.

Laws: a color is taken where it can be seen (WCAG 2.2, 1.4.11: 3 to 1 against the page); a logo is a whole PNG or JPEG.
"""

import hashlib
import re
from datetime import datetime
from zoneinfo import available_timezones

from sqlalchemy import ForeignKey, Index, LargeBinary, delete
from sqlalchemy.orm import Mapped, mapped_column

from seminar.ground import history
from seminar.ground.db import Model, db
from seminar.ground.refusal import N_, Refused
from seminar.people.address import is_an_address
from seminar.people.district import District
from seminar.people.person import Person
from seminar.people.picture import picture_of


class Logo(Model):
    """The district's logo, as it was uploaded: processes keep no files."""

    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"), primary_key=True)
    digest: Mapped[str]
    kind: Mapped[str]
    image: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (Index("ix_logo_digest", "digest"),)


# The pages that the color stands on: --paper of static/css/tokens.css, light and dark.
LIGHT_PAPER, DARK_PAPER = "#fbf8f2", "#171b1c"
LEAST_CONTRAST = 3.0


def change_district(district: District, *, name: str, mail_from: str, timezone: str, language: str, by: Person, now: datetime) -> None:
    """Raises Refused for what is no address, and for a time zone that isn't known."""
    if not is_an_address(mail_from):
        raise Refused(N_("{address} is no email address. One looks like ana.ruiz@example.org."), field="mail_from", address=mail_from)
    if timezone not in available_timezones():
        raise Refused(N_("There is no time zone {name}. One looks like America/Chicago."), field="timezone", name=timezone)
    before = {"name": district.name, "mail_from": district.mail_from, "timezone": district.timezone, "language": district.language}
    district.name, district.mail_from = name, mail_from
    district.timezone, district.language = timezone, language
    db.session.flush()
    history.record(by, "district changed", district, now, before=before)


def luminance(color: str) -> float:
    """The relative luminance of #rrggbb (WCAG 2.2, definitions)."""
    parts = [int(color[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """From 1, the same, to 21, black on white."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def choose_colors(district: District, *, color: str, color_dark: str, by: Person, now: datetime) -> None:
    """Raises Refused, with the ratio, for a color that can hardly be seen on the page that it stands on."""
    for field, typed in (("color", color), ("color_dark", color_dark)):
        if not re.fullmatch(r"#[0-9a-f]{6}", typed):
            raise Refused(N_("A color is # and six digits or letters from a to f, as in #12594b."), field=field)
    on_light, on_dark = contrast(color, LIGHT_PAPER), contrast(color_dark, DARK_PAPER)
    if on_light < LEAST_CONTRAST:
        raise Refused(
            N_("On a light page this color has a contrast of {ratio} to 1, and it needs 3 to 1 to be seen. Choose a darker one."),
            field="color",
            ratio=said_ratio(on_light),
        )
    if on_dark < LEAST_CONTRAST:
        raise Refused(
            N_("On a dark page this color has a contrast of {ratio} to 1, and it needs 3 to 1 to be seen. Choose a lighter one."),
            field="color_dark",
            ratio=said_ratio(on_dark),
        )
    before = [district.color, district.color_dark]
    district.color, district.color_dark = color, color_dark
    db.session.flush()
    history.record(by, "branding changed", district, now, before=before, after=[color, color_dark])


def said_ratio(ratio: float) -> str:
    """Rounded down: 2.99 is not enough, and shouldn't read as if it were."""
    return f"{int(ratio * 10) / 10:.1f}"


def put_logo(district: District, image: bytes, *, alt: str, by: Person, now: datetime) -> None:
    """Raises Refused for what isn't a whole PNG or JPEG of a fitting size."""
    picture = picture_of(image)
    digest = hashlib.sha256(image).hexdigest()[:32]
    logo = db.session.get(Logo, district.id) or Logo(district_id=district.id)
    logo.digest, logo.kind, logo.image = digest, picture.kind, image
    db.session.add(logo)
    district.logo_digest, district.logo_alt = digest, alt
    db.session.flush()
    history.record(by, "branding changed", district, now, logo=digest, width=picture.width, height=picture.height)


def describe_logo(district: District, *, alt: str, by: Person, now: datetime) -> None:
    """Other words for the same picture."""
    district.logo_alt = alt
    db.session.flush()
    history.record(by, "branding changed", district, now, alt=alt)


def reset_look(district: District, *, by: Person, now: datetime) -> None:
    """MakerPD's own look again; reset twice is reset."""
    if district.logo_digest is None and district.color is None:
        return
    district.color = district.color_dark = district.logo_digest = None
    district.logo_alt = ""
    db.session.execute(delete(Logo).where(Logo.district_id == district.id))
    db.session.flush()
    history.record(by, "branding reset", district, now)
