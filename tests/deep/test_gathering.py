"""Several workers gather at the same moment, while people change their minds: each mail goes one way, and each person has one digest."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from seminar.ground import outbox
from seminar.ground.db import db
from seminar.ground.digest import gather
from seminar.ground.mail_kinds import AT_ONCE, WEEKLY
from seminar.ground.mail_preference import MailPreference
from seminar.ground.outbox import Letter, Mail
from seminar.people.mail_choices import choose_mail
from seminar.people.person import Person
from tests.cast import NOW, TODAY, a_cast
from tests.deep.test_in_each_others_way import both

pytestmark = pytest.mark.deep
LATER = NOW + timedelta(days=8)


@pytest.mark.parametrize("turn", range(5))
def test_workers_and_a_change_of_mind_at_the_same_moment(clean, turn):
    with clean.app_context():
        district = a_cast().district
        people = [Person(district_id=district.id, given_name="P", family_name="M", email=f"{n}@m.example") for n in range(60)]
        db.session.add_all(people)
        db.session.flush()
        db.session.add_all(MailPreference(person_id=p.id, district_id=district.id, kind="awarded", way=WEEKLY) for p in people)
        db.session.flush()
        said = {"badge": "Operator", "last_day": TODAY}
        outbox.put_all("awarded", [Letter(person, key, said) for person in people for key in ("1", "2")], now=NOW)
        ids = [person.id for person in people]
        db.session.commit()

    def change_of_mind():
        for person_id in ids[::7]:
            person = db.session.get_one(Person, person_id)
            choose_mail(person, {"awarded": AT_ONCE}, weekday=0, by=person, now=LATER)
            db.session.commit()

    both(clean, lambda: gather(LATER), change_of_mind, lambda: gather(LATER), lambda: gather(LATER))
    with clean.app_context():
        gather(LATER)
        db.session.commit()
        digests = dict(db.session.execute(select(Mail.person_id, func.count()).where(Mail.kind == "digest").group_by(Mail.person_id)).all())
        assert set(digests.values()) <= {1}
        ways = {(mail.person_id, mail.state) for mail in db.session.scalars(select(Mail).where(Mail.kind == "awarded"))}
        assert {person_id for person_id, state in ways if state == "gathered"} == set(digests)
        assert len(ways) == len(ids)
        assert {state for _, state in ways} <= {"gathered", "waiting"}
