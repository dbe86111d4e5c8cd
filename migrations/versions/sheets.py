"""Sheets of equipment that wait between their preview and their applying."""

import sqlalchemy as sa
from alembic import op

from seminar.ground.db import UTCDateTime

revision = "sheets"
down_revision = "mailprefs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "equipment_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("headings", sa.JSON(), nullable=False),
        sa.Column("unknown", sa.JSON(), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("applied_at", UTCDateTime(), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("refused", sa.JSON(), nullable=False),
        sa.CheckConstraint("applied_at IS NULL OR applied_at >= made_at", name=op.f("ck_equipment_import_applied_after_it_was_made")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_equipment_import_district_id_district")),
        sa.ForeignKeyConstraint(["made_by_id"], ["person.id"], name=op.f("fk_equipment_import_made_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_equipment_import")),
    )
    op.create_index("ix_equipment_import_made_at", "equipment_import", ["district_id", "made_at"])
