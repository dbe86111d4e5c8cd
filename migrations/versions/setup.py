"""A district's look: its colors, and its logo by its content's hash."""

import sqlalchemy as sa
from alembic import op

revision = "setup"
down_revision = "sessions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("color", "color_dark", "logo_digest"):
        op.add_column("district", sa.Column(name, sa.String(), nullable=True))
    op.add_column("district", sa.Column("logo_alt", sa.String(), server_default="", nullable=False))
    op.create_table(
        "logo",
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("image", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_logo_district_id_district")),
        sa.PrimaryKeyConstraint("district_id", name=op.f("pk_logo")),
    )
    op.create_index("ix_logo_digest", "logo", ["digest"])
