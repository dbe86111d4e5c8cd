"""Where a district's roster is fetched each night."""

from typing import Any

from flask import redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from wtforms import StringField
from wtforms.validators import Length, Regexp, ValidationError

from seminar.ground import clock
from seminar.ground.db import db
from seminar.people.access import runs_the_program
from seminar.people.roster import nightly
from seminar.people.roster.server import SECRET_NAMES, RosterServer, is_an_address, may_use, secret_name_of
from seminar.people.views import people
from seminar.web.forms import Form, needed
from seminar.web.pages import told
from seminar.web.requires import requires
from seminar.web.saving import saved
from seminar.web.viewer import district_or_404, found_or_404, me


def _an_address(_form: Form, field: Any) -> None:
    if not is_an_address(field.data.strip()):
        raise ValidationError(
            lazy_gettext("Type the whole address, without a name or password in it. It begins with https://, since a secret travels there.")
        )


def _its_own(_form: Form, field: Any) -> None:
    if not may_use(field.data.strip(), district_or_404()):
        name = secret_name_of(district_or_404())
        raise ValidationError(
            lazy_gettext("Several districts are here, and each has a secret of its own name. Yours is %(name)s.", name=name)
        )


class ServerForm(Form):
    address = StringField(lazy_gettext("Address of the roster"), [needed(), Length(max=300), _an_address])
    token_address = StringField(lazy_gettext("Address of the token"), [needed(), Length(max=300), _an_address])
    client_id = StringField(lazy_gettext("Client ID"), [needed(), Length(max=200)])
    secret_name = StringField(
        lazy_gettext("Name of the secret"),
        [
            needed(),
            Length(max=80),
            Regexp(
                rf"{SECRET_NAMES}[A-Z0-9_]*$", message=lazy_gettext("A name in the server's environment that begins with ROSTER_SECRET.")
            ),
            _its_own,
        ],
    )

    @property
    def typed(self) -> dict[str, str]:
        return {field.name: field.data.strip() for field in (self.address, self.token_address, self.client_id, self.secret_name)}


def _server() -> RosterServer | None:
    return db.session.get(RosterServer, district_or_404().id)


@people.get("/settings/roster/server")
@requires(runs_the_program)
def show_roster_server() -> str:
    server = _server()
    return _server_page(
        ServerForm(formdata=None, obj=server) if server else ServerForm(formdata=None, secret_name=secret_name_of(district_or_404()))
    )


def _server_page(form: ServerForm) -> str:
    return render_template("people/roster_server.html", form=form, server=_server())


@people.post("/settings/roster/server")
@requires(runs_the_program)
def save_roster_server() -> object:
    form = ServerForm()

    def save() -> str:
        nightly.set_server(district_or_404(), form.typed, by=me().person, now=clock.now())
        return url_for("people.show_roster")

    return saved(form, save, _server_page, gettext("Saved. The server is asked within a minute, and then each night."))


@people.post("/settings/roster/server/question")
@requires(runs_the_program)
def create_roster_question() -> object:
    """Have it asked now rather than tonight."""
    nightly.ask_soon(found_or_404(_server()), by=me().person, now=clock.now())
    db.session.commit()
    told(gettext("The server is asked within a minute."))
    return redirect(url_for("people.show_roster"), 303)


@people.post("/settings/roster/server/removal")
@requires(runs_the_program)
def create_roster_server_removal() -> object:
    nightly.end_server(found_or_404(_server()), by=me().person, now=clock.now())
    db.session.commit()
    told(gettext("The server is asked no more. What the roster told stays."))
    return redirect(url_for("people.show_roster"), 303)
