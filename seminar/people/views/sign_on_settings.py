"""The settings of single sign-on: by which providers a district's people come in."""

import re

from flask import current_app, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from wtforms import BooleanField, Field, StringField, ValidationError
from wtforms.form import BaseForm
from wtforms.validators import Length, Regexp

from seminar.ground import clock
from seminar.ground.contributions import Place
from seminar.ground.db import db
from seminar.people import openid, sign_on_provider
from seminar.people.access import runs_the_program
from seminar.people.sign_on_provider import SignOnProvider, Typed, plain, secret_prefix
from seminar.people.views import people
from seminar.web.forms import Form, needed
from seminar.web.language import said
from seminar.web.pages import told
from seminar.web.requires import requires
from seminar.web.saving import saved
from seminar.web.viewer import district_or_404, found_or_404, me

DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")
CLAIM = Regexp(r"[\w.:/-]*$", message=lazy_gettext("A claim's name has letters, digits, and . : / - _ alone."))


def settings_pages() -> list[Place]:
    return [
        Place(
            lazy_gettext("Single sign-on"),
            lazy_gettext("The providers by which your people sign in with their school account. It touches everybody who signs in."),
            "people.show_sign_on_settings",
            runs_the_program,
        )
    ]


def _safe(_form: BaseForm, field: Field) -> None:
    within = str(current_app.config["BASE_URL"]).startswith("http://")
    if not openid.is_safe_address(field.data or "") or (field.data.startswith("http://") and not within):
        raise ValidationError(str(lazy_gettext("An issuer is an address that starts with https://, as the provider gives it.")))


class ProviderForm(Form):
    name = StringField(lazy_gettext("Name on the button"), [needed(), Length(max=40)])
    issuer = StringField(lazy_gettext("Issuer"), [needed(), Length(max=300), _safe])
    client_id = StringField(lazy_gettext("Client id"), [needed(), Length(max=300)])
    secret_variable = StringField(
        lazy_gettext("Name of the variable with the secret"),
        [needed(), Length(max=100), Regexp(r"[A-Z][A-Z0-9_]*$", message=lazy_gettext("Capital letters, digits and _ alone."))],
    )
    domains = StringField(lazy_gettext("Email domains"), [Length(max=500)])
    vouches = BooleanField(lazy_gettext("It answers for these domains: their addresses count even if it doesn't call them verified"))
    sourced_id_claim = StringField(lazy_gettext("Claim with the staff number (sourcedId)"), [Length(max=100), CLAIM])
    tenant_claim = StringField(lazy_gettext("Claim that names the district"), [Length(max=100), CLAIM])
    tenant_value = StringField(lazy_gettext("What it says for yours"), [Length(max=200)])
    password_open = BooleanField(lazy_gettext("People of these domains can sign in with a password too"), default=True)

    def validate_domains(self, field: Field) -> None:
        wrong = [domain for domain in self.listed if not DOMAIN.fullmatch(domain)]
        if wrong:
            raise ValidationError(gettext("%(domain)s is no domain. One looks like example.org.", domain=wrong[0]))

    @property
    def listed(self) -> list[str]:
        """The domains as typed: with commas, spaces, or an @ before them."""
        return list(dict.fromkeys(part.lstrip("@") for part in re.split(r"[\s,;]+", (self.domains.data or "").lower()) if part))

    @property
    def typed(self) -> Typed:
        texts = ("name", "issuer", "client_id", "secret_variable", "sourced_id_claim", "tenant_claim", "tenant_value")
        values = {name: (self[name].data or "").strip() for name in texts}
        return Typed(**values, domains=self.listed, vouches=self.vouches.data, password_open=self.password_open.data)


@people.get("/settings/sign-on")
@requires(runs_the_program)
def show_sign_on_settings() -> str:
    district = district_or_404()
    query = select(SignOnProvider).where(SignOnProvider.district_id == district.id).options(selectinload(SignOnProvider.domains))
    rows = db.session.scalars(query.order_by(SignOnProvider.name)).all()
    given = sign_on_provider.of_the_environment(current_app.config["SETTINGS"].sign_on)
    return render_template("people/sign_on_settings.html", providers=rows, given=given)


@people.get("/settings/sign-on/new")
@requires(runs_the_program)
def show_new_provider() -> str:
    return _provider_page(ProviderForm(formdata=None))


@people.post("/settings/sign-on/new")
@requires(runs_the_program)
def create_provider() -> object:
    form = ProviderForm()

    def save() -> str:
        provider = sign_on_provider.add_provider(district_or_404(), form.typed, by=me().person, now=clock.now())
        return url_for("people.show_provider", provider_id=provider.id)

    return saved(form, save, _provider_page, gettext("Saved. Register the address at the provider, then check it here."))


def _provider_page(form: ProviderForm, provider: SignOnProvider | None = None) -> str:
    way_back = f"{current_app.config['BASE_URL']}{url_for('people.finish_sign_on', slug=provider.slug)}" if provider else ""
    return render_template(
        "people/sign_on_provider.html",
        form=form,
        provider=provider,
        way_back=way_back,
        prefix=secret_prefix(district_or_404()),
        has_secret=bool(provider and plain(provider).secret),
    )


def _provider_or_404(provider_id: int) -> SignOnProvider:
    provider: SignOnProvider = found_or_404(db.session.get(SignOnProvider, provider_id))
    return provider


@people.get("/settings/sign-on/<int:provider_id>")
@requires(runs_the_program)
def show_provider(provider_id: int) -> str:
    provider = _provider_or_404(provider_id)
    form = ProviderForm(formdata=None, obj=provider)
    form.domains.data = ", ".join(one.domain for one in provider.domains)
    return _provider_page(form, provider)


@people.post("/settings/sign-on/<int:provider_id>")
@requires(runs_the_program)
def save_provider(provider_id: int) -> object:
    provider, form = _provider_or_404(provider_id), ProviderForm()

    def save() -> str:
        sign_on_provider.change_provider(provider, form.typed, by=me().person, now=clock.now())
        return url_for("people.show_provider", provider_id=provider_id)

    return saved(form, save, lambda refused: _provider_page(refused, _provider_or_404(provider_id)), gettext("Saved."))


@people.post("/settings/sign-on/<int:provider_id>/check")
@requires(runs_the_program)
def create_provider_check(provider_id: int) -> object:
    provider = plain(_provider_or_404(provider_id))
    db.session.rollback()
    wrong = openid.what_is_wrong(provider)
    for message, values in wrong:
        told(said(message, values), "bad")
    if not wrong:
        told(gettext("It answers, it is who it says, and its keys can be read."))
    return redirect(url_for("people.show_provider", provider_id=provider_id), 303)


@people.post("/settings/sign-on/<int:provider_id>/off")
@requires(runs_the_program)
def create_provider_off(provider_id: int) -> object:
    sign_on_provider.switch_off(_provider_or_404(provider_id), by=me().person, now=clock.now())
    db.session.commit()
    told(gettext("Switched off. Nobody comes in by it until you switch it on."))
    return redirect(url_for("people.show_provider", provider_id=provider_id), 303)


@people.post("/settings/sign-on/<int:provider_id>/on")
@requires(runs_the_program)
def create_provider_on(provider_id: int) -> object:
    sign_on_provider.switch_on(_provider_or_404(provider_id), by=me().person, now=clock.now())
    db.session.commit()
    told(gettext("Switched on."))
    return redirect(url_for("people.show_provider", provider_id=provider_id), 303)
