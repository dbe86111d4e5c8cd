"""Spanish is complete: each sentence of the code and the templates has its own, with the same values in it."""

import re
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
METHODS = [("seminar/**.py", "python"), ("inventory/**.py", "python"), ("templates/**.html", "jinja2"), ("templates/**.txt", "jinja2")]
KEYWORDS = {"_": None, "N_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}


def values(sentence):
    return sorted(re.findall(r"%\(\w+\)[sd]|\{\w+\}", sentence))


def test_every_sentence_is_there_in_spanish():
    with (ROOT / "translations/es/LC_MESSAGES/messages.po").open("rb") as file:
        spanish = {message.id: message.string for message in read_po(file, locale="es") if message.id}
    used = {row[2] for row in extract_from_dir(ROOT, METHODS, keywords=KEYWORDS)}
    assert sorted(map(str, used - set(spanish))) == []
    assert [sentence for sentence, said in spanish.items() if not all(said if isinstance(said, tuple) else [said])] == []


def test_a_translation_keeps_the_values():
    with (ROOT / "translations/es/LC_MESSAGES/messages.po").open("rb") as file:
        pairs = [(m.id, m.string) for m in read_po(file, locale="es") if m.id and isinstance(m.id, str)]
    assert [source for source, said in pairs if values(source) != values(said)] == []
