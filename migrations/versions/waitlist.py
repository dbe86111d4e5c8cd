"""The line for a seat: when somebody joined it, until when a seat is kept for them, and when a seat became theirs.

Whoever has a place by now took a seat the moment they enrolled.
"""

import sqlalchemy as sa
from alembic import op

from seminar.ground.db import UTCDateTime

revision = "waitlist"
down_revision = "rounds"
branch_labels = None
depends_on = None

WAITS, OFFERED = "state = 'waitlisted'", "state = 'offered'"


def upgrade() -> None:
    for name in ("joined_at", "offer_until", "enrolled_at"):
        op.add_column("enrollment", sa.Column(name, UTCDateTime(), nullable=True))
    op.execute("UPDATE enrollment SET enrolled_at = created_at")
    with op.batch_alter_table("enrollment") as enrollment:
        joined = "state NOT IN ('waitlisted', 'offered', 'passed') OR joined_at IS NOT NULL"
        enrollment.create_check_constraint(op.f("ck_enrollment_joined_the_line"), joined)
        enrollment.create_check_constraint(op.f("ck_enrollment_offered_until"), "state <> 'offered' OR offer_until IS NOT NULL")
    only_waits, only_offered = sa.text(WAITS), sa.text(OFFERED)
    op.create_index("ix_enrollment_line", "enrollment", ["series_id", "joined_at"], sqlite_where=only_waits, postgresql_where=only_waits)
    op.create_index("ix_enrollment_offer", "enrollment", ["offer_until"], sqlite_where=only_offered, postgresql_where=only_offered)
