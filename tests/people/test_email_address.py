"""Several addresses of one person: each is one person's in the installation, and counts when its link was opened."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from seminar.ground.db import db
from seminar.ground.history import History
from seminar.ground.outbox import Mail
from seminar.ground.refusal import Refused
from seminar.people import account
from seminar.people.directory import add_person, change_person
from seminar.people.email_address import (
    LINKS_PER_HOUR,
    EmailAddress,
    add_address,
    address_of_token,
    addresses_of,
    confirm,
    make_primary,
    person_by_address,
    remove_address,
)
from seminar.people.person import Person
from tests.cast import NOW, a_cast

HOME = "ada@home.example"


def token_of(address):
    sent = db.session.scalars(select(Mail).where(Mail.kind == "address").order_by(Mail.id))
    mails = [mail for mail in sent if mail.context["to"] == address]
    return mails[-1].context["token"]


def confirmed(person, address=HOME):
    add_address(person, address, now=NOW)
    row = address_of_token(token_of(address), now=NOW)
    confirm(row, now=NOW)
    return row


def shown(person):
    return [(row.address, row.confirmed_at is not None) for row in addresses_of(person)]


def test_an_address_counts_once_its_link_was_opened(db_session):
    ada = a_cast().ada
    add_address(ada, " Ada@Home.example ", now=NOW)
    assert person_by_address(HOME) is None
    confirm(address_of_token(token_of(HOME), now=NOW), now=NOW)
    assert person_by_address("ADA@home.example") == ada
    assert account.account_by_email(HOME).person == ada
    assert account.person_for_reset(HOME, now=NOW) == ada
    assert shown(ada) == [("ada@a.example", True), (HOME, True)]


def test_the_link_goes_to_the_new_address_and_its_use_is_told_to_the_first(db_session):
    confirmed(a_cast().ada)
    mails = [(mail.kind, mail.context.get("to")) for mail in db.session.scalars(select(Mail).order_by(Mail.id))]
    assert mails == [("address", HOME), ("address_confirmed", None)]


def test_a_link_works_once_and_until_its_time(db_session):
    ada = a_cast().ada
    add_address(ada, HOME, now=NOW)
    token = token_of(HOME)
    assert address_of_token(token, now=NOW + timedelta(days=2)) is None
    assert address_of_token("another", now=NOW) is None
    confirm(address_of_token(token, now=NOW), now=NOW)
    assert address_of_token(token, now=NOW) is None


def test_a_new_link_ends_the_one_before(db_session):
    ada = a_cast().ada
    add_address(ada, HOME, now=NOW)
    first = token_of(HOME)
    add_address(ada, HOME, now=NOW)
    assert address_of_token(first, now=NOW) is None
    assert address_of_token(token_of(HOME), now=NOW).person == ada


def test_an_address_that_only_waits_blocks_nobody(db_session):
    cast = a_cast()
    add_address(cast.ada, "ben@home.example", now=NOW)
    add_address(cast.ben, "ben@home.example", now=NOW)
    mine, theirs = db.session.scalars(select(EmailAddress).where(EmailAddress.address == "ben@home.example").order_by(EmailAddress.id))
    confirm(theirs, now=NOW)
    assert person_by_address("ben@home.example") == cast.ben
    with pytest.raises(Refused, match="belongs to somebody already"):
        confirm(mine, now=NOW)


def test_ones_own_addresses_are_not_added_twice_nor_without_end(db_session):
    ada = a_cast().ada
    with pytest.raises(Refused, match="is yours already"):
        add_address(ada, "ADA@a.example", now=NOW)
    for n in range(LINKS_PER_HOUR):
        add_address(ada, f"{n}@home.example", now=NOW)
    with pytest.raises(Refused, match="many links within an hour"):
        add_address(ada, "0@home.example", now=NOW)
    with pytest.raises(Refused, match="You have 6 addresses"):
        add_address(ada, "more@home.example", now=NOW + timedelta(hours=2))


def test_mail_goes_to_another_address_and_the_one_before_stays(db_session):
    ada = a_cast().ada
    row = confirmed(ada)
    make_primary(ada, row, now=NOW)
    assert (ada.email, shown(ada)) == (HOME, [(HOME, True), ("ada@a.example", True)])
    assert person_by_address("ada@a.example") == ada
    told = db.session.scalars(select(Mail).where(Mail.kind == "address_primary")).one()
    assert told.context["to"] == "ada@a.example"


def test_mail_never_goes_to_an_address_that_only_waits(db_session):
    ada = a_cast().ada
    with pytest.raises(Refused, match="isn't confirmed yet"):
        make_primary(ada, add_address(ada, HOME, now=NOW), now=NOW)


def test_an_address_that_was_removed_is_free_and_the_primary_one_stays(db_session):
    cast = a_cast()
    remove_address(cast.ada, confirmed(cast.ada), by=cast.ada, now=NOW)
    assert person_by_address(HOME) is None
    assert confirmed(cast.ben).person == cast.ben
    (primary,) = addresses_of(cast.ada)
    with pytest.raises(Refused, match="Have it sent to another of your addresses first"):
        remove_address(cast.ada, primary, by=cast.ada, now=NOW)
    whats = db.session.scalars(select(History.what).order_by(History.id)).all()
    assert whats == ["address added", "address confirmed", "address removed", "address added", "address confirmed"]


def test_nobody_is_given_an_address_that_is_somebodys(db_session):
    cast = a_cast()
    confirmed(cast.ada)
    names = {"given_name": "New", "family_name": "One", "email": HOME, "by": cast.olive, "now": NOW}
    with pytest.raises(Refused, match="belongs to somebody already"):
        add_person(cast.district.id, **names)
    with pytest.raises(Refused, match="belongs to somebody already"):
        change_person(cast.ben, **names)
    change_person(cast.ada, **names)
    assert shown(cast.ada) == [(HOME, True)]


def test_the_database_holds_one_address_for_one_person_whoever_writes(db_session):
    cast = a_cast()
    confirmed(cast.ada)
    db.session.commit()
    ben = cast.ben.id
    for statement in (
        update(Person).where(Person.id == ben).values(email=HOME),
        text(
            "INSERT INTO person (district_id, given_name, family_name, email, theme, feed_token, may_sign_in)"
            f" VALUES ({cast.district.id}, 'N', 'O', '{HOME}', '', 'x', true)"
        ),
        text(
            "INSERT INTO email_address (district_id, person_id, address, confirmed_at)"
            f" VALUES ({cast.district.id}, {ben}, '{HOME}', '2027-03-01')"
        ),
        text(
            "INSERT INTO email_address (district_id, person_id, address, confirmed_at)"
            f" VALUES ({cast.district.id}, {ben}, 'olive@a.example', '2027-03-01')"
        ),
    ):
        with pytest.raises(IntegrityError):
            db.session.execute(statement)
        db.session.rollback()


def test_an_address_changed_by_whatever_way_is_found_and_the_old_one_is_free(db_session):
    cast = a_cast()
    db.session.execute(update(Person).where(Person.id == cast.ada.id).values(email="a.new@a.example"))
    assert person_by_address("a.new@a.example").id == cast.ada.id
    assert person_by_address("ada@a.example") is None
    db.session.execute(update(Person).where(Person.id == cast.ada.id).values(email=None))
    assert addresses_of(cast.ada) == []
