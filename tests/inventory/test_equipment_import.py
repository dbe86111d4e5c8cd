"""A sheet of equipment: what it would change is what it changes, once; and what is wrong with a row is said of that row alone."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from inventory.equipment import EquipmentModel, Item, ModelRule, retire_model, save_model
from inventory.equipment_import import EquipmentImport, apply, stage
from inventory.equipment_plan import plan_of
from inventory.equipment_present import present_in
from inventory.equipment_sheet import COLUMNS, NEEDED
from inventory.upkeep import take_out_of_lending
from seminar.ground.db import db
from seminar.ground.history import History
from seminar.ground.refusal import Refused
from seminar.ground.retention_rule import apply_retention
from seminar.ground.sheets import read_table
from seminar.skills.badge import Badge
from tests.cast import NOW, TODAY, a_cast, a_model

HEAD = "Model,Tag,Serial,Condition,Skill,Badge,Loan days,Notice days,Turnaround days,Description,Contents"


@pytest.fixture
def cast(db_session):
    return a_cast()


def sheet(text, head=HEAD):
    return read_table(f"{head}\n{text}".encode(), "ours.csv", COLUMNS, NEEDED)


def plan(cast, text, head=HEAD):
    return plan_of(sheet(text, head), present_in(cast.district.id))


def imported(cast, text, head=HEAD):
    """Looked at and applied; the counts."""
    made = stage(sheet(text, head), cast.district.id, by=cast.eli, now=NOW)
    apply(made.id, outcome=plan(cast, text, head).outcome, by=cast.eli, now=NOW)
    db.session.commit()
    return {name: number for name, number in made.counts.items() if number}


def items(cast):
    query = select(Item.tag, EquipmentModel.name, Item.serial, Item.note).join(EquipmentModel, Item.model_id == EquipmentModel.id)
    return [tuple(row) for row in db.session.execute(query.where(Item.district_id == cast.district.id).order_by(Item.tag))]


def model_named(name):
    return db.session.scalars(select(EquipmentModel).where(EquipmentModel.name == name)).one()


def facts(model):
    days = (model.max_loan_days, model.notice_open_days, model.turnaround_open_days)
    return model.slug, model.skill.name, [badge.name for badge in model.badges], *days, model.description, model.contents


def refused(cast, text, head=HEAD):
    """(line, column, value, sentence) of each refused row."""
    return [(row.line, row.column, row.value, row.reason.format(**row.values)) for row in plan(cast, text, head).refused]


def why(cast, text, head=HEAD):
    """The column and the sentence of the one refused row."""
    ((_, column, _, sentence),) = refused(cast, text, head)
    return column, sentence


def deeds():
    return [(row.what, row.record, row.who_id) for row in db.session.scalars(select(History).order_by(History.id))]


def test_a_list_of_tagged_things_becomes_models_and_items(cast):
    text = 'Laser cutter,LC-001,S1,good,,Operator,28,3,7,Cuts wood,"lid\nkey"\nLaser cutter,LC-002,,,,,,,,,\n'
    assert imported(cast, text) == {"new": 2, "new_models": 1}
    assert items(cast) == [("LC-001", "Laser cutter", "S1", "good"), ("LC-002", "Laser cutter", "", "")]
    assert facts(model_named("Laser cutter")) == ("laser-cutter", "3D printing", ["Operator"], 28, 3, 7, "Cuts wood", "lid\nkey")


def test_what_is_written_is_on_record_under_who_applied_it(cast):
    a_model(cast)
    imported(cast, "Printer,Printer-0,S9,,,,14,,,,\nSaw,SW-1,,,3D printing,,,,,,\n")
    assert deeds() == [
        ("model added", "equipment_model", cast.eli.id),
        ("model changed", "equipment_model", cast.eli.id),
        ("item added", "item", cast.eli.id),
        ("item changed", "item", cast.eli.id),
        ("equipment imported", "equipment_import", cast.eli.id),
    ]
    changed = db.session.scalars(select(History).where(History.what == "item changed")).one()
    assert changed.record_id == db.session.scalar(select(Item.id).where(Item.tag == "Printer-0"))
    assert changed.details["before"] == {"tag": "Printer-0", "serial": "", "note": ""}


def test_two_columns_are_enough_for_models_that_are_there(cast):
    a_model(cast)
    assert imported(cast, "printer;0042\n", "Kind;Asset tag") == {"new": 1}
    assert items(cast) == [("0042", "Printer", "", ""), ("Printer-0", "Printer", "", "")]


def test_a_new_model_says_what_it_isnt_told_like_a_new_form(cast):
    imported(cast, "Saw,SW-1,,,3D PRINTING,,,,,,\n")
    assert facts(model_named("Saw")) == ("saw", "3D printing", [], 21, 0, 2, "", "")


def test_an_empty_cell_and_a_missing_column_leave_what_is_there(cast):
    a_model(cast)
    imported(cast, "Printer,Printer-0,S9,scratched,,,14,,,,\n")
    assert imported(cast, "Printer,Printer-0,,,,,,,,,\n") == {"unchanged": 1}
    assert imported(cast, "Printer,Printer-0\n", "Model,Tag") == {"unchanged": 1}
    assert items(cast) == [("Printer-0", "Printer", "S9", "scratched")]
    assert model_named("Printer").max_loan_days == 14
    assert [badge.name for badge in model_named("Printer").badges] == ["Operator"]


def test_what_the_sheet_doesnt_name_stays(cast):
    a_model(cast, items=2)
    assert imported(cast, "Printer,Printer-0,S9,,,,,,,,\n") == {"changed": 1}
    assert [row[:3] for row in items(cast)] == [("Printer-0", "Printer", "S9"), ("Printer-1", "Printer", "")]


def test_the_same_sheet_again_changes_nothing(cast):
    a_model(cast)
    text = "Printer,Printer-0,S9,,,none,14,,,,\nSaw,SW-1,S1,good,3D printing,,,,,,\nSaw,SW-1,,,,,,,,,\n"
    assert imported(cast, text) == {"new": 1, "changed": 1, "refused": 1, "new_models": 1, "changed_models": 1}
    before, written = items(cast), len(deeds())
    again = plan(cast, text)
    assert (again.changes_nothing, again.counts["unchanged"]) == (True, 2)
    imported(cast, text)
    assert (items(cast), deeds()[written:]) == (before, [("equipment imported", "equipment_import", cast.eli.id)])


def test_applying_twice_does_its_work_once(cast):
    made = stage(sheet("Saw,SW-1,,,3D printing,,,,,,\n"), cast.district.id, by=cast.eli, now=NOW)
    outcome = plan_of(made.table, present_in(cast.district.id)).outcome
    for _ in range(2):
        apply(made.id, outcome=outcome, by=cast.eli, now=NOW)
        db.session.commit()
    assert [what for what, *_ in deeds()] == ["model added", "item added", "equipment imported"]
    assert made.counts["new"] == 1


def test_another_outcome_than_the_one_looked_at_is_shown_before_it_happens(cast):
    made = stage(sheet("Saw,SW-1,,,3D printing,,,,,,\n"), cast.district.id, by=cast.eli, now=NOW)
    outcome = plan_of(made.table, present_in(cast.district.id)).outcome
    a_model(cast, "Saw")
    with pytest.raises(Refused, match="Look at it again") as no:
        apply(made.id, outcome=outcome, by=cast.eli, now=NOW)
    assert no.value.status == 409
    assert [tag for tag, *_ in items(cast)] == ["Saw-0"]


def test_good_rows_dont_wait_for_bad_ones(cast):
    text = "Saw,SW-1,,,3D printing,,,,,,\nSaw,,,,,,,,,,\nSaw,SW-2,,,,,0,,,,\nSaw,SW-3,,,,,,,,,\n"
    assert refused(cast, text) == [
        (3, "Tag", "", "It has no tag. Every item needs the one that is printed on it."),
        (4, "Loan days", "0", "Days are a whole number from 1 to 366."),
    ]
    assert imported(cast, text) == {"new": 2, "refused": 2, "new_models": 1}
    made = db.session.scalars(select(EquipmentImport)).one()
    assert [(row.line, row.column, row.file) for row in made.refused_rows] == [(3, "Tag", "ours.csv"), (4, "Loan days", "ours.csv")]


def test_a_refused_row_says_nothing_of_its_model(cast):
    imported(cast, "Saw,SW-1,,,3D printing,,,,,,\nSaw,,,,,Operator,5,,,,\n")
    assert facts(model_named("Saw"))[1:4] == ("3D printing", [], 21)


@pytest.mark.parametrize("days", ["0", "367", "-1", "2.5", "many", "٣", "1e2", "21 days"])
def test_an_impossible_number_of_days_is_refused(cast, days):
    assert why(cast, f"Saw,SW-1,,,3D printing,,{days},,,,\n") == ("Loan days", "Days are a whole number from 1 to 366.")


@pytest.mark.parametrize(("column", "most"), [(0, 120), (1, 40), (2, 80), (3, 200), (9, 1000), (10, 2000)])
def test_what_is_too_long_for_its_column_is_refused(cast, column, most):
    cells = ["Saw", "SW-1", "", "", "3D printing", "", "", "", "", "", ""]
    cells[column] = "x" * most
    assert refused(cast, ",".join(cells)) == []
    cells[column] = "x" * (most + 1)
    assert why(cast, ",".join(cells)) == (HEAD.split(",")[column], f"It is longer than {most} characters.")


def test_a_formula_that_went_wrong_is_no_tag(cast):
    assert why(cast, "Saw,#REF!,,,3D printing,,,,,,\n") == ("Tag", "A formula went wrong here.")


def test_a_tag_has_no_line_break(cast):
    assert why(cast, 'Saw,"SW\n1",,,3D printing,,,,,,\n') == ("Tag", "It has a line break. Write it on one line.")


def test_a_tag_stands_in_the_file_once(cast):
    text = "Saw,SW-1,,,3D printing,,,,,,\nSaw,SW-1,,,,,,,,,\n"
    assert refused(cast, text) == [(3, "Tag", "SW-1", "Line 2 has this tag already.")]


def test_a_tag_on_a_thing_of_another_model_is_refused(cast):
    a_model(cast)
    assert why(cast, "Saw,Printer-0,,,3D printing,,,,,,\n") == (
        "Tag",
        "This tag is on a Printer. A tag stays with its thing: give this one another.",
    )


def test_the_next_districts_tags_and_models_are_its_own(cast):
    other = a_cast("B")
    a_model(other)
    assert imported(cast, "Printer,Printer-0,S9,,3D printing,,,,,,\n") == {"new": 1, "new_models": 1}
    assert items(other) == [("Printer-0", "Printer", "", "")]


def test_unknown_badges_and_skills_are_refused_by_name(cast):
    db.session.add(Badge(district_id=cast.district.id, skill_id=cast.skill.id, name="Old", valid_months=1, retired_on=TODAY))
    db.session.flush()
    assert why(cast, "Saw,SW-1,,,,Operator; Pilot,,,,,\n") == ("Badge", "There is no badge called Pilot.")
    assert why(cast, "Saw,SW-1,,,,Old,,,,,\n") == ("Badge", "Old isn't earned any more, so nobody new could borrow this.")
    assert why(cast, "Saw,SW-1,,,Cooking,,,,,,\n") == ("Skill", "There is no skill called Cooking. There are: 3D printing.")


def test_several_badges_and_one_with_a_comma_in_its_name(cast):
    named = {"Cut, then sand": None, "Solder": None}
    for name in named:
        db.session.add(Badge(district_id=cast.district.id, skill_id=cast.skill.id, name=name, valid_months=1))
    db.session.flush()
    imported(cast, 'Saw,SW-1,,,,"Cut, then sand",,,,,\nDrill,DR-1,,,,"operator, SOLDER",,,,,\nAwl,AW-1,,,3D printing,None,,,,,\n')
    found = {model.name: [badge.name for badge in model.badges] for model in db.session.scalars(select(EquipmentModel))}
    assert found == {"Saw": ["Cut, then sand"], "Drill": ["Operator", "Solder"], "Awl": []}


def test_a_models_badges_are_taken_off_only_by_saying_none(cast):
    a_model(cast)
    assert imported(cast, "Printer,Printer-0,,,,none,,,,,\n") == {"unchanged": 1, "changed_models": 1}
    assert model_named("Printer").badges == []


def test_rows_that_contradict_each_other_about_a_model(cast):
    text = "Saw,SW-1,,,3D printing,Operator,7,,,,\nsaw,SW-2,,,,none,,,,,\nSaw,SW-3,,,,,8,,,,\nSaw,SW-4,,,,,7,,,,\n"
    assert refused(cast, text) == [
        (3, "Badge", "none", "Line 2 says Operator for saw. Say the same on both, or leave one empty."),
        (4, "Loan days", "8", "Line 2 says 7 for Saw. Say the same on both, or leave one empty."),
    ]
    assert plan(cast, text).counts["new"] == 2


def test_what_a_model_is_can_be_said_on_any_of_its_rows(cast):
    imported(cast, "Saw,SW-1,,,,,,,,,\nSaw,SW-2,,,3D printing,,9,,,,\n")
    assert facts(model_named("Saw"))[1:4] == ("3D printing", [], 9)


def test_a_new_model_without_skill_or_badge_is_refused_on_each_of_its_rows(cast):
    sentence = "Saw is new: say its skill, or the badge that it needs."
    assert refused(cast, "Saw,SW-1,,,,,,,,,\nSaw,SW-2,,,,none,,,,,\n") == [(2, "Skill", "", sentence), (3, "Skill", "", sentence)]
    assert refused(cast, "Saw,SW-1\n", "Model,Tag") == [(2, "Model", "Saw", sentence)]
    assert plan(cast, "Saw,SW-1\n", "Model,Tag").counts["new_models"] == 0


def test_a_model_that_is_almost_another_is_refused(cast):
    a_model(cast)
    almost = "Printer! reads like Printer. Write it the same way, or give it a name that is further off."
    assert why(cast, "Printer!,P-9,,,3D printing,,,,,,\n") == ("Model", almost)
    text = "Band saw,B-1,,,3D printing,,,,,,\nBand-saw,B-2,,,3D printing,,,,,,\n"
    assert refused(cast, text)[0][3].startswith("Band-saw reads like Band saw.")
    assert plan(cast, "  PRINTER ,P-9,,,,,,,,,\n").refused == []


def test_two_models_that_differ_by_case_alone_are_never_mixed_up(cast):
    a_model(cast, "Saw")
    other = EquipmentModel(district_id=cast.district.id, slug="saw-2", name="SAW", skill_id=cast.skill.id, max_loan_days=3)
    db.session.add(other)
    db.session.flush()
    imported(cast, "saw,S-9,,,,,9,,,,\n")
    (item,) = db.session.scalars(select(Item).where(Item.tag == "S-9"))
    assert item.model.max_loan_days == 9


def test_names_without_a_latin_letter_have_an_address_each(cast):
    imported(cast, "锯子,S-1,,,3D printing,,,,,,\n锤子,S-2,,,3D printing,,,,,,\nImport,S-3,,,3D printing,,,,,,\n")
    slugs = dict(db.session.execute(select(EquipmentModel.name, EquipmentModel.slug)).all())
    assert slugs == {"锯子": "model", "锤子": "model-2", "Import": "import-model"}


def test_a_model_called_import_doesnt_stand_where_the_import_does(cast):
    model = EquipmentModel(district_id=cast.district.id)
    save_model(model, ModelRule("Import", cast.skill.id, "", "", "box", [], 21, 0, 2), by=cast.eli, now=NOW)
    assert model.slug == "import-model"


def test_retired_models_and_items_are_told(cast):
    printer, saw = a_model(cast, items=2), a_model(cast, "Saw")
    take_out_of_lending(printer.items[0], reason="Noisy fan", by=cast.eli, now=NOW)
    take_out_of_lending(printer.items[1], reason="damaged: Plate", by=cast.eli, now=NOW)
    retire_model(saw, today=TODAY, by=cast.eli, now=NOW)
    db.session.flush()
    again = "then send this row again."
    assert refused(cast, "Printer,Printer-0,S9,,,,,,,,\nPrinter,Printer-1,S9,,,,,,,,\nSaw,SW-9,,,,,,,,,\n") == [
        (2, "Tag", "Printer-0", f"Printer-0 is out of lending: Noisy fan. Bring it back on its model's page, {again}"),
        (3, "Tag", "Printer-1", f"Printer-1 is out of lending: it came back damaged. Bring it back on its model's page, {again}"),
        (4, "Model", "Saw", f"Saw isn't lent any more. Let it be reserved again on its page, {again}"),
    ]


def test_a_tag_that_may_have_lost_its_zeros_is_told_and_taken(cast):
    model = a_model(cast)
    model.items.append(Item(district_id=cast.district.id, tag="00123"))
    db.session.flush()
    found = plan(cast, "Printer,123\nPrinter,PRINTER-0\nPrinter,3D-007\nPrinter,3D-7\nPrinter,1230\n", "Model,Tag")
    assert [(row.line, row.values["tag"], row.values["other"]) for row in found.doubtful] == [
        (2, "123", "00123"),
        (3, "PRINTER-0", "Printer-0"),
        (5, "3D-7", "3D-007"),
    ]
    assert found.counts["new"] == 5


def test_a_new_model_that_anybody_could_borrow_is_told(cast):
    (told,) = plan(cast, "Saw,SW-1,,,3D printing,,,,,,\nDrill,D-1,,,,Operator,,,,,\n").doubtful
    assert told.reason.format(**told.values) == "Saw is new and asks for no badge: anybody may answer for its loan."


def test_previews_that_nobody_applied_are_forgotten_after_a_day(cast):
    other = a_cast("B")
    long_ago, text = NOW - timedelta(days=2), "Saw,SW-1,,,3D printing,,,,,,\n"
    stage(sheet(text), cast.district.id, by=cast.eli, now=long_ago)
    new = stage(sheet(text), cast.district.id, by=cast.eli, now=NOW)
    others = stage(sheet(text), other.district.id, by=other.eli, now=long_ago)
    applied = stage(sheet(text), cast.district.id, by=cast.eli, now=long_ago)
    apply(applied.id, outcome=plan(cast, text).outcome, by=cast.eli, now=long_ago)
    apply_retention(cast.district, TODAY, NOW)
    assert set(db.session.scalars(select(EquipmentImport.id))) == {new.id, others.id, applied.id}
    assert (applied.rows, applied.counts["new"]) == ([], 1)


def test_an_import_is_never_applied_before_it_was_made(cast):
    made = stage(sheet("Saw,SW-1,,,3D printing,,,,,,\n"), cast.district.id, by=cast.eli, now=NOW)
    made.applied_at = NOW - timedelta(seconds=1)
    with pytest.raises(Exception, match="ck_equipment_import_applied_after_it_was_made"):
        db.session.flush()
    db.session.rollback()
