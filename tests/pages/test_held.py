"""The export of all that is held about somebody: a ZIP, on record."""

import io
import json
import zipfile

from sqlalchemy import select

from seminar.ground.db import db
from seminar.ground.history import History
from tests.cast import a_cast, an_award
from tests.pages.as_who import as_who


def test_the_program_manager_and_the_person_get_the_same_file_and_it_is_on_record(clean):
    with clean.app_context():
        cast = a_cast()
        an_award(cast, cast.ada)
        ada, olive = cast.ada.id, cast.olive.id
        db.session.commit()
    assert "Everything held about you" in as_who(clean, "ada").get("/my/account").text
    for page in (as_who(clean, "ada").get("/my/account/data"), as_who(clean, "olive").get(f"/people/{ada}/appointments")):
        assert "all that it told is in the records themselves" in page.text
    own = as_who(clean, "ada").post("/my/account/data")
    theirs = as_who(clean, "olive").post(f"/people/{ada}/export")
    for answer in (own, theirs):
        archive = zipfile.ZipFile(io.BytesIO(answer.data))
        everything = json.loads(archive.read("everything.json"))
        assert everything["person"][0]["email"] == "ada@a.example"
        assert set(archive.namelist()) == {"summary.html", "everything.json", *(f"{name}.csv" for name in everything)}
        assert b"Everything held about Ada Example" in archive.read("summary.html")
        assert b"Left out are what signs them in" in archive.read("summary.html")
    with clean.app_context():
        assert db.session.scalars(select(History.who_id).where(History.what == "person exported").order_by(History.id)).all() == [
            ada,
            olive,
        ]
