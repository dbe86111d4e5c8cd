"""Where somebody is signed in, and ending it; and how long a shared device waits before it signs out."""

from flask import Response, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from flask_login import current_user

from seminar.ground import clock
from seminar.ground.contributions import Place
from seminar.ground.db import db
from seminar.people.access import runs_the_program
from seminar.people.device_session import (
    FEWEST_IDLE_MINUTES,
    MOST_IDLE_MINUTES,
    DeviceSession,
    end_session,
    end_sessions,
    open_sessions,
    set_idle_minutes,
)
from seminar.people.support_view import views_of
from seminar.people.views import people
from seminar.web.forms import Form, WholeNumberField, needed
from seminar.web.pages import told
from seminar.web.requires import anyone_signed_in, oneself, requires
from seminar.web.saving import saved
from seminar.web.viewer import district_or_404, found_or_404, me


def account_pages() -> list[Place]:
    return [
        Place(
            lazy_gettext("Where you're signed in"),
            lazy_gettext("Each device, with a button that signs it out; and who in the PD office looked at your pages."),
            "people.show_sessions",
            oneself,
        ),
        Place(
            lazy_gettext("Passkeys"),
            lazy_gettext("Sign in with your finger, your face or your device's PIN, and no password."),
            "people.show_passkeys",
            oneself,
        ),
        Place(
            lazy_gettext("Second step"),
            lazy_gettext("A code from an app on your phone, asked for after your password; and your recovery codes."),
            "people.show_second_step",
            oneself,
        ),
    ]


def settings_pages() -> list[Place]:
    return [
        Place(
            lazy_gettext("Shared devices"),
            lazy_gettext("After how many minutes a tablet that several people use signs out by itself."),
            "people.show_shared_devices",
            runs_the_program,
        )
    ]


@people.get("/my/account/sessions")
@requires(oneself)
def show_sessions() -> str:
    person, device = me().person, current_user.device
    others = [one for one in open_sessions(person, now=clock.now()) if one.id != device.id]
    return render_template("people/sessions.html", here=device, others=others, views=views_of(person))


@people.post("/my/account/sessions/<int:device_session_id>/end")
@requires(oneself)
def create_session_end(device_session_id: int) -> object:
    device: DeviceSession = found_or_404(_own(device_session_id))
    end_session(device, "ended", now=clock.now())
    db.session.commit()
    told(gettext("Signed out there."))
    return redirect(url_for("people.show_sessions"), 303)


def _own(device_session_id: int) -> DeviceSession | None:
    device = db.session.get(DeviceSession, device_session_id)
    return device if device is not None and device.person_id == me().person.id else None


@people.post("/my/account/sessions/others/end")
@requires(oneself)
def create_other_sessions_end() -> object:
    end_sessions(me().person, "ended", now=clock.now(), keep=current_user.device)
    db.session.commit()
    told(gettext("Everywhere else you're signed out."))
    return redirect(url_for("people.show_sessions"), 303)


@people.get("/my/account/still-here")
@requires(anyone_signed_in)
def show_still_here() -> Response:
    """What a shared device asks for when somebody says that they are still there: asking is the sign of it."""
    return Response(status=204, mimetype="text/plain")


class IdleForm(Form):
    minutes = WholeNumberField(
        lazy_gettext("Minutes without anybody"),
        [needed(lazy_gettext("Type how many minutes."))],
        render_kw={"min": FEWEST_IDLE_MINUTES, "max": MOST_IDLE_MINUTES},
    )


@people.get("/settings/shared-devices")
@requires(runs_the_program)
def show_shared_devices() -> str:
    return _shared_devices_page(IdleForm(formdata=None, minutes=district_or_404().shared_idle_minutes))


def _shared_devices_page(form: IdleForm) -> str:
    return render_template("people/shared_devices.html", form=form)


@people.post("/settings/shared-devices")
@requires(runs_the_program)
def save_shared_devices() -> object:
    form = IdleForm()

    def save() -> str:
        set_idle_minutes(district_or_404(), form.minutes.data, by=me().person, now=clock.now())
        return url_for("people.show_shared_devices")

    return saved(form, save, _shared_devices_page, gettext("Saved."))
