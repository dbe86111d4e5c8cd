"""Reads each HTML page that the tests are given, as somebody with a screen reader or in Spanish would, and says what is wrong."""

import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.pages.document import Document, Element

SPANISH = Path(__file__).resolve().parents[2] / "translations/es/LC_MESSAGES/messages.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
UNSEEN_INPUTS = ("hidden", "submit", "reset", "button", "image")
SPOKEN = ("aria-label", "alt", "title", "placeholder")
Rule = Callable[[Document], Iterator[str]]


class Reader(FlaskClient):
    """A client that fails the test which gets a page with a fault; every test's client is one."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        answer = super().open(*args, **kwargs)
        faults = faults_of(answer)
        assert not faults, f"{answer.request.path}: {'; '.join(faults)}"
        return answer


def faults_of(answer: TestResponse) -> list[str]:
    """What is wrong with the page, a sentence each; nothing for what isn't a page."""
    if not is_page(answer):
        return []
    return [*_policy(answer), *_faults_of_text(answer.text, is_letter(answer))]


@lru_cache(maxsize=128)
def _faults_of_text(html: str, is_letter: bool) -> tuple[str, ...]:
    """Kept for a while: whoever walks all pages as each role gets the same refusal a hundred times."""
    page = Document(html)
    rules = [rule for rule in RULES if rule is not _inline or not is_letter]
    return tuple(fault for rule in rules for fault in rule(page))


def is_page(answer: TestResponse) -> bool:
    """HTML for somebody to read; a redirect is HTML that nobody sees."""
    return answer.mimetype == "text/html" and not 300 <= answer.status_code < 400


def is_letter(answer: TestResponse) -> bool:
    """A mail's HTML, in a sandbox: nothing in it can run."""
    policy = answer.headers.get("Content-Security-Policy", "")
    return policy.startswith("default-src 'none'") and policy.endswith("; sandbox")


def _policy(answer: TestResponse) -> Iterator[str]:
    policy = answer.headers.get("Content-Security-Policy", "")
    if not policy or "'unsafe-inline'" in policy:
        yield f"the content security policy allows inline code: {policy or 'there is none'}"


def _title(page: Document) -> Iterator[str]:
    titles = [title.text for title in page.all("title") if not title.is_in("svg")]
    # A page that names nothing of its own leaves only what the base template adds.
    if len(titles) != 1 or not titles[0].partition("·")[0].strip():
        yield f"the title says nothing: {titles}"


def _heading(page: Document) -> Iterator[str]:
    headings = [heading.text for heading in page.all("h1")]
    if len(headings) != 1 or not headings[0]:
        yield f"there is not one h1: {headings}"


def _main(page: Document) -> Iterator[str]:
    if len(list(page.all("main"))) != 1:
        yield "there is not one main part"


def _language(page: Document) -> Iterator[str]:
    if [bool(html.attributes.get("lang")) for html in page.all("html")] != [True]:
        yield "html says no language"


def _labels(page: Document) -> Iterator[str]:
    labeled = {label.attributes["for"] for label in page.all("label") if "for" in label.attributes and label.text}
    for control in page.all("input", "select", "textarea", "button"):
        if not _is_unseen(control) and not (control.attributes.get("id") in labeled or _is_named(control, page)):
            yield f"nothing labels {control}"


def _is_unseen(control: Element) -> bool:
    hidden = any("hidden" in element.attributes for element in (control, *control.inside_of))
    return hidden or (control.tag == "input" and control.attributes.get("type") in UNSEEN_INPUTS)


def _is_named(control: Element, page: Document) -> bool:
    """By what is on it, by words elsewhere on the page, or by the label around it. An option's text names nothing."""
    around = (element for element in control.inside_of if element.tag == "label")
    elsewhere = (page.by_id[id].text for id in control.attributes.get("aria-labelledby", "").split() if id in page.by_id)
    own = control.text if control.tag == "button" else ""
    named_by_label = any(label.text.replace(control.text, "").strip() for label in around)
    return bool(own or control.attributes.get("aria-label", "").strip() or any(elsewhere) or named_by_label)


def _ids(page: Document) -> Iterator[str]:
    seen: set[str] = set()
    for element in page.elements:
        id = element.attributes.get("id")
        if id is not None and (id in seen or not id):
            yield f"this id is not the only one of its name: {element}"
        seen.add(id or "")


def _references(page: Document) -> Iterator[str]:
    for element in page.elements:
        named = [element.attributes.get(name, "") for name in ("aria-describedby", "aria-labelledby", "for")]
        href = element.attributes.get("href", "")
        wanted = " ".join(named).split() + ([href[1:]] if href.startswith("#") else [])
        for id in wanted:
            if id not in page.by_id:
                yield f"nothing has the id {id!r} that is asked for by {element}"


def _inline(page: Document) -> Iterator[str]:
    """But for a letter: mail programs keep no other styles, and each of its own is in its policy by its hash."""
    for element in page.elements:
        attributes = element.attributes
        is_code = any(name == "style" or name.startswith("on") for name in attributes)
        leads_to_code = attributes.get("href", "").strip().lower().startswith("javascript:")
        if is_code or leads_to_code or element.tag == "style" or (element.tag == "script" and "src" not in attributes):
            yield f"style or script inside the page: {element}"


def _english(page: Document) -> Iterator[str]:
    """English sentences of ours in the main part of a page that says that it is Spanish."""
    if not any(html.attributes.get("lang") == "es" for html in page.all("html")):
        return
    text = " ".join(texts_of(page))
    for sentence, longest, pattern in english_sentences():
        # Most aren't there, and looking for a part of them first says so in no time.
        found = pattern.search(text) if longest in text else None
        if found:
            yield f"English on a Spanish page, {sentence!r}: {found[0][-80:]}"


def texts_of(page: Document) -> list[str]:
    """What is read in the main part, piece by piece: its text, and what a screen reader says instead of one."""
    shown = [chunk for main in page.all("main") for chunk in main.chunks]
    spoken = [element.attributes.get(name, "") for element in page.elements if element.is_in("main") for name in SPOKEN]
    return [piece for chunk in [*shown, *spoken] if (piece := " ".join(chunk.split()))]


@cache
def english_sentences() -> list[tuple[str, str, re.Pattern[str]]]:
    """Our sentences of three words or more that read otherwise in Spanish, each with its longest part between values, and as it
    looks with values filled in."""
    with SPANISH.open("rb") as file:
        messages = [message for message in read_po(file, locale="es") if message.id]
    pairs = [(message.id, message.string) for message in messages if isinstance(message.id, str)]
    pairs += [pair for message in messages if isinstance(message.id, tuple) for pair in zip(message.id, message.string, strict=True)]
    return [_as_read(english) for english, spanish in pairs if english != spanish and _is_sentence(english)]


def _is_sentence(english: str) -> bool:
    """Values count as words, but two words at least are its own: '1–3 of 9' could be anybody's."""
    own = re.findall(r"[^\W\d_]+", PLACEHOLDER.sub(" ", english))
    return len(english.split()) >= 3 and len(own) >= 2


def _as_read(english: str) -> tuple[str, str, re.Pattern[str]]:
    parts = PLACEHOLDER.split(" ".join(english.split()))
    pattern = r"(?<!\w)" + r"\S.*?".join(map(re.escape, parts)) + r"(?!\w)"
    return english, max(parts, key=len), re.compile(pattern)


RULES: tuple[Rule, ...] = (_title, _heading, _main, _language, _labels, _ids, _references, _inline, _english)
