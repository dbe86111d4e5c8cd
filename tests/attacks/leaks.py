"""What is wrong with an answer, a mail or a file, wherever the fuzz's marker comes back as something else than text."""

import csv
import email.policy
import io
import json
import re
import zipfile
from collections.abc import Iterator
from email import message_from_bytes
from urllib.parse import urlsplit

from icalendar import Calendar
from werkzeug.test import TestResponse

from tests.pages.document import Document
from tests.pages.reader import is_page

A_TAG = re.compile(
    r"<q7z|<script>q7z"
    # An attribute of theirs stands in a tag outside of quotes.
    r"|<[a-z](?:[^<>\"']|\"[^\"]*\"|'[^']*')*\sonq7z\s*="
    r"|\b(?:href|src|action|formaction)=[\"']?\s*(?:javascript:|//|https?://)[^\"'>]*q7z",
    re.I,
)
COMPUTED = "q7z1337q7z"
HEADER = re.compile(r"^(?:x-q7z|bcc)\b", re.I)
# Less than nothing is owed.
A_NUMBER = re.compile(r"-\d+")
FORMULA = tuple("=+-@\t\r")
SENTENCE = re.compile(r"[.!?…]")


def leaks(answer: TestResponse) -> Iterator[str]:
    """In what was answered; the whole of it by what it says that it is."""
    yield from (f"a header of theirs: {name}" for name, _ in answer.headers if HEADER.match(name))
    location = answer.headers.get("Location", "")
    if urlsplit(location).netloc or location.startswith(("//", "/\\")):
        yield f"it leads away, to {location[:200]}"
    if b"q7z" in answer.data or answer.mimetype not in ("text/html", "text/css"):
        yield from leaks_of_file(answer.mimetype, answer.data)


def leaks_of_file(kind: str, content: bytes) -> Iterator[str]:
    if kind == "text/html":
        yield from _of_markup(content.decode())
    elif kind == "text/csv":
        cells = [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")) for cell in row]
        yield from (f"a formula: {cell[:80]!r}" for cell in cells if cell.startswith(FORMULA) and not A_NUMBER.fullmatch(cell))
    elif kind in ("application/zip", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"):
        yield from _of_archive(content)
    elif kind == "text/calendar":
        yield from _of_calendar(content)
    elif kind == "application/json":
        json.loads(content)
    elif kind == "text/css" and re.search(rb"q7z|</", content):
        yield "a style of theirs"


def _of_markup(text: str) -> Iterator[str]:
    yield from (f"markup of theirs: …{text[max(0, found.start() - 60) : found.end() + 40]!r}" for found in A_TAG.finditer(text))
    if COMPUTED in text:
        yield "a template of theirs was run"


def _of_archive(content: bytes) -> Iterator[str]:
    kinds = {"html": "text/html", "csv": "text/csv", "json": "application/json"}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            if name.startswith("/") or ".." in name:
                yield f"a path out of the archive: {name}"
            if name.endswith(".xml") and b"<f>" in archive.read(name):
                yield f"a formula in {name}"
            yield from leaks_of_file(kinds.get(name.rpartition(".")[2], ""), archive.read(name))


def _of_calendar(content: bytes) -> Iterator[str]:
    Calendar.from_ical(content)
    yield from ("a line of theirs in a calendar" for line in content.splitlines() if HEADER.match(line.decode()))


def leaks_of_mail(content: bytes) -> Iterator[str]:
    """Of a mail as it is sent."""
    mail = message_from_bytes(content, policy=email.policy.default)
    yield from (f"a header of theirs in a mail: {name}" for name in mail if HEADER.match(name))
    if len(mail["To"].addresses) != 1:
        yield f"a mail to {mail['To']}"
    for part in mail.walk():
        if not part.is_multipart():
            yield from leaks_of_file(part.get_content_type(), part.get_content().encode())


def says_nothing(answer: TestResponse) -> Iterator[str]:
    """A refusal is a page with a heading and a sentence."""
    if answer.status_code < 400 or answer.mimetype == "application/json":
        return
    if not is_page(answer):
        yield f"{answer.status_code} is no page, but {answer.mimetype}"
        return
    main = next(Document(answer.text).all("main"), None)
    if main is None or not SENTENCE.search(main.text):
        yield f"{answer.status_code} says nothing"
