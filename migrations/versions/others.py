"""Enrolling others: nominations, a colleague who takes a seat over, and until which day.

Plain columns; processes of the version before write none of them, and never the state that asks for a successor.
"""

import sqlalchemy as sa
from alembic import op

from seminar.ground.db import UTCDateTime

revision = "others"
down_revision = "running"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("series", sa.Column("freeze_day", sa.Date(), nullable=True))
    with op.batch_alter_table("enrollment") as enrollment:
        enrollment.add_column(sa.Column("successor_id", sa.Integer(), nullable=True))
        enrollment.create_foreign_key(op.f("fk_enrollment_successor_id_enrollment"), "enrollment", ["successor_id"], ["id"])
        seat_given = "state <> 'substituted' OR successor_id IS NOT NULL"
        enrollment.create_check_constraint(op.f("ck_enrollment_substituted_by_a_successor"), seat_given)
    op.create_index("uq_enrollment_successor", "enrollment", ["successor_id"], unique=True)
    op.create_table(
        "nomination",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("nominated_by_id", sa.Integer(), nullable=False),
        sa.Column("nominated_at", UTCDateTime(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("turned_down_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_nomination_district_id_district")),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_nomination_series_id_series")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_nomination_person_id_person")),
        sa.ForeignKeyConstraint(["nominated_by_id"], ["person.id"], name=op.f("fk_nomination_nominated_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nomination")),
    )
    op.create_index("ix_nomination_series", "nomination", ["district_id", "series_id", "person_id"])
    op.create_index("ix_nomination_person", "nomination", ["district_id", "person_id"])
