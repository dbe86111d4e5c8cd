"""Signing in by a provider: who comes in, as whom, and where they land."""

from datetime import timedelta

import pytest
from sqlalchemy import event, insert, select

from seminar.ground.db import db, writing
from seminar.ground.history import History
from seminar.ground.outbox import Mail
from seminar.ground.settings import SignOnSettings
from seminar.people.account import Account, SignInAttempt, hashed
from seminar.people.email_address import EmailAddress
from seminar.people.openid import Provider
from seminar.people.person import Person
from seminar.people.sign_on import SignOnIdentity, said_by, unlink
from seminar.people.sign_on_provider import SignOnDomain, SignOnProvider
from tests.cast import NOW, a_cast
from tests.providers.conftest import add_provider
from tests.providers.ours import CLIENT_ID, SECRET

PASSWORD = "a short sentence"


def person_of(app, name, district="a"):
    return db.session.scalars(select(Person).where(Person.email == f"{name}@{district}.example")).one()


def changes(app, name, **values):
    with app.app_context():
        for field, value in values.items():
            setattr(person_of(app, name), field, value)
        db.session.commit()


def identities(app):
    with app.app_context():
        return [(one.subject, one.person.email, one.ended_at) for one in db.session.scalars(select(SignOnIdentity))]


def provider_is(app, **values):
    with app.app_context():
        row = db.session.scalars(select(SignOnProvider)).one()
        for field, value in values.items():
            setattr(row, field, value)
        db.session.commit()


def test_the_page_that_was_asked_for_is_opened_and_the_link_is_kept(somebody, district):
    assert somebody.signs_on().location == "/my/learning"
    assert somebody.client.get("/my/learning").status_code == 200
    assert identities(district) == [("1", "ada@a.example", None)]
    with district.app_context():
        whats = db.session.scalars(select(History.what).where(History.record == "person")).all()
    assert whats == ["sign-on linked"]


def test_a_later_sign_in_goes_by_the_link_even_under_another_address(somebody, browser_of, district):
    somebody.signs_on()
    again = browser_of()
    assert again.signs_on(email="ada.lovelace@elsewhere.example", email_verified=False).status_code == 303
    assert again.is_signed_in()
    assert len(identities(district)) == 1


def test_who_has_no_account_yet_gets_one_that_no_password_opens(somebody, district):
    with district.app_context():
        db.session.delete(db.session.get(Account, person_of(district, "ben").id))
        db.session.commit()
    assert somebody.signs_on(email="ben@a.example").status_code == 303
    assert somebody.is_signed_in()
    somebody.client.post("/sign-out")
    assert somebody.client.post("/sign-in", data={"email": "ben@a.example", "password": "a guess of some length"}).status_code == 422


def test_signing_out_signs_out_here(somebody):
    somebody.signs_on()
    somebody.client.post("/sign-out")
    assert not somebody.is_signed_in()


def test_nobody_is_ever_added(somebody, district):
    refused = somebody.signs_on(email="nobody@a.example")
    assert 'href="/sign-in?next=/my/learning"' in refused.text
    assert 'href="/sign-in/with/school?another=y&amp;next=/my/learning"' in refused.text
    assert "prompt=login" in somebody.leaves(another="y").split("?")[1].split("&")
    assert (refused.status_code, "We know nobody with this address" in refused.text) == (403, True)
    assert not somebody.is_signed_in()
    with district.app_context():
        assert db.session.scalars(select(Person).where(Person.email == "nobody@a.example")).all() == []
    assert identities(district) == []


def test_any_confirmed_address_of_theirs_is_found_and_no_other(somebody, browser_of, district):
    with district.app_context():
        ben = person_of(district, "ben")
        for address, confirmed in (("b@a.example", NOW), ("not-yet@a.example", None)):
            db.session.add(EmailAddress(district_id=ben.district_id, person_id=ben.id, address=address, confirmed_at=confirmed))
        db.session.commit()
    assert somebody.signs_on(email="not-yet@a.example").status_code == 403
    assert browser_of().signs_on(email="B@A.example").status_code == 303
    assert identities(district) == [("1", "ben@a.example", None)]


def test_the_rosters_number_finds_somebody_without_an_address(somebody, district):
    provider_is(district, sourced_id_claim="sourcedId")
    changes(district, "ben", sourced_id="T-17")
    assert somebody.signs_on(email=None, email_verified=None, sourcedId="T-17").status_code == 303
    assert identities(district) == [("1", "ben@a.example", None)]


def test_what_the_id_token_leaves_out_is_asked_of_user_info(somebody, provider, district):
    provider.user_info = {"sub": "1", "email": "ben@a.example", "email_verified": True}
    assert somebody.signs_on(email=None, email_verified=None).status_code == 303
    assert identities(district) == [("1", "ben@a.example", None)]


def test_user_info_verifies_its_own_address_and_not_the_tokens(somebody, provider, district):
    provider_is(district, sourced_id_claim="sourcedId")
    provider.user_info = {"sub": "1", "sourcedId": "unknown", "email": "ben@a.example", "email_verified": True}
    refused = somebody.signs_on(email="ada@a.example", email_verified=None)
    assert (refused.status_code, "your address is really yours" in refused.text) == (403, True)


def test_user_info_of_somebody_else_is_not_theirs(somebody, provider):
    provider.user_info = {"sub": "2", "email": "ben@a.example", "email_verified": True}
    assert somebody.signs_on(email=None, email_verified=None).status_code == 403


def test_a_number_and_an_address_of_two_people_are_refused(somebody, district):
    provider_is(district, sourced_id_claim="sourcedId")
    changes(district, "ben", sourced_id="T-17")
    refused = somebody.signs_on(sourcedId="T-17")
    assert (refused.status_code, "on two records" in refused.text) == (403, True)


def test_an_address_that_nobody_verified_counts_only_where_the_district_says_so(somebody, browser_of, district):
    refused = somebody.signs_on(email_verified=False)
    assert (refused.status_code, "your address is really yours" in refused.text) == (403, True)
    assert browser_of().signs_on(email_verified="true").status_code == 403
    provider_is(district, vouches=True)
    assert browser_of().signs_on(email_verified=False).status_code == 303


def test_an_address_outside_of_the_domains_is_refused(somebody, district):
    changes(district, "ben", email="ben@elsewhere.example")
    refused = somebody.signs_on(email="ben@elsewhere.example")
    assert (refused.status_code, "outside of your district" in refused.text) == (403, True)


@pytest.mark.parametrize(("hosted", "status"), [("a.example", 303), ("elsewhere.example", 403)])
def test_a_hosted_account_is_of_one_of_the_domains(somebody, hosted, status):
    assert somebody.signs_on(hd=hosted).status_code == status


@pytest.mark.parametrize(("tenant", "status"), [("17", 303), (17, 303), ("18", 403), (None, 403)])
def test_a_provider_of_many_districts_lets_only_ours_in(somebody, district, tenant, status):
    provider_is(district, tenant_claim="tenant", tenant_value="17")
    assert somebody.signs_on(tenant=tenant).status_code == status


@pytest.mark.parametrize(("tenant", "status"), [("17", 303), ("18", 403)])
def test_a_claim_that_names_the_district_can_be_in_user_info_alone(somebody, provider, district, tenant, status):
    provider_is(district, tenant_claim="tenant", tenant_value="17")
    provider.user_info = {"sub": "1", "tenant": tenant}
    assert somebody.signs_on().status_code == status


@pytest.mark.parametrize(
    ("email", "hosted", "proven"),
    [("ada@a.example", None, False), ("ada@a.example", "a.example", True), ("ada@gmail.com", None, True)],
)
def test_a_private_google_account_proves_no_address_but_googles_own(email, hosted, proven):
    google = Provider("google", 1, "Google", "https://accounts.google.com", CLIENT_ID, SECRET)
    claims = {"sub": "1", "email": email, "email_verified": True} | ({"hd": hosted} if hosted else {})
    assert said_by(google, claims).proven is proven


def test_another_districts_person_is_refused_and_not_told_of(somebody, district):
    with district.app_context():
        a_cast("B", {"stan": "teacher"})
        provider = db.session.scalars(select(SignOnProvider)).one()
        db.session.delete(provider.domains[0])
        db.session.commit()
    refused = somebody.signs_on(email="stan@b.example")
    assert (refused.status_code, "We know nobody with this address" in refused.text) == (403, True)


def test_an_identity_of_the_next_district_opens_nothing_here(somebody, browser_of, district, provider):
    with district.app_context():
        add_provider(a_cast("B", {"stan": "teacher"}).district, provider.issuer, "next", domains=["b.example"])
    assert somebody.signs_on("next", email="stan@b.example").status_code == 303
    other = browser_of()
    refused = other.signs_on("school", email="ada@a.example")
    assert (refused.status_code, other.is_signed_in()) == (403, False)


def test_who_is_switched_off_comes_in_neither_first_nor_later(somebody, browser_of, district):
    changes(district, "ben", may_sign_in=False)
    assert somebody.signs_on(email="ben@a.example").status_code == 403
    assert browser_of().signs_on(sub="2").status_code == 303
    changes(district, "ada", may_sign_in=False)
    refused = browser_of().signs_on(sub="2")
    assert (refused.status_code, "switched this account off" in refused.text) == (403, True)


def test_an_address_that_was_given_to_somebody_new_does_not_open_the_old_ones_record(somebody, browser_of, district):
    somebody.signs_on(sub="old")
    refused = browser_of().signs_on(sub="new")
    assert (refused.status_code, "is linked to you already" in refused.text) == (403, True)
    assert identities(district) == [("old", "ada@a.example", None)]


def test_a_link_that_was_taken_off_is_made_anew(somebody, browser_of, district):
    somebody.signs_on(sub="old")
    with district.app_context():
        identity = db.session.scalars(select(SignOnIdentity)).one()
        identity.ended_at, identity.ended_by_id = NOW, person_of(district, "olive").id
        db.session.commit()
    assert browser_of().signs_on(sub="new").status_code == 303


def test_who_came_in_by_a_link_that_is_taken_off_is_out(somebody, district):
    somebody.signs_on()
    with district.app_context():
        unlink(db.session.scalars(select(SignOnIdentity)).one(), by=person_of(district, "olive"), now=NOW)
        db.session.commit()
    assert not somebody.is_signed_in()


def test_the_way_back_writes_also_where_somebody_else_wrote_since_it_read(somebody, district):
    back = somebody.provider.says_yes(somebody.leaves(), email="ada@a.example", email_verified=True)
    with district.app_context():
        engine = db.engine

    def writes_in_between(_connection, _cursor, statement, *_more):
        if "FROM sign_on_provider" in statement and not wrote:
            wrote.append(statement)
            with writing(), engine.begin() as other:
                other.execute(insert(SignInAttempt).values(email_hash="x", address="x", at=NOW))

    wrote = []
    event.listen(engine, "after_cursor_execute", writes_in_between)
    try:
        assert somebody.client.get(back).status_code == 303
    finally:
        event.remove(engine, "after_cursor_execute", writes_in_between)
    assert wrote


def test_a_shared_device_asks_who_it_is_and_signs_out_by_itself(somebody, district, monkeypatch):
    assert "prompt=" not in somebody.leaves()
    assert 'href="/sign-in/with/school?shared=y&amp;next=/my/learning"' in somebody.client.get("/sign-in?next=/my/learning").text
    away = somebody.leaves(shared="y", next="/my/learning")
    assert "prompt=login" in away.split("?")[1].split("&")
    assert somebody.client.get(somebody.provider.says_yes(away, email="ada@a.example", email_verified=True)).status_code == 303
    assert 'data-idle-seconds="600"' in somebody.client.get("/my/learning").text
    monkeypatch.setattr(district.extensions["makerpd_clock"], "moment", NOW + timedelta(minutes=10))
    assert somebody.client.get("/my/learning").location == "/sign-in?next=/my/learning&why=idle"


def test_no_transaction_is_open_while_the_provider_is_asked(somebody, provider, district):
    with district.app_context():
        pool = db.engine.pool
    open_ones = []
    provider.while_asked = lambda: open_ones.append(pool.checkedout())
    assert somebody.signs_on().status_code == 303
    assert open_ones and set(open_ones) == {0}


def test_new_keys_of_the_provider_are_fetched_when_they_are_met(somebody, browser_of, provider):
    somebody.signs_on()
    provider.published, provider.kid, provider.signed_by = ["second"], "second", "second"
    assert browser_of().signs_on().status_code == 303


def test_a_new_key_under_the_old_ones_name_is_fetched_too(somebody, browser_of, provider):
    somebody.signs_on()
    provider.published, provider.key, provider.signed_by = ["second"], {"kid": "first"}, "second"
    assert browser_of().signs_on().status_code == 303


def test_discovery_and_keys_are_not_fetched_for_everybody(somebody, browser_of, provider):
    somebody.signs_on()
    browser_of().signs_on()
    assert provider.asked.count("/.well-known/openid-configuration") == 1
    assert provider.asked.count("/keys") == 1


@pytest.mark.parametrize("elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "/\tevil.example"])
def test_it_never_leads_to_another_site(somebody, elsewhere):
    assert somebody.signs_on(back=elsewhere).location == "/"


def test_the_sign_in_page_has_a_button_for_each_provider_that_is_on(somebody, district, provider):
    with district.app_context():
        of = db.session.scalars(select(SignOnProvider)).one().district
        add_provider(of, provider.issuer, "old", domains=[], off_since=NOW)
    page = somebody.client.get("/sign-in?next=/my/learning").text
    assert 'href="/sign-in/with/school?next=/my/learning"' in page
    assert "Continue with School" in page
    assert "Continue with Old" not in page
    assert somebody.client.get("/sign-in/with/old").status_code == 404


def test_a_typed_address_leads_to_the_provider_of_its_domain_whichever_district_is_asked(somebody, district):
    with district.app_context():
        a_cast("B", {"stan": "teacher"})
    assert "Continue with" not in somebody.client.get("/sign-in").text
    answer = somebody.client.post("/sign-in", data={"email": "ada@a.example", "password": ""})
    assert (answer.status_code, "Continue with School" in answer.text) == (422, True)


def test_where_the_password_is_closed_neither_it_nor_a_reset_opens(somebody, district):
    somebody.signs_on()
    somebody.client.post("/sign-out")
    provider_is(district, password_open=False)
    refused = somebody.client.post("/sign-in", data={"email": "ada@a.example", "password": "whatever it is"})
    assert (refused.status_code, "sign in with School, without a password" in refused.text) == (422, True)
    assert somebody.client.post("/sign-in/forgotten", data={"email": "ada@a.example"}).status_code == 422


def closes_the_password(somebody, district):
    """After somebody came in without it; Ada's password is PASSWORD."""
    somebody.signs_on()
    somebody.client.post("/sign-out")
    provider_is(district, password_open=False)
    with district.app_context():
        ada = person_of(district, "ada")
        db.session.get(Account, ada.id).password_hash = hashed(PASSWORD)
        db.session.add(EmailAddress(district_id=ada.district_id, person_id=ada.id, address="ada@home.example", confirmed_at=NOW))
        db.session.commit()


def test_where_the_password_is_closed_another_address_of_theirs_opens_it_no_more_than_the_first(somebody, district):
    closes_the_password(somebody, district)
    refused = somebody.client.post("/sign-in", data={"email": "ada@home.example", "password": PASSWORD})
    assert (refused.status_code, "sign in with School, without a password" in refused.text) == (422, True)
    wrong = somebody.client.post("/sign-in", data={"email": "ada@home.example", "password": "a guess of some length"})
    assert "sign in with School" not in wrong.text


def test_where_the_password_is_closed_no_link_sets_one_and_its_page_leads_to_the_provider(somebody, district):
    closes_the_password(somebody, district)
    assert somebody.client.post("/sign-in/forgotten", data={"email": "ada@home.example"}).status_code == 200
    with district.app_context():
        link = f"/sign-in/link/{db.session.scalars(select(Mail).where(Mail.kind == 'reset')).one().context['token']}"
    for answer in (somebody.client.get(link), somebody.client.post(link, data={"password": "a new sentence"})):
        assert (answer.status_code, 'href="/sign-in/with/school"' in answer.text) == (403, True)
    assert not somebody.is_signed_in()
    somebody.signs_on()
    assert "Change your password" not in somebody.client.get("/my/account").text
    refused = somebody.client.post("/my/account/password", data={"current": PASSWORD, "password": "a new sentence"})
    assert (refused.status_code, "without a password here" in refused.text) == (422, True)


def test_a_district_that_names_the_domain_of_the_next_closes_no_password_of_it_and_leads_nobody_away(somebody, district, provider):
    with district.app_context():
        stan = a_cast("B", {"stan": "teacher"}).people["stan"]
        db.session.get(Account, stan.id).password_hash = hashed(PASSWORD)
        row = db.session.scalars(select(SignOnProvider)).one()
        row.domains, row.password_open = [*row.domains, SignOnDomain(domain="b.example", district_id=row.district_id)], False
        db.session.commit()
    asked = somebody.client.post("/sign-in", data={"email": "stan@b.example", "password": ""})
    assert "Continue with" not in asked.text
    assert somebody.client.post("/sign-in/forgotten", data={"email": "stan@b.example"}).status_code == 200
    assert somebody.client.post("/sign-in", data={"email": "stan@b.example", "password": PASSWORD}).status_code == 303


def test_the_environment_makes_a_provider_for_an_installation_with_one_district(somebody, district, provider, monkeypatch):
    settings = district.config["SETTINGS"]
    given = SignOnSettings(issuer=provider.issuer, client_id=CLIENT_ID, secret=SECRET)
    monkeypatch.setitem(district.config, "SETTINGS", type(settings)(**{**vars(settings), "sign_on": given}))
    assert "Continue with 127.0.0.1" in somebody.client.get("/sign-in").text
    assert somebody.signs_on("district").status_code == 303
    with district.app_context():
        a_cast("B", {"stan": "teacher"})
    assert somebody.client.get("/sign-in/with/district").status_code == 404


def test_a_sign_in_that_was_begun_is_good_for_minutes(somebody, district, monkeypatch):
    back = somebody.provider.says_yes(somebody.leaves(), email="ada@a.example", email_verified=True)
    monkeypatch.setattr(district.extensions["makerpd_clock"], "moment", NOW + timedelta(minutes=11))
    refused = somebody.client.get(back)
    assert (refused.status_code, "took too long" in refused.text) == (400, True)


def test_several_tabs_can_sign_in_at_once(somebody):
    first, second = somebody.leaves(), somebody.leaves()
    said = {"email": "ada@a.example", "email_verified": True}
    assert somebody.client.get(somebody.provider.says_yes(first, **said)).status_code == 303
    assert somebody.client.get(somebody.provider.says_yes(second, **said)).status_code == 303
