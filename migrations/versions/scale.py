"""What a city's pages ask for: people by the words of their names, sign-offs by person and by competency, meetings by their end."""

import sqlalchemy as sa
from alembic import op

revision = "scale"
down_revision = "retention"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        words = "to_tsvector('simple'::regconfig, district_id || 'd ' || given_name || ' ' || family_name)"
        op.create_index("ix_person_words", "person", [sa.text(words)], postgresql_using="gin")
    op.create_index("ix_sign_off_person", "sign_off", ["person_id", "day"])
    op.create_index("ix_sign_off_competency", "sign_off", ["competency_id", "day"])
    op.create_index("ix_meeting_ends_at", "meeting", ["district_id", "ends_at", "series_id"])
    op.create_index("ix_coverage_target_district", "coverage_target", ["district_id"])
