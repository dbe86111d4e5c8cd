"""How long a district keeps its records, where it chose; what was forgotten on which day; and who lost their name."""

import sqlalchemy as sa
from alembic import op

revision = "retention"
down_revision = "signon"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("pseudonymised_on", sa.Date(), nullable=True))
    op.create_table(
        "retention_rule",
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("years", sa.Integer(), nullable=False),
        sa.CheckConstraint("years >= 1", name=op.f("ck_retention_rule_years")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_retention_rule_district_id_district")),
        sa.PrimaryKeyConstraint("district_id", "kind", name=op.f("pk_retention_rule")),
    )
    op.create_table(
        "retention_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.CheckConstraint("count >= 1", name=op.f("ck_retention_report_count")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_retention_report_district_id_district")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_report")),
    )
    op.create_index("ix_retention_report_day", "retention_report", ["district_id", "day"])
