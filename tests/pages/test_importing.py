"""The equipment manager sends a sheet, looks at what it would change, and applies it; what is refused comes back as a CSV."""

import csv
import io
import time
from html import unescape

import pytest
from openpyxl import Workbook
from sqlalchemy import event, func, select

from inventory.equipment import EquipmentModel, Item
from inventory.equipment_import import EquipmentImport
from seminar.ground.db import db
from seminar.ground.history import History
from tests.cast import a_cast, a_model
from tests.pages.as_who import as_who

LIKE = "Write it the same way, or give it a name that is further off."
GOOD = "Model,Tag,Serial\nPrinter,0042,S1\nPrinter,Printer-0,S9\n"


@pytest.fixture
def depot(clean):
    with clean.app_context():
        a_model(a_cast())
    return clean


def send(client, content, name="ours.csv"):
    content = content.encode() if isinstance(content, str) else content
    return client.post("/equipment/import", data={"file": (io.BytesIO(content), name)})


def outcome_on(page):
    return page.text.partition('name="outcome" value="')[2].partition('"')[0]


def apply(client, sent, outcome=None):
    seen = outcome_on(client.get(sent.location)) if outcome is None else outcome
    return client.post(f"{sent.location}/application", data={"outcome": seen})


def tags(app):
    with app.app_context():
        return dict(db.session.execute(select(Item.tag, Item.serial).order_by(Item.tag)).all())


def records(text):
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_a_sheet_is_looked_at_and_then_applied(depot):
    eli = as_who(depot, "eli")
    sent = send(eli, GOOD)
    assert (sent.status_code, sent.location) == (303, "/equipment/import/1")
    page = eli.get(sent.location)
    assert "Nothing is changed yet." in page.text
    assert tags(depot) == {"Printer-0": ""}
    applied = apply(eli, sent)
    assert (applied.status_code, applied.location) == (303, sent.location)
    assert tags(depot) == {"0042": "S1", "Printer-0": "S9"}
    assert "What the sheet did" in eli.get(sent.location).text


def test_the_sheets_of_a_workbook_that_were_not_read_are_told(depot):
    book = Workbook()
    for title in ("Printers", "Saws, all", "Notes"):
        book.create_sheet(title).append(["Model", "Tag"] if title != "Notes" else ["By Walt"])
        book[title].append(["Printer", f"{title[0]}-1"])
    book.remove(book["Sheet"])
    out = io.BytesIO()
    book.save(out)
    eli = as_who(depot, "eli")
    page = eli.get(send(eli, out.getvalue(), "ours.xlsx").location).text
    assert "Only ours.xlsx, Printers was read. Not read: Saws, all. To have one of them read" in page
    assert "Not read" not in eli.get(send(eli, GOOD).location).text


def test_the_button_pressed_twice_does_its_work_once(depot):
    eli = as_who(depot, "eli")
    sent = send(eli, GOOD)
    outcome = outcome_on(eli.get(sent.location))
    assert [apply(eli, sent, outcome).status_code for _ in range(2)] == [303, 303]
    with depot.app_context():
        assert db.session.scalar(select(func.count(History.id)).where(History.what == "item added")) == 1


def test_a_sheet_without_anything_new_has_no_button(depot):
    eli = as_who(depot, "eli")
    page = eli.get(send(eli, "Model,Tag\nPrinter,Printer-0\n").location)
    assert "There is nothing to change" in page.text
    assert outcome_on(page) == ""


def test_what_changed_meanwhile_is_shown_before_it_is_done(depot):
    eli = as_who(depot, "eli")
    sent = send(eli, GOOD)
    seen = outcome_on(eli.get(sent.location))
    eli.post("/equipment/printer/items", data={"tag": "0042", "serial": "by hand"})
    again = apply(eli, sent, seen)
    assert again.status_code == 409
    assert "Somebody changed the equipment since this preview was made." in again.text
    assert tags(depot) == {"0042": "by hand", "Printer-0": ""}
    assert apply(eli, sent, outcome_on(again)).status_code == 303
    assert tags(depot) == {"0042": "S1", "Printer-0": "S9"}


@pytest.mark.parametrize("outcome", ["", "nonsense"])
def test_nobody_applies_what_they_have_not_seen(depot, outcome):
    eli = as_who(depot, "eli")
    assert apply(eli, send(eli, GOOD), outcome).status_code == 409
    assert tags(depot) == {"Printer-0": ""}


def test_refused_rows_are_a_csv_before_and_after(depot):
    eli = as_who(depot, "eli")
    sent = send(eli, GOOD + "Printer,,\n=Printer,0043,\n", "=ours.csv")
    answer = eli.get(f"{sent.location}/refused")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="refused-rows.csv"'
    assert records(answer.text) == [
        ["file", "line", "column", "value", "reason", "taken"],
        ["'=ours.csv", "4", "Tag", "", "It has no tag. Every item needs the one that is printed on it.", "no"],
        ["'=ours.csv", "5", "Model", "'=Printer", f"'=Printer reads like Printer. {LIKE}", "no"],
    ]
    apply(eli, sent)
    assert eli.get(f"{sent.location}/refused").text == answer.text
    assert "Refused rows" in eli.get(sent.location).text


def test_headings_that_mean_nothing_are_named(depot):
    eli = as_who(depot, "eli")
    page = eli.get(send(eli, "Model,Tag,Room,Price\nPrinter,7,12,9\n").location)
    assert "left out: Room, Price." in page.text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("Model,Room\nPrinter,12\n", "has no column called Tag"),
        ("", "is empty"),
        (b"\x00\x01\x02", "can't be read as text"),
        (b"PK\x03\x04 nonsense", "can't be opened as an Excel workbook"),
    ],
)
def test_a_file_that_is_no_such_sheet_is_refused_beside_its_field(depot, content, sentence):
    refused = send(as_who(depot, "eli"), content)
    assert refused.status_code == 422
    assert unescape(refused.text).count(sentence) == 2
    assert '<a href="#file">' in refused.text


def test_a_form_without_a_file_is_refused(depot):
    refused = as_who(depot, "eli").post("/equipment/import", data={})
    assert refused.status_code == 422
    assert "Choose the file of your sheet." in refused.text


def test_a_file_that_is_too_large_is_told_so(depot):
    refused = send(as_who(depot, "eli"), b"x" * (2 * 1024 * 1024 + 1))
    assert refused.status_code == 413
    assert "That file is larger than 2 MB." in refused.text


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_template_goes_through_as_it_is(depot, kind):
    eli = as_who(depot, "eli")
    template = eli.get(f"/equipment/import/template?format={kind}")
    assert template.headers["Content-Disposition"] == f'attachment; filename="equipment.{kind}"'
    sent = send(eli, template.data, f"equipment.{kind}")
    apply(eli, sent)
    assert tags(depot) == {"0001": "SN-7731", "0002": "SN-7732", "Printer-0": ""}


def test_the_template_of_a_district_without_badges_is_there_too(clean):
    with clean.app_context():
        cast = a_cast()
        db.session.query(type(cast.badge.competencies[0])).delete()
        db.session.query(type(cast.badge)).delete()
        db.session.commit()
    assert as_who(clean, "eli").get("/equipment/import/template").status_code == 200


def test_the_import_is_found_where_it_is_looked_for(clean):
    with clean.app_context():
        a_cast()
    eli, ada = as_who(clean, "eli"), as_who(clean, "ada")
    assert eli.get("/equipment").text.count('href="/equipment/import"') == 2
    assert 'href="/equipment/import"' in eli.get("/settings").text
    assert 'href="/equipment/import"' not in ada.get("/equipment").text


def test_an_items_condition_is_seen_on_its_models_page(depot):
    eli = as_who(depot, "eli")
    apply(eli, send(eli, "Model,Tag,Condition\nPrinter,Printer-0,left fan is loud\n"))
    assert "left fan is loud" in eli.get("/equipment/printer/edit").text


def test_the_next_districts_import_is_not_there(depot):
    send(as_who(depot, "eli"), GOOD)
    with depot.app_context():
        a_cast("B")
    eli = as_who(depot, "eli", "b")
    assert [eli.get(f"/equipment/import/1{page}").status_code for page in ("", "/refused")] == [404, 404]
    assert eli.post("/equipment/import/1/application").status_code == 404
    assert "ours.csv" not in eli.get("/equipment/import").text


def test_five_thousand_rows_are_applied_in_seconds_by_a_few_statements(depot):
    eli, seen = as_who(depot, "eli"), []
    lines = [f"Model {n // 50},T-{n:05},S{n},,Operator" for n in range(5000)]
    began = time.monotonic()
    sent = send(eli, "\n".join(["Model,Tag,Serial,Skill,Badge", *lines]))
    outcome = outcome_on(eli.get(sent.location))
    with depot.app_context():
        engine = db.engine
    listener = lambda *args: seen.append(args[2])  # noqa: E731
    event.listen(engine, "before_cursor_execute", listener)
    try:
        assert apply(eli, sent, outcome).status_code == 303
    finally:
        event.remove(engine, "before_cursor_execute", listener)
    took = time.monotonic() - began
    with depot.app_context():
        counts = [db.session.scalar(select(func.count(table.id))) for table in (Item, EquipmentModel, EquipmentImport)]
    assert counts == [5001, 101, 1]
    assert len(seen) < 40
    assert took < 20


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_template_in_spanish_is_understood(depot, kind):
    eli = as_who(depot, "eli")
    template = eli.get(f"/equipment/import/template?format={kind}").data
    eli.post("/language", data={"language": "es"})
    spanish = eli.get(f"/equipment/import/template?format={kind}").data
    assert spanish != template
    page = eli.get(send(eli, spanish, f"equipo.{kind}").location)
    assert ("2 artículos:" in page.text, "se omiten" in page.text, "Filas rechazadas" in page.text) == (True, False, False)


def test_each_page_and_each_sentence_is_spanish_too(depot):
    eli = as_who(depot, "eli")
    eli.post("/language", data={"language": "es"})
    assert send(eli, "Model,Room\nPrinter,12\n").status_code == 422
    sent = send(eli, GOOD + "Printer,,\nSaw,9,\nPrinter,Printer-00,\n")
    assert "No tiene etiqueta." in eli.get(sent.location).text
    assert "No tiene etiqueta." in eli.get(f"{sent.location}/refused").text
    apply(eli, sent)
    assert "Qué hizo la hoja" in eli.get(sent.location).text
