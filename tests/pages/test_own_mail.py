"""A person's own mail page, and the links in a mail that turn a kind off."""

import re

from sqlalchemy import select

from seminar.ground.db import db
from seminar.ground.history import History
from seminar.ground.mail_kinds import AT_ONCE, KINDS, NEVER, WEEKLY
from seminar.ground.mail_preference import DigestDay, MailPreference
from seminar.people.mail_choices import choose_mail
from seminar.people.merging import merge
from seminar.people.person import Person
from seminar.web import pages
from seminar.web.mail_links import turn_off_token
from tests.cast import NOW, a_cast
from tests.pages.as_who import as_who
from tests.pages.doors import client_of

PAGE = "/my/account/mail"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def asked(page, **changes):
    """What the page's form sends when nothing else than these is touched."""
    selects = re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', page, re.S)
    kept = {name: re.search(r'<option selected value="(.*?)"', options)[1] for name, options in selects}
    assert set(changes) <= set(kept)
    return kept | changes


def kept(app):
    with app.app_context():
        query = select(MailPreference.person_id, MailPreference.kind, MailPreference.way)
        return db.session.execute(query.order_by(MailPreference.person_id, MailPreference.kind)).all()


def a_token(app, kind="reminder", name="ada"):
    with app.app_context():
        person = db.session.scalars(select(Person).where(Person.email == f"{name}@a.example")).one()
        return turn_off_token(person.id, kind)


def a_district(app):
    with app.app_context():
        a_cast()
        a_cast("B", {"stan": "teacher"})
    return app


def test_a_person_chooses_what_comes_when_and_in_which_language(clean):
    ada = as_who(a_district(clean), "ada")
    sent = asked(ada.get(PAGE).text, way_awarded=WEEKLY, way_reminder=NEVER, weekday="3", language="es")
    assert ada.post(PAGE, data=sent).location == PAGE
    page = ada.get(PAGE).text
    assert asked(page) == sent
    assert "Su correo y su idioma" in page
    assert [(kind, way) for _, kind, way in kept(clean)] == [("awarded", WEEKLY), ("reminder", NEVER)]
    with clean.app_context():
        assert db.session.scalars(select(DigestDay.weekday)).all() == [3]
        assert db.session.scalars(select(Person.language).where(Person.email == "ben@a.example")).one() is None
    assert ada.post(PAGE, data=sent | {"language": ""}).status_code == 303
    assert "Your mail and language" in ada.get(PAGE).text


def test_one_press_puts_all_that_can_wait_into_the_digest(clean):
    ada = as_who(a_district(clean), "ada")
    sent = asked(ada.get(PAGE).text, way_awarded=NEVER, weekday="2")
    assert ada.post(PAGE, data=sent | {"once_a_week": "1"}).status_code == 303
    ways = {kind: way for _, kind, way in kept(clean)}
    weekly = {kind.name for kind in KINDS.values() if WEEKLY in kind.ways and (not kind.roles or "teacher" in kind.roles)}
    assert ways == {**dict.fromkeys(weekly, WEEKLY), "awarded": NEVER}


def test_a_form_that_is_saved_unchanged_writes_nothing(clean):
    ada = as_who(a_district(clean), "ada")
    assert ada.post(PAGE, data=asked(ada.get(PAGE).text)).status_code == 303
    with clean.app_context():
        assert db.session.scalars(select(History)).all() == []
    assert kept(clean) == []


def test_a_way_that_a_kind_does_not_have_is_refused_beside_it(clean):
    ada = as_who(a_district(clean), "ada")
    sent = asked(ada.get(PAGE).text)
    for wrong in ({"way_canceled": NEVER}, {"way_reminder": WEEKLY}, {"weekday": "6"}, {"language": "fr"}):
        refused = ada.post(PAGE, data=sent | wrong)
        assert refused.status_code == 422
        assert f'href="#{next(iter(wrong))}"' in refused.text
    assert kept(clean) == []


def test_what_cannot_be_chosen_is_said_with_its_reason(clean):
    page = as_who(a_district(clean), "ada").get(PAGE).text
    assert 'name="way_invitation"' not in page
    assert 'name="way_late"' not in page
    assert "Another school may be waiting for what you have." in page


def test_only_the_mails_of_ones_roles_are_offered(clean):
    a_district(clean)
    offered = {name: set(asked(as_who(clean, name).get(PAGE).text)) for name in ("ada", "cora", "eli", "tara")}
    loans = {f"way_{kind.name}" for kind in KINDS.values() if kind.group == "loans" and len(kind.ways) > 1}
    assert {name: ways & loans for name, ways in offered.items()} == {
        "ada": loans,
        "cora": {"way_at_risk"},
        "eli": {"way_at_risk"},
        "tara": set(),
    }
    assert "way_awarded" in offered["tara"]
    assert "A loan that is late" in as_who(clean, "cora").get(PAGE).text
    assert "A loan that is late" not in as_who(clean, "tara").get(PAGE).text


def test_what_was_chosen_before_ones_role_ended_can_still_be_chosen_anew(clean):
    token = a_token(a_district(clean), "reserved", "tara")
    client_of(clean, None).post(f"/mail/off/{token}", data=ONE_CLICK)
    tara = as_who(clean, "tara")
    sent = asked(tara.get(PAGE).text)
    assert sent["way_reserved"] == NEVER
    assert tara.post(PAGE, data=sent | {"way_reserved": AT_ONCE}).status_code == 303
    assert "way_reserved" not in asked(tara.get(PAGE).text)


def test_opening_the_link_of_a_mail_turns_nothing_off(clean):
    url = f"/mail/off/{a_token(a_district(clean))}"
    opened = client_of(clean, None).get(url)
    assert "Turn it off" in opened.text
    assert "A reminder the day before a meeting" in opened.text
    assert kept(clean) == []


def test_one_press_turns_a_kind_off_without_signing_in_and_twice_is_once(clean):
    url = f"/mail/off/{a_token(a_district(clean))}"
    for _ in range(2):
        done = client_of(clean, None).post(url, data=ONE_CLICK)
        assert done.status_code == 200
        assert "To turn it on again" in done.text
    assert [(kind, way) for _, kind, way in kept(clean)] == [("reminder", NEVER)]
    with clean.app_context():
        assert db.session.scalars(select(History.what)).all() == ["mail choices saved"]


def test_a_mail_program_turns_it_off_where_forms_need_a_token(clean):
    url = f"/mail/off/{a_token(a_district(clean))}"
    clean.config["WTF_CSRF_ENABLED"] = True
    try:
        assert client_of(clean, None).post(url, data=ONE_CLICK).status_code == 200
        assert as_who(clean, "ada").post(PAGE).status_code == 400
    finally:
        clean.config["WTF_CSRF_ENABLED"] = False


def test_a_link_that_we_did_not_sign_opens_nothing(clean):
    token = a_token(a_district(clean))
    others, _, signature = token.partition(".")
    for wrong in (token[:-1], f"{turn_off_for_another(clean)}.{signature}", others, "x"):
        for answer in (client_of(clean, None).get(f"/mail/off/{wrong}"), client_of(clean, None).post(f"/mail/off/{wrong}")):
            assert answer.status_code == 404
    assert kept(clean) == []


def turn_off_for_another(app):
    return a_token(app, name="ben").partition(".")[0]


def test_what_can_not_be_turned_off_has_no_link_that_does(clean):
    a_district(clean)
    for kind in ("invitation", "canceled", "late", "greetings"):
        assert client_of(clean, None).post(f"/mail/off/{a_token(clean, kind)}").status_code == 404
    assert kept(clean) == []


def test_turning_the_digest_off_leaves_what_cannot_be_turned_off_in_it(clean):
    a_district(clean)
    with clean.app_context():
        ada = db.session.scalars(select(Person).where(Person.email == "ada@a.example")).one()
        choose_mail(ada, {"awarded": WEEKLY, "meeting_changed": WEEKLY}, weekday=4, by=ada, now=NOW)
        db.session.commit()
    client_of(clean, None).post(f"/mail/off/{a_token(clean, 'digest')}", data=ONE_CLICK)
    assert [(kind, way) for _, kind, way in kept(clean)] == [("awarded", NEVER), ("meeting_changed", WEEKLY)]
    with clean.app_context():
        assert db.session.scalars(select(DigestDay.weekday)).all() == [4]


def test_a_link_in_an_old_mail_turns_it_off_for_who_stayed_of_two_records(clean):
    token = a_token(a_district(clean), name="ben")
    with clean.app_context():
        people = {person.email: person for person in db.session.scalars(select(Person))}
        merge(people["ada@a.example"], people["ben@a.example"], reason="Twice", by=people["olive@a.example"], now=NOW)
        db.session.commit()
        stayed = people["ada@a.example"].id
    assert client_of(clean, None).post(f"/mail/off/{token}", data=ONE_CLICK).status_code == 200
    assert kept(clean) == [(stayed, "reminder", NEVER)]


def test_the_letters_page_allows_its_own_styles_and_nothing_else(clean):
    a_district(clean)
    policy = as_who(clean, "olive").get("/settings/mails/enrolled/letter").headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-hashes' 'sha256-")
    assert policy.endswith("; sandbox")
    assert "unsafe-inline" not in policy


def test_a_links_secret_is_not_what_the_log_says_of_its_page(clean):
    token = a_token(a_district(clean))
    with clean.test_request_context(f"/mail/off/{token}"):
        assert pages._said_path() == "/mail/off/<token>"
