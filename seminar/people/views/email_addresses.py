"""One's own email addresses: adding one, confirming it by the link that was mailed there, and which one mail goes to."""

from flask import redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from wtforms import EmailField
from wtforms.validators import Length, Regexp

from seminar.ground import clock
from seminar.ground.contributions import Place
from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.people import email_address
from seminar.people.email_address import EmailAddress
from seminar.people.views import people
from seminar.people.views.directory import EMAIL, NOT_AN_ADDRESS
from seminar.web.forms import Form, needed
from seminar.web.language import sentence_of
from seminar.web.pages import refusing, told
from seminar.web.requires import anyone_signed_in, public, requires
from seminar.web.saving import pressed, saved
from seminar.web.viewer import found_or_404, me


class AddressForm(Form):
    email = EmailField(lazy_gettext("Another address"), [needed(), Length(max=200), Regexp(EMAIL, message=NOT_AN_ADDRESS)])


def account_pages() -> list[Place]:
    return [
        Place(
            lazy_gettext("Email addresses"),
            lazy_gettext("Which addresses sign you in, and the one that mail goes to."),
            "people.show_addresses",
            anyone_signed_in,
        )
    ]


@people.get("/my/account/addresses")
@requires(anyone_signed_in)
def show_addresses() -> str:
    return _addresses_page(AddressForm(formdata=None))


def _addresses_page(form: AddressForm) -> str:
    person = me().person
    return render_template("people/addresses.html", form=form, person=person, addresses=email_address.addresses_of(person))


@people.post("/my/account/addresses")
@requires(anyone_signed_in)
def create_address() -> object:
    form = AddressForm()

    def save() -> str:
        email_address.add_address(me().person, form.email.data, now=clock.now())
        return url_for("people.show_addresses")

    return saved(form, save, _addresses_page, gettext("A link is on its way there. The address counts when you have opened it."))


def _own_address_or_404(address_id: int) -> EmailAddress:
    row: EmailAddress | None = db.session.get(EmailAddress, address_id)
    return found_or_404(row if row is not None and row.person_id == me().person.id else None)  # type: ignore[no-any-return]


@people.post("/my/account/addresses/<int:address_id>/primary")
@requires(anyone_signed_in)
def create_primary_address(address_id: int) -> object:
    row = _own_address_or_404(address_id)

    def make_primary() -> None:
        email_address.make_primary(me().person, row, now=clock.now())

    return pressed(make_primary, gettext("Mail goes there from now on."), back=url_for("people.show_addresses"))


@people.post("/my/account/addresses/<int:address_id>/removal")
@requires(anyone_signed_in)
def create_address_removal(address_id: int) -> object:
    row = _own_address_or_404(address_id)

    def remove() -> None:
        email_address.remove_address(me().person, row, by=me().person, now=clock.now())

    return pressed(remove, gettext("Removed. It signs you in no more."), back=url_for("people.show_addresses"))


@people.get("/sign-in/address/<token>")
@requires(public)
def show_address_link(token: str) -> object:
    row = email_address.address_of_token(token, now=clock.now())
    return _link_page(row), 200 if row else 404


@people.post("/sign-in/address/<token>")
@requires(public)
def confirm_address(token: str) -> object:
    row = email_address.address_of_token(token, now=clock.now())
    if row is None:
        return _link_page(None), 404
    try:
        with refusing():
            email_address.confirm(row, now=clock.now())
            db.session.commit()
    except Refused as refused:
        return _link_page(None, sentence_of(refused)), refused.status
    told(gettext("Confirmed. From now on it signs you in."))
    return redirect(url_for("people.show_addresses"), 303)


def _link_page(row: EmailAddress | None, refused: str = "") -> str:
    return render_template("people/address_link.html", row=row, refused=refused)
