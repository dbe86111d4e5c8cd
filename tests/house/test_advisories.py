"""What `make check` says of known vulnerabilities, and when it fails for them."""

from tests.advisories import sentences

SAFE = {"name": "flask", "version": "3.1", "vulns": []}
UNREAD = {"name": "segno", "skip_reason": "Dependency not found on PyPI and could not be audited: segno (1.6)"}
WRONG = {"name": "jinja2", "version": "2.0", "vulns": [{"id": "PYSEC-2021-66", "fix_versions": ["2.11.3"]}]}


def test_a_known_vulnerability_fails_and_is_named_with_the_version_that_mends_it():
    lines, status = sentences([SAFE, WRONG])
    assert (status, lines[0]) == (1, "jinja2 2.0: PYSEC-2021-66, mended in 2.11.3")


def test_what_could_not_be_checked_is_said_aloud():
    assert sentences(None) == sentences([UNREAD])
    (said,), status = sentences(None)
    assert (status, "NO library was checked" in said) == (0, True)
    lines, status = sentences([SAFE, UNREAD])
    assert (status, "segno; these were NOT checked" in lines[0]) == (0, True)


def test_all_checked_is_one_line():
    assert sentences([SAFE]) == (["Advisories: libraries checked: 1, known vulnerabilities: 0."], 0)
