"""When the worker's turn and the audit were last done, and what they found."""

import sqlalchemy as sa
from alembic import op

from seminar.ground.db import UTCDateTime

revision = "rounds"
down_revision = "scale"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "round_done",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_round_done")),
    )
