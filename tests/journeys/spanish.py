"""The product's own Spanish, read from its catalog, so that no journey repeats a translation."""

from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

CATALOG = Path(__file__).resolve().parents[2] / "translations/es/LC_MESSAGES/messages.po"


@cache
def _catalog() -> dict[str, str]:
    with CATALOG.open("rb") as file:
        return {message.id: message.string for message in read_po(file, locale="es") if isinstance(message.id, str)}


def said(english: str) -> str:
    """What a page says in Spanish for one of our English sentences; KeyError where it is none of ours."""
    return _catalog()[english]
