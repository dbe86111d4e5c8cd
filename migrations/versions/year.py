"""The act by which a person's appointments were ended, so that it can be taken back as one."""

import sqlalchemy as sa
from alembic import op

from seminar.ground.db import UTCDateTime

revision = "year"
down_revision = "third"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ending",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("leaves", sa.Boolean(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("taken_back_at", UTCDateTime(), nullable=True),
        sa.Column("taken_back_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_ending_district_id_district")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_ending_person_id_person")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_ending_by_id_person")),
        sa.ForeignKeyConstraint(["taken_back_by_id"], ["person.id"], name=op.f("fk_ending_taken_back_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ending")),
    )
    op.create_index("ix_ending_person", "ending", ["district_id", "person_id"])
    op.create_table(
        "ended_appointment",
        sa.Column("ending_id", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("last_day_before", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["ending_id"], ["ending.id"], name=op.f("fk_ended_appointment_ending_id_ending")),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name=op.f("fk_ended_appointment_appointment_id_appointment")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_ended_appointment_district_id_district")),
        sa.PrimaryKeyConstraint("ending_id", "appointment_id", name=op.f("pk_ended_appointment")),
    )
    op.create_index("ix_ended_appointment_appointment", "ended_appointment", ["appointment_id"])
