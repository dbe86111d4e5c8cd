"""Set-asides, and groups in the waitlist.

Plain columns; processes of the version before write none of them, and count what is set aside as open.
"""

import sqlalchemy as sa
from alembic import op

from seminar.ground.db import UTCDateTime

revision = "groups"
down_revision = "approvals"
branch_labels = None
depends_on = None

ROLES = "role IN ('teacher', 'maker_contact', 'principal', 'coach', 'trainer', 'equipment_manager', 'program_manager')"


def upgrade() -> None:
    op.create_table(
        "set_aside",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=True),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("seats_taken", sa.Integer(), server_default="0", nullable=False),
        sa.Column("released_on", sa.Date(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("(school_id IS NULL) <> (role IS NULL)", name=op.f("ck_set_aside_school_or_role")),
        sa.CheckConstraint(ROLES, name=op.f("ck_set_aside_role")),
        sa.CheckConstraint("seats >= 1", name=op.f("ck_set_aside_has_a_seat")),
        sa.CheckConstraint("seats_taken <= seats", name=op.f("ck_set_aside_seats")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_set_aside_district_id_district")),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_set_aside_series_id_series")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_set_aside_school_id_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_set_aside")),
    )
    op.create_index("ix_set_aside_series", "set_aside", ["district_id", "series_id"])
    op.create_table(
        "waiting_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_waiting_group_district_id_district")),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_waiting_group_series_id_series")),
        sa.ForeignKeyConstraint(["made_by_id"], ["person.id"], name=op.f("fk_waiting_group_made_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_group")),
    )
    op.create_index("ix_waiting_group_series", "waiting_group", ["district_id", "series_id"])
    op.create_index("ix_waiting_group_made_by", "waiting_group", ["district_id", "made_by_id"])
    with op.batch_alter_table("enrollment") as enrollment:
        enrollment.add_column(sa.Column("set_aside_id", sa.Integer(), nullable=True))
        enrollment.add_column(sa.Column("group_id", sa.Integer(), nullable=True))
        enrollment.create_foreign_key(op.f("fk_enrollment_set_aside_id_set_aside"), "set_aside", ["set_aside_id"], ["id"])
        enrollment.create_foreign_key(op.f("fk_enrollment_group_id_waiting_group"), "waiting_group", ["group_id"], ["id"])
    grouped = sa.text("group_id IS NOT NULL")
    op.create_index("ix_enrollment_group", "enrollment", ["group_id"], sqlite_where=grouped, postgresql_where=grouped)
