"""What the PD office does with skills and badges: who holds a badge keeps it, and nothing comes before itself."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from seminar.audit import broken_rules
from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.people.district import District
from seminar.skills.award import Award, progress
from seminar.skills.badge import Badge
from seminar.skills.editing import (
    BadgeRule,
    add_competency,
    ask_again,
    clear,
    end_clearance,
    retire_badge,
    retire_competency,
    save_badge,
    save_skill,
)
from seminar.skills.signing import Shown, cleared_skills, sign_off, withdraw_sign_offs
from seminar.skills.skill import Clearance, Skill
from seminar.skills.starting_set import SKILLS, add_starting_set
from tests.cast import NOW, TODAY, a_cast

TOMORROW = TODAY + timedelta(days=1)


def a_rule(name, *prerequisites, percent=None):
    return BadgeRule(name, "", 1, "star", 24, percent, list(prerequisites))


def a_badge(cast, name, *prerequisites):
    badge = Badge(district_id=cast.district.id, skill_id=cast.skill.id)
    save_badge(badge, a_rule(name, *prerequisites), today=TODAY, by=cast.olive, now=NOW)
    return badge


def show(cast, person, badge, *numbers, day=TODAY):
    shown = [Shown(person, badge.competencies[n]) for n in numbers]
    return sign_off(shown, badge, by=cast.tara, series_id=None, now=NOW, day=day)


def broken():
    return [rule.sentence for rule in broken_rules() if rule.broken]


def test_a_name_is_a_skills_and_a_badges_alone(db_session):
    cast = a_cast()
    with pytest.raises(Refused, match="a skill called 3D printing already"):
        save_skill(Skill(district_id=cast.district.id), name="3D printing", look="print", by=cast.olive, now=NOW)
    with pytest.raises(Refused, match="a badge called Operator already"):
        a_badge(cast, "Operator")


def test_a_badge_never_comes_before_itself(db_session):
    cast = a_cast()
    design = a_badge(cast, "Design", cast.badge)
    master = a_badge(cast, "Master", design)
    for badge, first in ((cast.badge, cast.badge), (cast.badge, master), (design, master)):
        with pytest.raises(Refused, match="can't come before it"):
            save_badge(badge, a_rule(badge.name, first), today=TODAY, by=cast.olive, now=NOW)
    save_badge(master, a_rule("Master", design, cast.badge), today=TODAY, by=cast.olive, now=NOW)
    assert [badge.name for badge in master.prerequisites] == ["Design", "Operator"]


def test_who_holds_a_badge_keeps_it_when_it_asks_for_more(db_session):
    cast = a_cast()
    show(cast, cast.ada, cast.badge, 0, 1, 2)
    add_competency(cast.badge, name="New", is_safety=False, today=TOMORROW, by=cast.olive, now=NOW)
    db.session.commit()
    assert progress([cast.ada.id], [cast.badge], TOMORROW)[cast.ada.id, cast.badge.id].award is not None
    assert broken() == []
    show(cast, cast.ben, cast.badge, 0, 1, 2, day=TOMORROW)
    assert [award.person_id for award in db.session.scalars(select(Award))] == [cast.ada.id]


def test_a_competency_that_is_asked_for_again_counts_from_that_day(db_session):
    cast = a_cast()
    retire_competency(cast.badge.competencies[2], today=TODAY, by=cast.olive, now=NOW)
    assert len(show(cast, cast.ada, cast.badge, 0, 1)) == 1
    ask_again(cast.badge.competencies[2], today=TOMORROW, by=cast.olive, now=NOW)
    db.session.commit()
    assert broken() == []


def test_a_retired_badge_is_kept(db_session):
    cast = a_cast()
    show(cast, cast.ada, cast.badge, 0, 1, 2)
    retire_badge(cast.badge, today=TODAY, by=cast.olive, now=NOW)
    assert progress([cast.ada.id], [cast.badge], TODAY)[cast.ada.id, cast.badge.id].award is not None


def test_an_award_that_rested_on_a_slip_takes_with_it_what_builds_on_it(db_session):
    cast = a_cast()
    design = a_badge(cast, "Design", cast.badge)
    add_competency(design, name="D", is_safety=False, today=TODAY, by=cast.olive, now=NOW)
    db.session.expire(design)
    show(cast, cast.ada, cast.badge, 0, 1, 2)
    assert [award.badge.name for award in show(cast, cast.ada, design, 0)] == ["Design"]
    slip = [(cast.ada, cast.badge.competencies[1])]
    withdraw_sign_offs(slip, cast.badge, reason="A slip", by=cast.tara, now=NOW, day=TODAY)
    standing = db.session.scalars(select(Award).where(Award.withdrawn_at.is_(None))).all()
    assert standing == []
    again = show(cast, cast.ada, cast.badge, 1)
    assert sorted(award.badge.name for award in again) == ["Design", "Operator"]


def test_an_award_given_under_an_earlier_rule_outlives_a_slip_elsewhere(db_session):
    cast = a_cast()
    show(cast, cast.ada, cast.badge, 0, 1, 2)
    first = a_badge(cast, "First")
    save_badge(cast.badge, a_rule("Operator", first), today=TODAY, by=cast.olive, now=NOW)
    show(cast, cast.ben, cast.badge, 0)
    withdraw_sign_offs([(cast.ben, cast.badge.competencies[0])], cast.badge, reason="A slip", by=cast.tara, now=NOW, day=TODAY)
    assert [award.person_id for award in db.session.scalars(select(Award).where(Award.withdrawn_at.is_(None)))] == [cast.ada.id]


def test_nobody_undoes_their_own(db_session):
    cast = a_cast()
    with pytest.raises(Refused, match="their own"):
        withdraw_sign_offs([(cast.tara, cast.badge.competencies[0])], cast.badge, reason="Mine", by=cast.tara, now=NOW, day=TODAY)


def test_a_clearance_counts_through_its_last_day(db_session):
    cast = a_cast()
    clear(cast.kim, cast.skill, today=TODAY, by=cast.olive, now=NOW)
    clear(cast.kim, cast.skill, today=TODAY, by=cast.olive, now=NOW)
    (clearance,) = db.session.scalars(select(Clearance).where(Clearance.person_id == cast.kim.id)).all()
    end_clearance(clearance, today=TODAY, by=cast.olive, now=NOW)
    db.session.flush()
    assert (cleared_skills(cast.kim, TODAY), cleared_skills(cast.kim, TOMORROW)) == ({cast.skill.id}, set())


def test_the_starting_set_gives_a_district_skills_whose_badges_build_on_each_other(db_session):
    district = District(code="N", name="New", mail_from="pd@example.org")
    db.session.add(district)
    db.session.flush()
    skills, badges = add_starting_set(district.id)
    assert set(skills) == {name for name, _, _ in SKILLS}
    assert [badge.name for badge in badges["3D Printing Operator"].prerequisites] == ["Maker Safety"]
    assert sum(competency.is_safety for competency in badges["Laser Cutter"].competencies) >= 5
