"""The district's look: what is a picture, which color can be seen, and what is served to everybody."""

import pytest

from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.people.district_editing import change_district, choose_colors, contrast, put_logo, reset_look
from seminar.people.picture import picture_of
from tests.cast import NOW, a_cast
from tests.pages.as_who import as_who
from tests.pictures import a_jpeg, a_png


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(
    ("colors", "sentence"),
    [
        (("#f4b63f", "#f4b63f"), "On a light page this color has a contrast of 1.7 to 1"),
        (("#003366", "#003366"), "On a dark page this color has a contrast of 1.3 to 1"),
        (("red", "#ffffff"), "A color is #"),
    ],
)
def test_a_color_that_can_hardly_be_seen_is_refused_with_its_ratio(db_session, colors, sentence):
    cast = a_cast()
    with pytest.raises(Refused, match=sentence):
        choose_colors(cast.district, color=colors[0], color_dark=colors[1], by=cast.olive, now=NOW)
    assert cast.district.color is None


@pytest.mark.parametrize(
    "file",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        a_png()[:-4],
        a_png() + b"<script>",
        a_png().replace(b"IDAT", b"IDAX"),
        a_jpeg()[:-2],
        b"GIF89a",
        b"\x89PNG\r\n\x1a\n",
    ],
    ids=["svg", "cut off", "more after it", "a wrong checksum", "half a JPEG", "a GIF", "only a signature"],
)
def test_what_is_no_whole_png_or_jpeg_is_refused(file):
    with pytest.raises(Refused, match="no whole PNG or JPEG"):
        picture_of(file)


def test_a_picture_is_read_by_its_bytes_and_has_a_fitting_size():
    png, jpeg = picture_of(a_png(40, 50)), picture_of(a_jpeg(64, 48))
    assert (png.kind, png.width, png.height) == ("image/png", 40, 50)
    assert (jpeg.kind, jpeg.width, jpeg.height) == ("image/jpeg", 64, 48)
    with pytest.raises(Refused, match="8 by 8 pixels"):
        picture_of(a_png(8, 8))
    with pytest.raises(Refused, match="300 KB is the most"):
        picture_of(a_png() + bytes(400 * 1024))


def test_the_logo_and_the_colors_are_on_public_pages_and_kept_for_good(clean):
    with clean.app_context():
        cast = a_cast()
        put_logo(cast.district, a_png(), alt="The wheel of A", by=cast.olive, now=NOW)
        choose_colors(cast.district, color="#003366", color_dark="#8ab4ff", by=cast.olive, now=NOW)
        db.session.commit()
        logo = f"/branding/{cast.district.logo_digest}/logo"
    nobody = clean.test_client()
    page = nobody.get("/seminars").text
    assert f'src="{logo}" alt="The wheel of A"' in page
    assert "/branding/003366-8ab4ff/colors.css" in page
    served, sheet = nobody.get(logo), nobody.get("/branding/003366-8ab4ff/colors.css")
    assert (served.data, served.mimetype) == (a_png(), "image/png")
    assert served.headers["Content-Security-Policy"] == (
        "default-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox"
    )
    assert "immutable" in served.headers["Cache-Control"] and "immutable" in sheet.headers["Cache-Control"]
    assert "--district: #003366;" in sheet.text and "--district: #8ab4ff;" in sheet.text
    assert nobody.get("/branding/003366-red/colors.css").status_code == 404


def test_the_look_is_taken_off_again(db_session):
    cast = a_cast()
    put_logo(cast.district, a_png(), alt="A", by=cast.olive, now=NOW)
    reset_look(cast.district, by=cast.olive, now=NOW)
    reset_look(cast.district, by=cast.olive, now=NOW)
    assert (cast.district.logo_digest, cast.district.logo_alt) == (None, "")


def test_a_time_zone_that_is_none_is_refused(db_session):
    cast = a_cast()
    with pytest.raises(Refused, match="no time zone Mars/Base"):
        change_district(cast.district, name="A", mail_from="a@b.example", timezone="Mars/Base", language="en", by=cast.olive, now=NOW)


def test_the_district_is_changed_on_its_page_and_a_refused_logo_says_so(clean):
    with clean.app_context():
        a_cast()
    olive = as_who(clean, "olive")
    typed = {"name": "New Name", "mail_from": "pd@new.example", "timezone": "America/Denver", "language": "es"}
    assert olive.post("/settings/district", data=typed).status_code == 303
    assert "New Name" in olive.get("/settings/district").text
    refused = olive.post("/settings/branding/colors", data={"color": "#ffffff", "color_dark": "#ffffff"})
    assert (refused.status_code, "needs 3 to 1 to be seen" in refused.text) == (422, True)
    assert olive.post("/settings/branding/logo", data={"alt": "A"}).status_code == 422
