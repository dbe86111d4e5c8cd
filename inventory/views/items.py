"""Adding and editing models and items: the equipment manager's."""

import re
from datetime import timedelta

from flask import abort, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import select
from wtforms import IntegerField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Length, NumberRange
from wtforms.widgets import CheckboxInput, ListWidget

from inventory.access import lends
from inventory.calendar import ItemDay
from inventory.equipment import EquipmentModel, Item
from inventory.views import inventory
from inventory.views.equipment import model_or_404
from seminar.ground import clock, history
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.skills.badge import Badge
from seminar.skills.skill import Skill
from seminar.web.forms import Form, needed
from seminar.web.pages import told
from seminar.web.requires import requires
from seminar.web.viewer import district_or_404, found_or_404, me

DRAWINGS = ("printer", "cutter", "laser", "board", "robot", "solder", "needle", "saw", "press", "blocks", "box")


class ModelForm(Form):
    name = StringField(lazy_gettext("Name"), [needed(), Length(max=120)])
    skill = SelectField(lazy_gettext("Skill"), coerce=int)
    description = TextAreaField(lazy_gettext("What it is for"), [Length(max=1000)])
    contents = TextAreaField(lazy_gettext("What comes with it, a line each"), [Length(max=2000)])
    badges = SelectMultipleField(
        lazy_gettext("Badges that the responsible teacher holds"),
        coerce=int,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    max_loan_days = IntegerField(lazy_gettext("Longest loan, in days"), [needed(), NumberRange(1, 366)], default=21)
    notice_open_days = IntegerField(lazy_gettext("Notice, in open days"), [NumberRange(0, 60)], default=0)
    turnaround_open_days = IntegerField(lazy_gettext("Days to make it ready again, in open days"), [NumberRange(0, 60)], default=2)


class ItemForm(Form):
    tag = StringField(lazy_gettext("Tag"), [needed(lazy_gettext("Type the tag that is printed on the item.")), Length(max=40)])
    serial = StringField(lazy_gettext("Serial number"), [Length(max=80)])


class RetireForm(Form):
    reason = StringField(
        lazy_gettext("Why it is taken out of lending"), [needed(lazy_gettext("Say why; the record keeps it.")), Length(max=200)]
    )


def model_form(model: EquipmentModel | None = None) -> ModelForm:
    form = ModelForm(obj=model)
    district_id = district_or_404().id
    skills = db.session.scalars(select(Skill).where(Skill.district_id == district_id).order_by(Skill.position)).all()
    badges = db.session.scalars(select(Badge).where(Badge.district_id == district_id).order_by(Badge.name)).all()
    form.skill.choices = [(skill.id, skill.name) for skill in skills]
    form.badges.choices = [(badge.id, badge.name) for badge in badges]
    return form


def _write(form: ModelForm, model: EquipmentModel) -> None:
    """Raises Refused for a name that another model has."""
    name = form.name.data.strip()
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "model"
    twin = select(EquipmentModel).where(
        EquipmentModel.district_id == model.district_id,
        (EquipmentModel.name == name) | (EquipmentModel.slug == slug),
        EquipmentModel.id != (model.id or 0),
    )
    with db.session.no_autoflush:
        if db.session.scalar(twin) is not None:
            raise Refused(N_("There is a model called {name} already."), field="name", name=name)
        badges = db.session.scalars(select(Badge).where(Badge.id.in_(form.badges.data), Badge.district_id == model.district_id)).all()
    model.name, model.slug = name, model.slug or slug
    model.skill_id, model.badges = form.skill.data, list(badges)
    model.description, model.contents = form.description.data or "", form.contents.data or ""
    model.max_loan_days = form.max_loan_days.data
    model.notice_open_days = form.notice_open_days.data or 0
    model.turnaround_open_days = form.turnaround_open_days.data or 0


@inventory.get("/equipment/models/new")
@requires(lends)
def show_new_model() -> str:
    return render_template("inventory/edit_model.html", form=model_form(), model=None)


@inventory.post("/equipment/models")
@requires(lends)
def create_model() -> object:
    form, model = model_form(), EquipmentModel(district_id=district_or_404().id)
    if not form.validate():
        return render_template("inventory/edit_model.html", form=form, model=None), 422
    try:
        _write(form, model)
    except Refused as refused:
        form.refuse(refused)
        return render_template("inventory/edit_model.html", form=form, model=None), refused.status
    db.session.add(model)
    db.session.flush()
    history.record(me().person, "model added", model, clock.now())
    slug = model.slug
    db.session.commit()
    told(gettext("Added. Now give it its items."))
    return redirect(url_for("inventory.show_edit_model", slug=slug), 303)


def _edit_page(model: EquipmentModel, form: ModelForm | None = None, item_form: ItemForm | None = None) -> str:
    if form is None:
        form = model_form(model)
        form.skill.data, form.badges.data = model.skill_id, [badge.id for badge in model.badges]
    return render_template(
        "inventory/edit_model.html",
        form=form,
        model=model,
        item_form=item_form or ItemForm(formdata=None),
        retire_form=RetireForm(formdata=None),
    )


@inventory.get("/equipment/<slug>/edit")
@requires(lends)
def show_edit_model(slug: str) -> str:
    return _edit_page(model_or_404(slug))


@inventory.post("/equipment/<slug>/edit")
@requires(lends)
def save_model(slug: str) -> object:
    model, form = model_or_404(slug), model_form()
    if not form.validate():
        return _edit_page(model, form), 422
    try:
        _write(form, model)
    except Refused as refused:
        db.session.rollback()
        form.refuse(refused)
        return _edit_page(model_or_404(slug), form), refused.status
    history.record(me().person, "model changed", model, clock.now())
    db.session.commit()
    told(gettext("Saved."))
    return redirect(url_for("inventory.show_model", slug=slug), 303)


@inventory.post("/equipment/<slug>/items")
@requires(lends)
def create_item(slug: str) -> object:
    model, form = model_or_404(slug), ItemForm()
    tag = (form.tag.data or "").strip()
    taken = select(Item.id).where(Item.district_id == model.district_id, Item.tag == tag)
    if form.validate() and db.session.scalar(taken) is not None:
        form.refuse(Refused(N_("The tag {tag} is on another item already."), field="tag", tag=tag))
    if form.errors or form.form_errors:
        return _edit_page(model, item_form=form), 422
    item = Item(district_id=model.district_id, model_id=model.id, tag=tag, serial=form.serial.data or "")
    db.session.add(item)
    db.session.flush()
    history.record(me().person, "item added", item, clock.now())
    db.session.commit()
    told(gettext("%(tag)s is added.", tag=tag))
    return redirect(url_for("inventory.show_edit_model", slug=slug), 303)


@inventory.post("/items/<int:item_id>/retirement")
@requires(lends)
def retire_item(item_id: int) -> object:
    item: Item = found_or_404(db.session.get(Item, item_id))
    form, slug, today = RetireForm(), item.model.slug, me().day
    if not form.validate():
        told(gettext("Say why %(tag)s is taken out of lending.", tag=item.tag), "bad")
        return redirect(url_for("inventory.show_edit_model", slug=slug), 303)
    promised = select(ItemDay.day).where(ItemDay.item_id == item.id, ItemDay.day >= today - timedelta(days=1))
    if db.session.scalar(promised.limit(1)) is not None:
        told(gettext("%(tag)s is promised to a school. Cancel or take back that reservation first.", tag=item.tag), "bad")
        return redirect(url_for("inventory.show_edit_model", slug=slug), 303)
    if item.retired_on is not None:
        abort(409)
    item.retired_on, item.retired_reason = today, form.reason.data
    history.record(me().person, "item retired", item, clock.now(), reason=form.reason.data)
    db.session.commit()
    told(gettext("Taken out of lending; its history stays."))
    return redirect(url_for("inventory.show_edit_model", slug=slug), 303)
