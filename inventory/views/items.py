"""Adding and editing models and items: the equipment manager's."""

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import func, select
from wtforms import SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Length, NumberRange
from wtforms.widgets import CheckboxInput, ListWidget

from inventory.access import lends
from inventory.calendar import lendable
from inventory.equipment import DRAWINGS, EquipmentModel, Item, ModelRule, add_item, change_item, retire_model, save_model, take_up_model
from inventory.upkeep import bring_back, take_out_of_lending
from inventory.views import inventory
from inventory.views.equipment import ITEMS, items_page, model_or_404
from seminar.ground import clock
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.skills.badge import Badge
from seminar.skills.skill import Skill
from seminar.web.forms import Form, WholeNumberField, needed
from seminar.web.language import sentence_of
from seminar.web.pages import refusing, told
from seminar.web.requires import requires
from seminar.web.saving import saved
from seminar.web.viewer import district_or_404, found_or_404, me

DRAWN = {
    "printer": lazy_gettext("3D printer"),
    "cutter": lazy_gettext("Craft cutter"),
    "laser": lazy_gettext("Laser cutter"),
    "board": lazy_gettext("Circuit board"),
    "robot": lazy_gettext("Robot"),
    "solder": lazy_gettext("Soldering iron"),
    "needle": lazy_gettext("Sewing machine"),
    "saw": lazy_gettext("Hand tools"),
    "press": lazy_gettext("Heat press"),
    "blocks": lazy_gettext("Blocks"),
    "box": lazy_gettext("Box"),
}


class ModelForm(Form):
    name = StringField(lazy_gettext("Name"), [needed(), Length(max=120)])
    skill_id = SelectField(lazy_gettext("Skill"), coerce=int)
    drawing = SelectField(lazy_gettext("Picture"))
    description = TextAreaField(lazy_gettext("What it is for"), [Length(max=1000)])
    contents = TextAreaField(lazy_gettext("What comes with it, a line each"), [Length(max=2000)])
    badges = SelectMultipleField(
        lazy_gettext("Badges that the responsible teacher holds"),
        coerce=int,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    max_loan_days = WholeNumberField(lazy_gettext("Longest loan, in days"), [needed(), NumberRange(1, 366)], default=21)
    notice_open_days = WholeNumberField(lazy_gettext("Notice, in open days"), [NumberRange(0, 60)], default=0)
    turnaround_open_days = WholeNumberField(lazy_gettext("Days to make it ready again, in open days"), [NumberRange(0, 60)], default=2)


class ItemForm(Form):
    tag = StringField(lazy_gettext("Tag"), [needed(lazy_gettext("Type the tag that is printed on the item.")), Length(max=40)])
    serial = StringField(lazy_gettext("Serial number"), [Length(max=80)])


def _model_form(model: EquipmentModel | None = None, *, shown: bool = False) -> ModelForm:
    """The form as typed; `shown` fills it with what the model says now."""
    form, district_id = ModelForm(formdata=None, obj=model) if shown else ModelForm(), district_or_404().id
    skills = db.session.scalars(select(Skill).where(Skill.district_id == district_id).order_by(Skill.position)).all()
    form.skill_id.choices = [(skill.id, skill.name) for skill in skills]
    form.badges.choices = [(badge.id, badge.name) for badge in _badges()]
    form.drawing.choices = [(drawing, DRAWN[drawing]) for drawing in DRAWINGS]
    if shown and model is not None:
        form.badges.data = [badge.id for badge in model.badges]
    return form


def _badges() -> list[Badge]:
    return list(db.session.scalars(select(Badge).where(Badge.district_id == district_or_404().id).order_by(Badge.name)))


def _rule(form: ModelForm) -> ModelRule:
    chosen = set(form.badges.data)
    return ModelRule(
        name=form.name.data.strip(),
        skill_id=form.skill_id.data,
        description=form.description.data or "",
        contents=form.contents.data or "",
        drawing=form.drawing.data,
        badges=[badge for badge in _badges() if badge.id in chosen],
        max_loan_days=form.max_loan_days.data,
        notice_open_days=form.notice_open_days.data or 0,
        turnaround_open_days=form.turnaround_open_days.data or 0,
    )


def _new_page(form: ModelForm) -> str:
    return render_template("inventory/edit_model.html", form=form, model=None)


@inventory.get("/equipment/models/new")
@requires(lends)
def show_new_model() -> str:
    return _new_page(_model_form())


@inventory.post("/equipment/models")
@requires(lends)
def create_model() -> object:
    form, model = _model_form(), EquipmentModel(district_id=district_or_404().id)

    def save() -> str:
        save_model(model, _rule(form), by=me().person, now=clock.now())
        return url_for("inventory.show_edit_model", slug=model.slug)

    return saved(form, save, _new_page, gettext("Added. Now give it its items."))


@dataclass(frozen=True)
class RefusedItem:
    """What was refused of one item's form: which field of which item, and the sentence."""

    item_id: int
    field: str
    sentence: str

    @property
    def field_id(self) -> str:
        return f"{self.field}-{self.item_id}"


def _edit_page(
    model: EquipmentModel, form: ModelForm | None = None, item_form: ItemForm | None = None, refused: RefusedItem | None = None
) -> str:
    of_model = select(func.count(Item.id)).where(Item.model_id == model.id)
    return render_template(
        "inventory/edit_model.html",
        form=form or _model_form(model, shown=True),
        model=model,
        item_form=item_form or ItemForm(formdata=None),
        refused=refused,
        there=lendable([model.id]).get(model.id, 0),
        items=items_page(model, db.session.scalar(of_model) or 0, number=_page_with(refused)),
    )


def _page_with(refused: RefusedItem | None) -> int | None:
    """The page of items on which the refused one stands."""
    if refused is None:
        return None
    item = db.session.get_one(Item, refused.item_id)
    before = select(func.count(Item.id)).where(Item.model_id == item.model_id, Item.tag < item.tag)
    return (db.session.scalar(before) or 0) // ITEMS + 1


def _refused_item(slug: str, item_id: int, refused: Refused, field: str) -> object:
    """The page again, the item's forms open, with what was typed; one that is out of lending has none, so its row is led to."""
    where = "item" if _item_or_404(item_id).retired_on else refused.field or field
    return _edit_page(model_or_404(slug), refused=RefusedItem(item_id, where, sentence_of(refused))), refused.status


def _edited(slug: str, sentence: str, kind: str = "ok") -> object:
    told(sentence, kind)
    return redirect(url_for("inventory.show_edit_model", slug=slug), 303)


@inventory.get("/equipment/<slug>/edit")
@requires(lends)
def show_edit_model(slug: str) -> str:
    return _edit_page(model_or_404(slug))


@inventory.post("/equipment/<slug>/edit")
@requires(lends)
def save_edit_model(slug: str) -> object:
    model, form = model_or_404(slug), _model_form()

    def save() -> str:
        save_model(model, _rule(form), by=me().person, now=clock.now())
        return url_for("inventory.show_model", slug=slug)

    return saved(form, save, lambda refused: _edit_page(model_or_404(slug), refused), gettext("Saved."))


@inventory.post("/equipment/<slug>/retirement")
@requires(lends)
def create_model_retirement(slug: str) -> object:
    retire_model(model_or_404(slug), today=me().day, by=me().person, now=clock.now())
    db.session.commit()
    return _edited(slug, gettext("It can't be reserved any more. What is reserved or out goes on."))


@inventory.post("/equipment/<slug>/revival")
@requires(lends)
def create_model_revival(slug: str) -> object:
    take_up_model(model_or_404(slug), by=me().person, now=clock.now())
    db.session.commit()
    return _edited(slug, gettext("It can be reserved again."))


@inventory.post("/equipment/<slug>/items")
@requires(lends)
def create_item(slug: str) -> object:
    model, form = model_or_404(slug), ItemForm()
    tag = (form.tag.data or "").strip()

    def save() -> str:
        add_item(model, tag=tag, serial=form.serial.data or "", by=me().person, now=clock.now())
        return url_for("inventory.show_edit_model", slug=slug)

    def page(refused: ItemForm) -> str:
        return _edit_page(model_or_404(slug), item_form=refused)

    return saved(form, save, page, gettext("%(tag)s is added.", tag=tag))


def _item_or_404(item_id: int) -> Item:
    item: Item = found_or_404(db.session.get(Item, item_id))
    return item


@inventory.post("/items/<int:item_id>/edit")
@requires(lends)
def save_item(item_id: int) -> object:
    item, form = _item_or_404(item_id), ItemForm()
    slug = item.model.slug
    try:
        with refusing():
            if not form.validate():
                raise Refused(N_("Type the tag that is printed on the item."), field="tag")
            change_item(item, tag=form.tag.data.strip(), serial=form.serial.data or "", by=me().person, now=clock.now())
            db.session.commit()
    except Refused as refused:
        return _refused_item(slug, item_id, refused, "tag")
    return _edited(slug, gettext("Saved."))


@inventory.post("/items/<int:item_id>/retirement")
@requires(lends)
def create_item_retirement(item_id: int) -> object:
    item = _item_or_404(item_id)
    slug, tag, reason = item.model.slug, item.tag, request.form.get("reason", "").strip()[:200]
    try:
        with refusing():
            if not reason:
                raise Refused(N_("Say why {tag} is taken out of lending; the record keeps it."), tag=tag)
            take_out_of_lending(item, reason=reason, by=me().person, now=clock.now())
            db.session.commit()
    except Refused as refused:
        return _refused_item(slug, item_id, refused, "reason")
    return _edited(slug, gettext("%(tag)s is out of lending. What was reserved with it was rearranged, or its school was told.", tag=tag))


@inventory.post("/items/<int:item_id>/revival")
@requires(lends)
def create_item_revival(item_id: int) -> object:
    item = _item_or_404(item_id)
    slug, tag = item.model.slug, item.tag
    try:
        with refusing():
            bring_back(item, by=me().person, now=clock.now())
            db.session.commit()
    except Refused as refused:
        return _edited(slug, sentence_of(refused), "bad")
    return _edited(slug, gettext("%(tag)s can be lent again.", tag=tag))
