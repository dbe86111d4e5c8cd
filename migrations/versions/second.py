"""Competencies that are asked for from a day on, the worker's rounds of a day, through which day the gate was asked, a
language that nobody has chosen, and forms that were sent."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from seminar.ground.db import UTCDateTime

revision = "second"
down_revision = "98b1df7049b9"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("competency", sa.Column("asked_since", sa.Date(), nullable=True))
    op.create_table(
        "day_done",
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_day_done_district_id_district")),
        sa.PrimaryKeyConstraint("district_id", "round", name=op.f("pk_day_done")),
    )
    op.add_column("gate_check", sa.Column("last_day", sa.Date(), nullable=True))
    op.execute("UPDATE gate_check SET last_day = (SELECT r.last_day FROM reservation r WHERE r.id = gate_check.reservation_id)")
    with op.batch_alter_table("person") as person:
        person.alter_column("language", existing_type=sa.String(), nullable=True)
        person.create_check_constraint("language", "language IS NULL OR language IN ('en', 'es')")
    # English was everybody's default, chosen or not; now the device decides until somebody chooses.
    op.execute("UPDATE person SET language = NULL WHERE language = 'en'")
    with op.batch_alter_table("gate_check") as gate_check:
        gate_check.alter_column("last_day", existing_type=sa.Date(), nullable=False)
    op.create_table(
        "sent_form",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sent_form")),
    )
    op.create_index("ix_sent_form_at", "sent_form", ["at"])
    _say_what_days_and_times_are()


def _say_what_days_and_times_are() -> None:
    """Mail that waits said so by the names of its values; now the values say it."""
    mail = sa.table("mail", sa.column("id", sa.Integer), sa.column("state", sa.String), sa.column("context", sa.JSON))
    connection = op.get_bind()
    waiting = connection.execute(sa.select(mail.c.id, mail.c.context).where(mail.c.state != "sent")).all()
    rows = [{"mail_id": mail_id, "said": {name: _as_such(name, value) for name, value in context.items()}} for mail_id, context in waiting]
    if rows:
        changed = sa.update(mail).where(mail.c.id == sa.bindparam("mail_id")).values(context=sa.bindparam("said", type_=sa.JSON))
        connection.execute(changed, rows)


def _as_such(name: str, value: Any) -> Any:
    marks = [mark for ending, mark in (("_at", "$at"), ("_day", "$day")) if name.endswith(ending) and isinstance(value, str)]
    return {marks[0]: value} if marks else value
