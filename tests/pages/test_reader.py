"""The reader of pages sees each fault that it is there for, and none on a page without."""

import pytest
from flask import Flask

from tests.pages.reader import Reader, faults_of

POLICY = "default-src 'none'; script-src 'self'; style-src 'self'"
PAGE = """<!doctype html><html lang="{lang}"><head><title>Reserve · MakerPD</title><script src="/app.js"></script></head><body>
<a href="#main">Skip</a><main id="main"><h1>Reserve</h1>
<form><input type="hidden" name="token"><label for="day">Day</label><input id="day" aria-describedby="hint"><p id="hint">A day</p>
<label>Note <textarea name="note">typed</textarea></label><input aria-label="Search"><select aria-labelledby="hint"></select>
<label><input type="checkbox"> Mine</label><button>Save</button><input type="submit" value="Send"></form>{more}</main></body></html>"""
FAULTS = {
    "<title>Reserve · MakerPD</title>|<title> · MakerPD</title>": "the title says nothing",
    "<title>Reserve · MakerPD</title>|": "the title says nothing",
    "<h1>Reserve</h1>|<h2>Reserve</h2>": "there is not one h1",
    "<h1>Reserve</h1>|<h1>Reserve</h1><h1>Again</h1>": "there is not one h1",
    "<h1>Reserve</h1>|<h1> </h1>": "there is not one h1",
    "</main>|</main><main></main>": "there is not one main part",
    ' lang="en"|': "html says no language",
    '<label for="day">Day</label>|': "nothing labels <input id=",
    '<label for="day">Day</label>|<label for="day"> </label>': "nothing labels <input id=",
    "<label>Note |<label>": "nothing labels <textarea",
    ' aria-label="Search"|': "nothing labels <input>",
    ' aria-label="Search"| aria-label=" "': "nothing labels <input",
    ' aria-labelledby="hint"|': "nothing labels <select",
    "<label><input|<label></label><input": "nothing labels <input type=",
    "<button>Save|<button><svg></svg>": "nothing labels <button",
    "</form>|</form><p id='day'></p>": "this id is not the only one of its name: <p id=",
    ' id="hint"|': "nothing has the id 'hint' that is asked for by <input id=",
    ' id="main"|': "nothing has the id 'main' that is asked for by <a href=",
    'for="day"|for="month"': "nothing has the id 'month' that is asked for by <label",
    "<button>|<button onclick='go()'>": "style or script inside the page: <button",
    "<button>|<button style='color: red'>": "style or script inside the page: <button",
    "</form>|</form><script>go()</script>": "style or script inside the page: <script",
    "</form>|</form><style>p {}</style>": "style or script inside the page: <style",
    "</form>|</form><a href='javascript:go()'>Go</a>": "style or script inside the page: <a",
}


def answering(html, policy=POLICY, status=200, kind="text/html"):
    app = Flask(__name__)
    app.add_url_rule("/", "page", lambda: (html, status, {"Content-Security-Policy": policy, "Content-Type": kind}))
    return app


def read(html, **answer):
    return faults_of(answering(html, **answer).test_client().get("/"))


def page(lang="en", more=""):
    return PAGE.format(lang=lang, more=more)


def test_a_page_without_a_fault_is_left_alone():
    assert read(page()) == []


@pytest.mark.parametrize("change", FAULTS)
def test_each_fault_is_told(change):
    was, _, now = change.partition("|")
    assert was in page()
    assert any(fault.startswith(FAULTS[change]) for fault in read(page().replace(was, now, 1)))


@pytest.mark.parametrize("policy", ["", "style-src 'self' 'unsafe-inline'"])
def test_a_policy_that_allows_inline_code_is_told(policy):
    (told,) = read(page(), policy=policy)
    assert told.startswith("the content security policy allows inline code")


@pytest.mark.parametrize(
    "more",
    [
        "<p>You can look. Only the series' trainers who are cleared for <b>Laser</b> sign off.</p>",
        "<p><strong>Nothing was\n saved yet.</strong></p>",
        "<p>2 competencies to go</p>",
        "<img alt='Choose how many of which model you want.'>",
    ],
)
def test_english_is_told_on_a_spanish_page_only(more):
    (told,) = read(page("es", more))
    assert told.startswith("English on a Spanish page")
    assert read(page("en", more)) == []


def test_redirects_and_other_kinds_of_answer_are_not_read():
    assert read("<h1>Redirecting", status=303) == []
    assert read("alive", kind="text/plain") == []


def test_the_client_fails_whoever_gets_a_page_with_a_fault():
    app = answering(page().replace("<h1>", "<h2>"))
    app.test_client_class = Reader
    with pytest.raises(AssertionError, match="there is not one h1"):
        app.test_client().get("/")


def test_every_test_has_a_client_that_reads(app):
    assert app.test_client_class is Reader
