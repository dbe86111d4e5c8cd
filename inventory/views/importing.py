"""A district's spreadsheet of equipment: sent, looked at, applied; the equipment manager's."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.wrappers import Response
from flask_babel import gettext, lazy_gettext
from flask_wtf.file import FileField, FileRequired
from sqlalchemy import select
from sqlalchemy.orm import defer, joinedload
from werkzeug.exceptions import RequestEntityTooLarge

from inventory.access import lends
from inventory.equipment_import import EquipmentImport, apply, stage
from inventory.equipment_plan import Plan, plan_of
from inventory.equipment_present import Present, present_in, said_value
from inventory.equipment_sheet import COLUMNS, IN_ENGLISH, IN_SPANISH, NEEDED
from inventory.views import inventory
from seminar.ground import clock
from seminar.ground.contributions import Place
from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.ground.refused_row import RefusedRow, as_csv
from seminar.ground.sheets import Table, read_table, writing
from seminar.ground.sheets.table import MOST_ROWS
from seminar.people.person import Person
from seminar.skills.badge import Badge
from seminar.web.forms import Form
from seminar.web.language import chosen_language, said, sentence_of
from seminar.web.pages import error_page, refusing, told
from seminar.web.requires import requires
from seminar.web.viewer import district_or_404, found_or_404, me

# So many rows of a list are shown on a page; all of the refused ones are in their CSV.
SHOWN = 50
RECENT = 5
CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What each column is called: in the template, and wherever somebody is told of it. The sheet knows them in each language.
LABELS = {
    "model": lazy_gettext("Model"),
    "tag": lazy_gettext("Tag"),
    "serial": lazy_gettext("Serial number"),
    "note": lazy_gettext("Condition"),
    "skill": lazy_gettext("Skill"),
    "badges": lazy_gettext("Badge needed"),
    "max_loan_days": lazy_gettext("Loan days"),
    "notice_open_days": lazy_gettext("Notice days"),
    "turnaround_open_days": lazy_gettext("Turnaround days"),
    "description": lazy_gettext("Description"),
    "contents": lazy_gettext("Contents"),
}
COLUMN_OF = {"skill_id": "skill", "badge_ids": "badges"}
MEANINGS = {
    "model": lazy_gettext("What kind of thing it is. A name that isn't there yet makes a new model."),
    "tag": lazy_gettext("The tag that is printed on it, with its zeros. It finds the item again when the sheet is sent again."),
    "serial": lazy_gettext("The maker's number."),
    "note": lazy_gettext("What shape it is in, or anything else to know about this one."),
    "skill": lazy_gettext("The skill that the model belongs to. Left empty, it is the badge's."),
    "badges": lazy_gettext("The badge that the responsible teacher holds; several with a semicolon between them, or “none”."),
    "max_loan_days": lazy_gettext("The longest loan, from 1 to 366 days. A new model has 21."),
    "notice_open_days": lazy_gettext("How many open days ahead it is reserved. A new model has 0."),
    "turnaround_open_days": lazy_gettext("How many open days it takes to make it ready again. A new model has 2."),
    "description": lazy_gettext("What it is for."),
    "contents": lazy_gettext("What comes with it, a line each."),
}


def settings_pages() -> list[Place]:
    return [
        Place(
            lazy_gettext("Import equipment"),
            lazy_gettext("Models and items from your spreadsheet. It adds to what schools can borrow, and takes nothing away."),
            "inventory.show_new_import",
            lends,
        )
    ]


class SheetForm(Form):
    file = FileField(lazy_gettext("Your sheet"), [FileRequired(lazy_gettext("Choose the file of your sheet."))])


def _upload_page(form: SheetForm) -> str:
    district_id = district_or_404().id
    recent = select(EquipmentImport).where(EquipmentImport.district_id == district_id).order_by(EquipmentImport.id.desc()).limit(RECENT)
    options = (defer(EquipmentImport.rows), defer(EquipmentImport.refused), joinedload(EquipmentImport.made_by))
    return render_template(
        "inventory/import.html",
        form=form,
        recent=db.session.scalars(recent.options(*options)).all(),
        columns=[(label, _other_headings(name), MEANINGS[name], name in NEEDED) for name, label in LABELS.items()],
        most_rows=f"{MOST_ROWS:,}",
    )


def _other_headings(name: str) -> list[str]:
    """What it can be called besides, in the reader's language."""
    headings = IN_SPANISH if chosen_language() == "es" else IN_ENGLISH
    return [heading for heading in headings[name] if heading != str(LABELS[name])]


@inventory.get("/equipment/import")
@requires(lends)
def show_new_import() -> str:
    return _upload_page(SheetForm(formdata=None))


@inventory.post("/equipment/import")
@requires(lends)
def create_import() -> object:
    form, person_id, district_id = SheetForm(), me().person.id, district_or_404().id
    if not form.validate():
        return _upload_page(form), 422
    file, name = form.file.data, (form.file.data.filename or "").replace("\x00", "")[-100:]
    # The first heading is the one that people are told.
    columns = {column: (str(LABELS[column]), *headings) for column, headings in COLUMNS.items()}
    # A sheet takes a while to read, and nobody else waits for it: the transaction that told who asks ends here.
    db.session.rollback()
    try:
        table = read_table(file.read(), name, columns, NEEDED)
    except Refused as refused:
        form.refuse(refused)
        return _upload_page(form), refused.status
    made = stage(table, district_id, by=db.session.get_one(Person, person_id), now=clock.now())
    address = url_for("inventory.show_import", import_id=made.id)
    db.session.commit()
    if table.left:
        told(_left_sheets(table, name), "warn")
    return redirect(address, 303)


def _left_sheets(table: Table, file: str) -> str:
    """A workbook can have a sheet for each kind of thing, and one is read at a time."""
    sheets = ", ".join(name.removeprefix(f"{file}, ") for name in table.left)
    return gettext(
        "Only %(read)s was read. Not read: %(sheets)s. To have one of them read, move it to the front of the workbook and send it again.",
        read=table.name,
        sheets=sheets,
    )


@inventory.errorhandler(RequestEntityTooLarge)
def _too_large(_error: RequestEntityTooLarge) -> tuple[str, int]:
    """Only a sheet can be: nothing else that this room is sent comes near the limit."""
    sentence = lazy_gettext("That file is larger than 2 MB. Save the sheet without pictures, or split it, and send it again.")
    return error_page(413, sentence), 413


@inventory.get("/equipment/import/template")
@requires(lends)
def show_import_template() -> Response:
    """The headings with two rows to show how, as a workbook or as a CSV."""
    badge = db.session.scalar(select(Badge).where(Badge.district_id == district_or_404().id, Badge.retired_on.is_(None)).order_by(Badge.id))
    rows = [[str(label) for label in LABELS.values()], *_examples(badge)]
    if request.args.get("format") == "csv":
        return _download(writing.as_csv(rows), "equipment.csv", CSV)
    return _download(writing.as_xlsx(gettext("Equipment"), rows), "equipment.xlsx", XLSX)


def _examples(badge: Badge | None) -> list[list[str]]:
    """With a badge and a skill that the district has, so that the template could be sent as it is."""
    skill, needs = (badge.skill.name, badge.name) if badge else (gettext("Your skill"), gettext("Your badge"))
    model = [skill, needs, "21", "0", "2", gettext("Prints small things."), gettext("printer\npower cord\nscraper")]
    name = gettext("Example printer")
    return [[name, "0001", "SN-7731", gettext("good"), *model], [name, "0002", "SN-7732", gettext("left fan is loud"), *[""] * len(model)]]


def _download(content: bytes, name: str, kind: str) -> Response:
    return Response(content, mimetype=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _import_or_404(import_id: int) -> EquipmentImport:
    made: EquipmentImport = found_or_404(db.session.get(EquipmentImport, import_id))
    return made


@inventory.get("/equipment/import/<int:import_id>")
@requires(lends)
def show_import(import_id: int) -> str:
    made = _import_or_404(import_id)
    if made.applied_at is None:
        return _preview_page(made)
    return render_template("inventory/import_result.html", made=made, refused=made.refused_rows[:SHOWN], total=len(made.refused))


def _preview_page(made: EquipmentImport, changed: str = "") -> str:
    present = present_in(made.district_id)
    plan = plan_of(made.table, present)
    return render_template(
        "inventory/import_preview.html",
        made=made,
        plan=plan,
        changed=changed,
        shown=SHOWN,
        facts={model.name: _facts(present, model.changes) for model in plan.new_models},
        differences=_differences(present, plan),
    )


def _facts(present: Present, values: dict[str, Any]) -> list[tuple[str, str]]:
    """A model's facts as a sheet has them: the heading, and what stands below it."""
    facts = ((LABELS[COLUMN_OF.get(name, name)], name, said_value(present, name, value)) for name, value in values.items())
    return [(str(label), value or gettext("none")) for label, name, value in facts if value or name == "badge_ids"]


def _differences(present: Present, plan: Plan) -> list[tuple[str, str, str, str]]:
    """Of what is there already: which model or item, the heading, and its value before and after."""
    found = []
    for model in plan.changed_models:
        before, after = dict(_facts(present, model.before)), _facts(present, model.changes)
        found += [(model.name, heading, before.get(heading, ""), value) for heading, value in after]
    for item in plan.changed_items:
        for name, value in (("serial", item.serial), ("note", item.note)):
            if value != item.before[name]:
                found.append((item.tag, str(LABELS[name]), item.before[name], value))
    return found


@inventory.post("/equipment/import/<int:import_id>/application")
@requires(lends)
def create_import_application(import_id: int) -> object:
    made = _import_or_404(import_id)
    try:
        with refusing():
            apply(made.id, outcome=request.form.get("outcome", ""), by=me().person, now=clock.now())
            db.session.commit()
    except Refused as refused:
        return _preview_page(_import_or_404(import_id), sentence_of(refused)), refused.status
    told(gettext("Done. What the sheet named is here now, and all else is as it was."))
    return redirect(url_for("inventory.show_import", import_id=import_id), 303)


@inventory.get("/equipment/import/<int:import_id>/refused")
@requires(lends)
def show_import_refused(import_id: int) -> Response:
    """All of the refused rows as a CSV."""
    made = _import_or_404(import_id)
    rows: list[RefusedRow] = made.refused_rows if made.applied_at else plan_of(made.table, present_in(made.district_id)).refused
    return _download(as_csv(rows, said).encode("utf-8-sig"), "refused-rows.csv", CSV)
