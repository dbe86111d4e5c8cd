"""An HTML page as its elements: which tag, which attributes, inside of which, with which text."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


@dataclass(eq=False)
class Element:
    tag: str
    attributes: dict[str, str]
    inside_of: list["Element"]
    source: str
    chunks: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.chunks).split())

    def is_in(self, tag: str) -> bool:
        return any(element.tag == tag for element in self.inside_of)

    def __str__(self) -> str:
        return " ".join(self.source.split())[:120]


class Document(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, list(self._open), self.get_starttag_text() or "")
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        while any(element.tag == tag for element in self._open):
            if self._open.pop().tag == tag:
                return

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.chunks.append(data)

    def all(self, *tags: str) -> Iterator[Element]:
        return (element for element in self.elements if element.tag in tags)

    @cached_property
    def by_id(self) -> dict[str, Element]:
        return {element.attributes["id"]: element for element in self.elements if "id" in element.attributes}
