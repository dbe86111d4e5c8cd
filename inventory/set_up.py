"""What a new district needs of this room: a depot with its days, and a model with an item that a school can reserve."""

from datetime import datetime

from flask_babel import lazy_gettext
from sqlalchemy import exists, select

from inventory.depot import Depot
from inventory.equipment import EquipmentModel, Item
from seminar.ground.contributions import Place, Step
from seminar.ground.db import db
from seminar.people.access import keeps_settings
from seminar.people.district import District


def depot_steps(district: District, now: datetime) -> list[Step]:
    there = exists().where(Depot.district_id == district.id)
    return [
        Step(
            lazy_gettext("Depot"),
            lazy_gettext("Where equipment is picked up and brought back, and on which days it is open."),
            "inventory.show_depot_settings",
            db.session.scalar(select(there)) or False,
        )
    ]


def equipment_steps(district: District, now: datetime) -> list[Step]:
    lendable = exists().where(
        Item.district_id == district.id,
        Item.retired_on.is_(None),
        Item.model_id == EquipmentModel.id,
        EquipmentModel.retired_on.is_(None),
    )
    return [
        Step(
            lazy_gettext("Equipment"),
            lazy_gettext("Models, the badge that each asks for, and tagged items. The equipment manager adds them."),
            "inventory.show_equipment",
            db.session.scalar(select(lendable)) or False,
        )
    ]


def settings_pages() -> list[Place]:
    return [
        Place(
            lazy_gettext("Depot"),
            lazy_gettext("Its name, address, opening days and exceptions. Every school picks up and brings back on open days only."),
            "inventory.show_depot_settings",
            keeps_settings,
        )
    ]
