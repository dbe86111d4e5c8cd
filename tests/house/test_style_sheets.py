"""Each component has one home: two sheets that lay out the same class undo each other's work, on pages that neither looked at."""

import re
from collections import defaultdict
from pathlib import Path

SHEETS = Path(__file__).resolve().parents[2] / "static" / "css"


def test_a_class_is_laid_out_in_one_sheet():
    homes = defaultdict(set)
    for sheet in SHEETS.glob("*.css"):
        for name in re.findall(r"^  \.([a-z-]+) \{", sheet.read_text(), re.M):
            homes[name].add(sheet.name)
    assert {name: sheets for name, sheets in homes.items() if len(sheets) > 1} == {}
