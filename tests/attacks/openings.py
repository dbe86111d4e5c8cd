"""Where something can be typed: every form that a page shows, and every address, found by reading the pages themselves."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlsplit

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from tests.pages.document import Document, Element
from tests.pages.doors import LEADS_AWAY, Ids, client_of, may_open, pages_of, rules

NOT_TYPED = ("csrf_token", "once")
PRESSED = ("submit", "button", "image", "reset")


@dataclass(frozen=True)
class Field:
    """`values` is what the page offers: its choices, or what stands in it."""

    name: str
    kind: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Opening:
    """A form, or an address with what can be asked of it. `rule` is the route's, `arguments` what its URL is built from."""

    endpoint: str
    method: str
    rule: str
    arguments: tuple[tuple[str, str], ...]
    fields: tuple[Field, ...]
    takes_files: bool = False
    is_unseen: bool = False

    @property
    def key(self) -> tuple[str, str, frozenset[str]]:
        """Two rows of a list have the same form."""
        return self.method, self.endpoint, frozenset(re.sub(r"\d+", "#", field.name) for field in self.fields)


def openings_of(app: Flask, name: str, ids: Ids, session_key: str | None) -> list[Opening]:
    """Those that one of the cast finds, each once; and every address, also those that no page shows them."""
    asked: dict[str, dict[str, Field]] = defaultdict(dict)
    found: dict[object, Opening] = {}
    for rule, url in pages_of(app, ids):
        if may_open(rule, name):
            page = client_of(app, session_key).get(url)
            if page.mimetype == "text/html":
                document = Document(page.text)
                for opening in forms_on(app, document, url):
                    found.setdefault(opening.key, opening)
                for endpoint, field in _asked_by_links(app, document):
                    asked[endpoint][field.name] = field
    posts = [opening for opening in found.values() if opening.method == "POST"]
    for opening in found.values():
        if opening.method == "GET":
            asked[opening.endpoint] |= {field.name: field for field in opening.fields}
    return [*posts, *_addresses(app, ids, asked)]


def forms_on(app: Flask, document: Document, url: str) -> Iterator[Opening]:
    for form in document.all("form"):
        method = form.attributes.get("method", "get").upper()
        led_to = _led_to(app, form.attributes.get("action") or url, method)
        if led_to is None:
            continue
        fields = tuple(field for field in _fields(document, form) if field.name not in NOT_TYPED)
        yield replace(led_to, fields=fields, takes_files="multipart" in form.attributes.get("enctype", ""))


def _led_to(app: Flask, url: str, method: str) -> Opening | None:
    """The route that an address leads to; None where it leads nowhere of ours."""
    asked = urlsplit(url)
    try:
        rule, arguments = app.url_map.bind("localhost").match(asked.path, method=method, return_rule=True)
    except HTTPException:
        return None
    if asked.netloc or rule.endpoint == "static":
        return None
    return Opening(rule.endpoint, method, rule.rule, tuple((name, str(value)) for name, value in arguments.items()), ())


def _fields(document: Document, form: Element) -> Iterator[Field]:
    id = form.attributes.get("id", "")
    controls: dict[str, list[Element]] = defaultdict(list)
    for control in document.all("input", "select", "textarea", "button"):
        if (form in control.inside_of or (id and control.attributes.get("form") == id)) and control.attributes.get("name"):
            controls[control.attributes["name"]].append(control)
    for name, alike in controls.items():
        kinds = [control.attributes.get("type", control.tag) for control in alike]
        values = [value for control in alike for value in _values(document, control)]
        yield Field(name, "pressed" if set(kinds) <= {*PRESSED} else kinds[0], tuple(dict.fromkeys(values))[:40] or ("",))


def _values(document: Document, control: Element) -> list[str]:
    if control.tag == "select":
        return [option.attributes.get("value", option.text) for option in document.all("option") if control in option.inside_of]
    return [control.text if control.tag == "textarea" else control.attributes.get("value", "")]


def _asked_by_links(app: Flask, document: Document) -> Iterator[tuple[str, Field]]:
    for link in document.all("a"):
        href = link.attributes.get("href", "")
        led_to = _led_to(app, href, "GET") if "?" in href else None
        if led_to is not None:
            yield from ((led_to.endpoint, Field(name, "text", (value,))) for name, value in parse_qsl(urlsplit(href).query))


def _addresses(app: Flask, ids: Ids, asked: dict[str, dict[str, Field]]) -> Iterator[Opening]:
    for rule, method in rules(app):
        if method == "GET" and rule.endpoint not in LEADS_AWAY:
            fields = {"page": Field("page", "text", ("1",)), "next": Field("next", "text", ("/",))} | asked[rule.endpoint]
            yield Opening(rule.endpoint, "GET", rule.rule, _from(ids, rule), tuple(fields.values()))


def _from(ids: Ids, rule: Rule) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(ids.get(f"{rule.endpoint}.{name}", ids[name]))) for name in sorted(rule.arguments))


def unseen_openings(app: Flask, ids: Ids, seen: Iterable[Opening]) -> Iterator[Opening]:
    """What takes a POST and has its form on no page now, with every name that any form has."""
    named = {field.name for opening in seen for field in opening.fields}
    fields = tuple(Field(name, "text", ("1",)) for name in sorted(named))
    for endpoint in sorted(endpoints_that_take_a_post(app) - {opening.endpoint for opening in seen if opening.method == "POST"}):
        rule = next(rule for rule in app.url_map.iter_rules(endpoint) if "POST" in (rule.methods or ()))
        yield Opening(endpoint, "POST", rule.rule, _from(ids, rule), fields, is_unseen=True)


def endpoints_that_take_a_post(app: Flask) -> set[str]:
    return {rule.endpoint for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())}
