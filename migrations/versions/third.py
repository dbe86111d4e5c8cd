"""Where a person, a school, an appointment and a term come from: the district's student information system."""

import sqlalchemy as sa
from alembic import op

revision = "third"
down_revision = "second"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("person", "school", "appointment"):
        op.add_column(name, sa.Column("sourced_id", sa.String(), nullable=True))
        op.create_index(f"uq_{name}_sourced_id", name, ["district_id", "sourced_id"], unique=True)
    op.add_column("person", sa.Column("may_sign_in", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.create_table(
        "term",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("ends_in", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("sourced_id", sa.String(), nullable=True),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_term_days_in_order")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_term_district_id_district")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_term")),
    )
    op.create_index("uq_term_sourced_id", "term", ["district_id", "sourced_id"], unique=True)
    op.create_index("ix_term_year", "term", ["district_id", "ends_in", "first_day"])
