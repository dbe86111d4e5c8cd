"""What a series asks of whoever enrolls, and what they answered.

A process of the version before writes series that ask nothing.
"""

import sqlalchemy as sa
from alembic import op

from seminar.ground.db import UTCDateTime

revision = "questions"
down_revision = "money"
branch_labels = None
depends_on = None

QUESTIONS = ("dietary", "accommodation", "grade", "experience", "confidence")
ONE_OF = {
    "grade": ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "several"),
    "experience": ("new", "tried", "uses", "teaches"),
    "confidence": ("1", "2", "3", "4", "5"),
}


def listed(values: tuple[str, ...]) -> str:
    return "(" + ", ".join(f"'{value}'" for value in values) + ")"


def upgrade() -> None:
    for question in QUESTIONS:
        op.add_column("series", sa.Column(f"asks_{question}", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "enrollment_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("enrollment_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("answered_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint(f"question IN {listed(QUESTIONS)}", name=op.f("ck_enrollment_answer_question")),
        sa.CheckConstraint("length(value) BETWEEN 1 AND 500", name=op.f("ck_enrollment_answer_says_something")),
        *(
            sa.CheckConstraint(f"question <> '{question}' OR value IN {listed(values)}", name=op.f(f"ck_enrollment_answer_{question}"))
            for question, values in ONE_OF.items()
        ),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_enrollment_answer_district_id_district")),
        sa.ForeignKeyConstraint(["enrollment_id"], ["enrollment.id"], name=op.f("fk_enrollment_answer_enrollment_id_enrollment")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_enrollment_answer_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrollment_answer")),
        sa.UniqueConstraint("enrollment_id", "question", name=op.f("uq_enrollment_answer_enrollment_id_question")),
    )
    op.create_index("ix_enrollment_answer_question", "enrollment_answer", ["district_id", "question"])
    op.create_index("ix_enrollment_answer_person", "enrollment_answer", ["person_id"])
