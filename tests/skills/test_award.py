"""Signing off, and the awards that follow."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from seminar.ground.db import db
from seminar.ground.outbox import Mail
from seminar.ground.refusal import Refused
from seminar.skills.award import Award, last_day_of, progress
from seminar.skills.badge import Badge, Competency
from seminar.skills.expiry import tell_what_runs_out
from seminar.skills.sign_off import SignOff
from seminar.skills.signing import Shown, sign_off, withdraw_sign_offs
from tests.cast import NOW, TODAY, a_cast, an_award


def show(cast, person, *numbers, day=TODAY, by=None):
    shown = [Shown(person, cast.badge.competencies[n]) for n in numbers]
    return sign_off(shown, cast.badge, by=by or cast.tara, series_id=None, now=NOW, day=day)


def test_the_badge_follows_with_the_last_competency(db_session):
    cast = a_cast()
    assert show(cast, cast.ada, 0, 1) == []
    (award,) = show(cast, cast.ada, 2)
    assert (award.first_day, award.last_day) == (TODAY, date(2029, 3, 1))
    assert [mail.kind for mail in db.session.scalars(select(Mail))] == ["awarded"]


def test_signing_off_twice_changes_nothing(db_session):
    cast = a_cast()
    show(cast, cast.ada, 0, 1, 2)
    assert show(cast, cast.ada, 0, 1, 2) == []
    assert len(db.session.scalars(select(SignOff)).all()) == 3


def test_nobody_signs_off_their_own(db_session):
    cast = a_cast()
    with pytest.raises(Refused, match="their own"):
        show(cast, cast.tara, 0)


def test_only_a_trainer_cleared_for_the_skill_that_day_signs_off(db_session):
    cast = a_cast()
    with pytest.raises(Refused, match="aren't cleared"):
        show(cast, cast.ada, 0, by=cast.kim)
    with pytest.raises(Refused, match="aren't cleared"):
        show(cast, cast.ada, 0, day=date(2019, 12, 31))


def test_what_is_undone_stays_on_record_and_ends_the_award(db_session):
    cast = a_cast()
    (award,) = show(cast, cast.ada, 0, 1, 2)
    undone = [(cast.ada, cast.badge.competencies[1])]
    with pytest.raises(Refused, match="Say why"):
        withdraw_sign_offs(undone, cast.badge, reason=" ", by=cast.tara, now=NOW, day=TODAY)
    withdraw_sign_offs(undone, cast.badge, reason="A slip", by=cast.tara, now=NOW, day=TODAY)
    assert (award.withdrawn_reason, award.withdrawn_by_id) == ("A slip", cast.tara.id)
    assert len(db.session.scalars(select(SignOff)).all()) == 3
    assert len(show(cast, cast.ada, 1)) == 1


def test_a_badge_waits_for_the_badge_it_builds_on(db_session):
    cast = a_cast()
    design = Badge(district_id=cast.district.id, skill_id=cast.skill.id, name="Design", valid_months=12, prerequisites=[cast.badge])
    design.competencies = [Competency(district_id=cast.district.id, name="D", position=0)]
    db.session.add(design)
    db.session.flush()
    assert sign_off([Shown(cast.ada, design.competencies[0])], design, by=cast.tara, series_id=None, now=NOW, day=TODAY) == []
    assert {award.badge.name for award in show(cast, cast.ada, 0, 1, 2)} == {"Operator", "Design"}


def test_a_badge_that_runs_out_is_renewed_by_its_safety_competencies(db_session):
    cast = a_cast()
    (first,) = show(cast, cast.ada, 0, 1, 2)
    soon = first.last_day - timedelta(days=30)
    owed = progress([cast.ada.id], [cast.badge], soon)[cast.ada.id, cast.badge.id].owed
    assert [competency.name for competency in owed] == ["C0"]
    (renewed,) = show(cast, cast.ada, 0, day=soon)
    assert renewed.first_day == soon
    assert len(db.session.scalars(select(Award)).all()) == 2


@pytest.mark.parametrize(("first", "months", "last"), [(date(2027, 1, 31), 1, date(2027, 2, 28)), (date(2027, 3, 2), 24, date(2029, 3, 2))])
def test_an_award_lasts_so_many_months(first, months, last):
    assert last_day_of(first, months) == last


@pytest.mark.parametrize(("days", "notices"), [(91, 0), (90, 1), (84, 1), (83, 0), (30, 1), (7, 1), (1, 1), (0, 0)])
def test_a_notice_that_was_missed_comes_some_days_late(db_session, days, notices):
    cast = a_cast()
    an_award(cast, cast.ada, last_day=TODAY + timedelta(days=days))
    for _ in range(2):
        tell_what_runs_out(cast.district, TODAY, NOW)
    assert len(db.session.scalars(select(Mail).where(Mail.kind == "runs_out")).all()) == notices
