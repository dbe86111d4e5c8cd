"""Numbers read as people in the United States write them, in either language."""

from flask import g

from seminar.web.language import whole_number


def test_thousands_are_set_apart_by_a_comma(app):
    said = {}
    for language in ("en", "es"):
        with app.test_request_context():
            g.language = language
            said[language] = [whole_number(number) for number in (0, 999, 1234, 75_000)]
    written = ["0", "999", "1,234", "75,000"]
    assert said == {"en": written, "es": written}
