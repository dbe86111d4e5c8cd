"""What was done is told as a status, and what is refused as an alert, so that it is heard without the focus (WCAG 4.1.3)."""

from tests.cast import a_cast
from tests.pages.as_who import as_who
from tests.pages.document import Document


def told(answer, role):
    return [element.text for element in Document(answer.text).elements if element.attributes.get("role") == role and element.is_in("main")]


def test_what_was_done_is_announced(clean):
    with clean.app_context():
        a_cast()
    olive = as_who(clean, "olive")
    refused = olive.post("/people/new", data={"given_name": "Ina", "family_name": "New", "email": "ada@a.example"})
    done = olive.post("/people/new", data={"given_name": "Ina", "family_name": "New", "email": "ina@a.example"}, follow_redirects=True)
    assert ["belongs to somebody already" in said for said in told(refused, "alert")] == [True]
    assert told(done, "status") == ["Added, and invited by mail. Now say where they work."]
