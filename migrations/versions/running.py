"""Running a series: as few people as it needs by a day, moved meetings that people are asked about, and messages to its people.

What the version before writes has no minimum, and asks nobody.
"""

import sqlalchemy as sa
from alembic import op

from seminar.ground.db import UTCDateTime

revision = "running"
down_revision = "questions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("series") as series:
        series.add_column(sa.Column("minimum", sa.Integer(), nullable=True))
        series.add_column(sa.Column("decide_on", sa.Date(), nullable=True))
        series.add_column(sa.Column("goes_ahead_at", UTCDateTime(), nullable=True))
        series.add_column(sa.Column("goes_ahead_by_id", sa.Integer(), nullable=True))
        series.create_foreign_key(op.f("fk_series_goes_ahead_by_id_person"), "person", ["goes_ahead_by_id"], ["id"])
        series.create_check_constraint(op.f("ck_series_minimum_by_a_day"), "(minimum IS NULL) = (decide_on IS NULL)")
        series.create_check_constraint(op.f("ck_series_minimum_of_people"), "minimum >= 1")
        series.create_check_constraint(op.f("ck_series_goes_ahead_by_somebody"), "(goes_ahead_at IS NULL) = (goes_ahead_by_id IS NULL)")
    op.create_table(
        "meeting_move",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("was_at", UTCDateTime(), nullable=False),
        sa.Column("was_place", sa.String(), nullable=False),
        sa.Column("moved_at", UTCDateTime(), nullable=False),
        sa.Column("moved_by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_meeting_move_district_id_district")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_meeting_move_meeting_id_meeting")),
        sa.ForeignKeyConstraint(["moved_by_id"], ["person.id"], name=op.f("fk_meeting_move_moved_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_move")),
    )
    op.create_index("ix_meeting_move_meeting", "meeting_move", ["meeting_id"])
    op.create_table(
        "move_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("move_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("comes", sa.Boolean(), nullable=False),
        sa.Column("answered_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_move_answer_district_id_district")),
        sa.ForeignKeyConstraint(["move_id"], ["meeting_move.id"], name=op.f("fk_move_answer_move_id_meeting_move")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_move_answer_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_move_answer")),
        sa.UniqueConstraint("move_id", "person_id", name=op.f("uq_move_answer_move_id_person_id")),
    )
    op.create_index("ix_move_answer_person", "move_answer", ["person_id"])
    op.create_table(
        "series_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("sent_at", UTCDateTime(), nullable=False),
        sa.Column("sent_by_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("audience IN ('enrolled', 'waitlist', 'both')", name=op.f("ck_series_message_audience")),
        sa.CheckConstraint("people >= 1", name=op.f("ck_series_message_has_a_reader")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_series_message_district_id_district")),
        sa.ForeignKeyConstraint(["sent_by_id"], ["person.id"], name=op.f("fk_series_message_sent_by_id_person")),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_series_message_series_id_series")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series_message")),
    )
    op.create_index("ix_series_message_series", "series_message", ["series_id", "sent_at"])
