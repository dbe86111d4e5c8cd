"""A new school year as a plan; and the act by which a person's appointments were ended, so that it can be taken back as one."""

import sqlalchemy as sa
from alembic import op

from seminar.ground.db import UTCDateTime

revision = "year"
down_revision = "sheets"
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
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.Column("taken_back_at", UTCDateTime(), nullable=True),
        sa.Column("taken_back_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_ending_district_id_district")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_ending_person_id_person")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_ending_by_id_person")),
        sa.ForeignKeyConstraint(["import_id"], ["roster_import.id"], name=op.f("fk_ending_import_id_roster_import")),
        sa.ForeignKeyConstraint(["taken_back_by_id"], ["person.id"], name=op.f("fk_ending_taken_back_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ending")),
    )
    op.create_index("ix_ending_import", "ending", ["import_id", "person_id"])
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
    op.create_table(
        "roll_over",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("ends_in", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("begun_at", UTCDateTime(), nullable=False),
        sa.Column("begun_by_id", sa.Integer(), nullable=False),
        sa.Column("applied_at", UTCDateTime(), nullable=True),
        sa.Column("applied_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("first_day < last_day", name=op.f("ck_roll_over_days_in_order")),
        sa.UniqueConstraint("district_id", "ends_in", name=op.f("uq_roll_over_district_id_ends_in")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_roll_over_district_id_district")),
        sa.ForeignKeyConstraint(["begun_by_id"], ["person.id"], name=op.f("fk_roll_over_begun_by_id_person")),
        sa.ForeignKeyConstraint(["applied_by_id"], ["person.id"], name=op.f("fk_roll_over_applied_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roll_over")),
    )
    op.create_table(
        "roll_over_closed_day",
        sa.Column("roll_over_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("applied", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["roll_over_id"], ["roll_over.id"], name=op.f("fk_roll_over_closed_day_roll_over_id_roll_over")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_roll_over_closed_day_district_id_district")),
        sa.PrimaryKeyConstraint("roll_over_id", "day", name=op.f("pk_roll_over_closed_day")),
    )
    op.create_table(
        "roll_over_move",
        sa.Column("roll_over_id", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("to_school_id", sa.Integer(), nullable=True),
        sa.Column("all_roles", sa.Boolean(), nullable=False),
        sa.Column("done_kind", sa.String(), nullable=True),
        sa.Column("done_school_id", sa.Integer(), nullable=True),
        sa.Column("done_all_roles", sa.Boolean(), nullable=False),
        sa.Column("next_appointment_id", sa.Integer(), nullable=True),
        sa.Column("ending_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("kind IN ('stays', 'moves', 'leaves')", name=op.f("ck_roll_over_move_kind")),
        sa.CheckConstraint("(kind = 'moves') = (to_school_id IS NOT NULL)", name=op.f("ck_roll_over_move_moves_somewhere")),
        sa.CheckConstraint("done_kind IS NULL OR done_kind IN ('stays', 'moves', 'leaves')", name=op.f("ck_roll_over_move_done_kind")),
        sa.ForeignKeyConstraint(["roll_over_id"], ["roll_over.id"], name=op.f("fk_roll_over_move_roll_over_id_roll_over")),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name=op.f("fk_roll_over_move_appointment_id_appointment")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_roll_over_move_district_id_district")),
        sa.ForeignKeyConstraint(["to_school_id"], ["school.id"], name=op.f("fk_roll_over_move_to_school_id_school")),
        sa.ForeignKeyConstraint(["done_school_id"], ["school.id"], name=op.f("fk_roll_over_move_done_school_id_school")),
        sa.ForeignKeyConstraint(
            ["next_appointment_id"], ["appointment.id"], name=op.f("fk_roll_over_move_next_appointment_id_appointment")
        ),
        sa.ForeignKeyConstraint(["ending_id"], ["ending.id"], name=op.f("fk_roll_over_move_ending_id_ending")),
        sa.PrimaryKeyConstraint("roll_over_id", "appointment_id", name=op.f("pk_roll_over_move")),
    )
    op.create_index("ix_roll_over_move_appointment", "roll_over_move", ["appointment_id"])
    op.create_table(
        "roll_over_target",
        sa.Column("roll_over_id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("skill_id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("percent_before", sa.Integer(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.CheckConstraint("percent BETWEEN 1 AND 100", name=op.f("ck_roll_over_target_percent")),
        sa.ForeignKeyConstraint(["roll_over_id"], ["roll_over.id"], name=op.f("fk_roll_over_target_roll_over_id_roll_over")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_roll_over_target_school_id_school")),
        sa.ForeignKeyConstraint(["skill_id"], ["skill.id"], name=op.f("fk_roll_over_target_skill_id_skill")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_roll_over_target_district_id_district")),
        sa.PrimaryKeyConstraint("roll_over_id", "school_id", "skill_id", name=op.f("pk_roll_over_target")),
    )
