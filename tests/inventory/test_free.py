"""What is free, counted by the database, is what the rule says item by item."""

from datetime import timedelta

from inventory.calendar import busy_days, days_between, free_counts, free_per_day, items_of
from inventory.demo.scaled import loading
from inventory.demo.scaled.districts import equip, found_district
from inventory.demo.scaled.place import place_of
from inventory.demo.scaled.size import Size
from inventory.equipment import EquipmentModel, Item
from inventory.reservation import Reservation, ReservationLine
from seminar.ground.db import db
from tests.cast import NOW


def test_it_is_counted_as_the_rule_says(db_session):
    world = found_district(0, NOW)
    equip(world)
    loading.load_district(place_of(world, "a hash"), Size(schools=4, teachers=160, enrollments=400, loans=500))
    today = world.today
    late = db.session.query(ReservationLine).join(Reservation).filter(ReservationLine.state == "out", Reservation.last_day < today)
    assert late.count() > 0
    retired = db.session.get_one(Item, late.first().item_id)
    retired.retired_on, retired.retired_reason = today, "Lost."
    db.session.flush()
    ids = [model.id for model in db.session.query(EquipmentModel)]
    for first, last in ((today, today), (today, today + timedelta(days=9)), (today - timedelta(days=3), today + timedelta(days=40))):
        busy, items = busy_days(ids, first, last, today=today), items_of(ids)
        assert any(busy.values())
        assert free_counts(ids, first, last, today=today) == {n: sum(item.id not in busy for item in items[n]) for n in ids}
        for n in ids:
            expected = {day: sum(day not in busy.get(item.id, ()) for item in items[n]) for day in days_between(first, last)}
            assert free_per_day(n, first, last, today=today) == expected


def test_a_reservation_is_not_in_its_own_way(db_session):
    world = found_district(0, NOW)
    equip(world)
    loading.load_district(place_of(world, "a hash"), Size(schools=3, teachers=120, enrollments=300, loans=300))
    today = world.today
    line = db.session.query(ReservationLine).join(Reservation).filter(ReservationLine.state == "reserved").first()
    of, days = line.reservation, (line.reservation.first_day, line.reservation.last_day)
    others = free_counts([line.model_id], *days, today=today)[line.model_id]
    assert free_counts([line.model_id], *days, today=today, but=of.id)[line.model_id] == others + 1
