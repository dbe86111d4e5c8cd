"""Our scripts listen to no single key, no gesture, no drag and no motion: WCAG 2.1.4, 2.5.1, 2.5.2, 2.5.4 and 2.5.7."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LISTENED = re.compile(r"""addEventListener\(\s*["'](\w+)["']|\.on(\w+)\s*=[^=]""")
TAKEN = re.compile(r"^(key|pointer|mouse|touch|drag|drop|gesture|wheel|device)|^paste$")


def test_scripts_take_no_key_gesture_or_motion():
    heard = {one or other for file in (ROOT / "static/js").rglob("*.js") for one, other in LISTENED.findall(file.read_text())}
    assert "submit" in heard
    assert [event for event in sorted(heard) if TAKEN.search(event)] == []
