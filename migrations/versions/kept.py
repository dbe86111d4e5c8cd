"""Seats that are kept until a deadline: requested and awaiting a purchase order, as held ones are."""

import sqlalchemy as sa
from alembic import op

revision = "kept"
down_revision = "others"
branch_labels = None
depends_on = None

KEPT = "state IN ('requested', 'held', 'awaiting_po')"


def upgrade() -> None:
    op.drop_index("ix_enrollment_hold", table_name="enrollment")
    with op.batch_alter_table("enrollment") as enrollment:
        enrollment.drop_constraint(op.f("ck_enrollment_held_until"), type_="check")
        until = "state NOT IN ('requested', 'held', 'awaiting_po') OR hold_until IS NOT NULL"
        enrollment.create_check_constraint(op.f("ck_enrollment_held_until"), until)
    kept = sa.text(KEPT)
    op.create_index("ix_enrollment_hold", "enrollment", ["hold_until"], sqlite_where=kept, postgresql_where=kept)
