"""`make conformance`: runs the tests that decide the criteria, keeps what they found, and writes the report from it.

`python -m tests.conformance RESULTS.xml` takes a run that was made already (pytest's --junitxml).
"""

import json
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections import Counter
from datetime import date
from pathlib import Path

from seminar.web import conformance
from seminar.web.conformance import Found, row_of
from seminar.web.criteria import CHAPTERS

ROOT = Path(__file__).resolve().parents[1]
REPORT = ROOT / "docs" / "accessibility-conformance.md"
HEAD = """# Accessibility conformance report

- **Product**: MakerPD, a web application
- **Day of the report**: {day}
- **Standards**: WCAG 2.2, levels A and AA; the revised Section 508 standards
- **Evaluation method**: automated tests in Chromium and of the pages' HTML; no people with disabilities took part yet
- **Questions**: the PD office of the district that runs it, at the address on its page /accessibility

Made by `make conformance` from what the tests found on {day}; don't edit it. It has the order of VPAT 2.5 (WCAG 2.2 and
Section 508) in words of our own. `seminar/web/criteria.py` says which tests decide which criterion. A criterion whose tests did not
run is not evaluated; one of which a case failed, or of which something is known not to work, is at best partially supported.
"""


def named_tests() -> list[str]:
    return sorted({test for _, criteria in CHAPTERS for criterion in criteria for test in criterion.tests})


def run(xml: Path) -> None:
    """A test that fails is a finding, not the end of the run."""
    subprocess.run([sys.executable, "-m", "pytest", "-q", f"--junitxml={xml}", *named_tests()], cwd=ROOT, check=False)


def found_in(xml: Path) -> dict[str, Found]:
    """By test, how many of its cases passed and failed; a skipped one is neither."""
    passed, failed = Counter[str](), Counter[str]()
    for case in ET.parse(xml).iter("testcase"):
        test = f"{case.attrib['classname'].replace('.', '/')}.py::{case.attrib['name'].partition('[')[0]}"
        marks = {child.tag for child in case}
        if marks & {"failure", "error"}:
            failed[test] += 1
        elif "skipped" not in marks:
            passed[test] += 1
    return {test: Found(passed[test], failed[test]) for test in named_tests() if passed[test] + failed[test]}


def report(checked_on: date | None, found: dict[str, Found]) -> str:
    parts = [HEAD.format(day=checked_on)]
    parts.append("\n" + "".join(f"- **{said}**: {means}\n" for said, means in conformance.MEANS.items()))
    for title, criteria in CHAPTERS:
        parts.append(f"\n## {title}\n\n| criterion | level | conformance | remarks |\n| --- | --- | --- | --- |\n")
        for criterion in criteria:
            row = row_of(criterion, found)
            counted = f"{row.passed} passed, {row.failed} failed." if row.passed or row.failed else ""
            tests = ", ".join(f"`{test.partition('::')[2]}`" for test in criterion.tests)
            remarks = " ".join(part for part in (row.says, row.gap, counted, tests) if part)
            parts.append(f"| {row.number} {row.name} | {row.level} | {row.verdict} | {remarks} |\n")
    return "".join(parts)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        xml = Path(sys.argv[1]) if sys.argv[1:] else Path(folder) / "results.xml"
        if not sys.argv[1:]:
            run(xml)
        found = found_in(xml)
        # The day of the run; the report can be made again from it on any other.
        started = date.fromisoformat(next(ET.parse(xml).iter("testsuite")).attrib["timestamp"][:10])
    conformance.RESULTS.parent.mkdir(exist_ok=True)
    kept = {"checked_on": started.isoformat(), "tests": {test: vars(one) for test, one in sorted(found.items())}}
    conformance.RESULTS.write_text(json.dumps(kept, indent=2) + "\n")
    REPORT.write_text(report(started, found))


if __name__ == "__main__":
    main()
