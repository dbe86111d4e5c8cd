"""An invoice as a tagged PDF (PDF/UA-1, ISO 14289-1), made by typst from templates/money/invoice.typ; slow, so no transaction is open.

The same words make the same bytes. typst refuses what breaks the rules, and that a letter of a name has no glyph in its fonts is one
of them: such a letter is shown as a box, and the file says so.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst

TEMPLATE = Path(__file__).resolve().parents[2].joinpath("templates", "money", "invoice.typ")
BOX = "□"


def pdf_of(said: dict[str, Any], *, lacks: str) -> bytes:
    """`said` is what templates/money/invoice.typ reads; `lacks` is what it says besides where letters are missing."""
    try:
        return _compiled(said)
    except typst.TypstError:
        shown = _shown(said)
        if shown == said:
            raise
        return _compiled({**shown, "notes": [*shown["notes"], lacks]})


def _compiled(said: dict[str, Any]) -> bytes:
    inputs = {"said": json.dumps(said, ensure_ascii=False)}
    made = typst.compile(str(TEMPLATE), sys_inputs=inputs, pdf_standards=["ua-1"], ignore_system_fonts=True)
    assert isinstance(made, bytes)
    return made


def _shown(value: Any) -> Any:
    """The same, with a box for each letter that has no glyph."""
    if isinstance(value, str):
        return "".join(letter if (letter.isascii() and letter.isprintable()) or _has_a_glyph(letter) else BOX for letter in value)
    if isinstance(value, list):
        return [_shown(one) for one in value]
    return {name: _shown(one) for name, one in value.items()} if isinstance(value, dict) else value


@lru_cache(maxsize=4096)
def _has_a_glyph(letter: str) -> bool:
    probe = b'#set document(title: "a")\n#set text(lang: "en", font: "Libertinus Serif")\n#sys.inputs.letter'
    try:
        typst.compile(probe, sys_inputs={"letter": letter}, pdf_standards=["ua-1"], ignore_system_fonts=True)
    except typst.TypstError:
        return False
    return True
