"""The conformance report says what the tests found, and nothing else."""

import ast
from pathlib import Path

import pytest

from seminar.web.conformance import MEANS, NOT, NOT_APPLICABLE, NOT_EVALUATED, PARTLY, SUPPORTS, Found, checked_on, results, row_of, verdict
from seminar.web.criteria import CHAPTERS, Criterion
from tests.conformance import REPORT, found_in, named_tests, report
from tests.pages.document import Document

ROOT = Path(__file__).resolve().parents[2]


def functions_of(file):
    return {node.name for node in ast.parse((ROOT / file).read_text()).body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("test", named_tests())
def test_each_test_that_decides_a_criterion_is_there(test):
    file, _, name = test.partition("::")
    assert name in functions_of(file)


def test_the_kept_report_is_what_the_kept_results_make():
    assert REPORT.read_text() == report(checked_on(), results())


@pytest.mark.parametrize(
    ("found", "more", "says"),
    [
        ({}, {}, NOT_EVALUATED),
        ({"one": Found(3, 0)}, {}, NOT_EVALUATED),
        ({"one": Found(3, 0), "two": Found(1, 0)}, {}, SUPPORTS),
        ({"one": Found(3, 0), "two": Found(1, 0)}, {"nothing_there": True}, NOT_APPLICABLE),
        ({"one": Found(3, 0), "two": Found(1, 0)}, {"gap": "Not in dark."}, PARTLY),
        ({"one": Found(3, 1), "two": Found(1, 0)}, {"nothing_there": True}, PARTLY),
        ({"one": Found(0, 3), "two": Found(0, 1)}, {}, NOT),
    ],
)
def test_a_verdict_follows_from_the_results(found, more, says):
    assert verdict(Criterion("1.1.1", "Name", "A", ("one", "two"), "Says.", **more), found) == says


def test_what_each_verdict_means_is_said_on_the_page_and_in_the_report(clean):
    assert set(MEANS) == {SUPPORTS, PARTLY, NOT, NOT_APPLICABLE, NOT_EVALUATED}
    page = Document(clean.test_client().get("/accessibility/report").text)
    said = {dt.text: dd.text for dt, dd in zip(page.all("dt"), page.all("dd"), strict=True)}
    assert said == MEANS
    assert all(f"- **{verdict}**: {means}\n" in REPORT.read_text() for verdict, means in MEANS.items())


@pytest.mark.parametrize("found", [{}, {"one": Found(3, 1)}])
def test_nothing_is_claimed_that_was_not_found(found):
    assert row_of(Criterion("1.1.1", "Name", "A", ("one",), "axe finds nothing."), found).says == ""


def test_without_a_test_nothing_is_supported():
    assert verdict(Criterion("1.1.1", "Name", "A", (), "Says."), {"one": Found(3, 0)}) == NOT_EVALUATED


def test_the_criteria_are_wcags():
    """WCAG 2.2 has 31 criteria of level A (4.1.1 was taken out) and 24 of level AA."""
    numbers = [[criterion.number for criterion in criteria] for _, criteria in CHAPTERS]
    assert [len(chapter) for chapter in numbers[:2]] == [31, 24]
    assert all(len(set(chapter)) == len(chapter) for chapter in numbers)


def test_a_run_is_counted_by_test(tmp_path):
    name = named_tests()[0]
    module = name.partition("::")[0].removesuffix(".py").replace("/", ".")
    case = f'<testcase classname="{module}" name="{name.partition("::")[2]}[one]"'
    (tmp_path / "run.xml").write_text(f"<testsuite>{case}/>{case}><failure/></testcase>{case}><skipped/></testcase></testsuite>")
    assert found_in(tmp_path / "run.xml") == {name: Found(1, 1)}
