"""How a person wants each kind of mail, and mail that waits for a weekly digest."""

import sqlalchemy as sa
from alembic import op

revision = "mailprefs"
down_revision = "roster"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mail_preference",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.CheckConstraint("way IN ('at_once', 'digest', 'never')", name=op.f("ck_mail_preference_way")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_mail_preference_district_id_district")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_mail_preference_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", "kind", name=op.f("pk_mail_preference")),
    )
    op.create_index("ix_mail_preference_district", "mail_preference", ["district_id", "kind"])
    op.create_table(
        "digest_day",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.CheckConstraint("weekday BETWEEN 0 AND 4", name=op.f("ck_digest_day_weekday")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_digest_day_district_id_district")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_digest_day_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_digest_day")),
    )
    op.create_index("ix_digest_day_district", "digest_day", ["district_id"])
    with op.batch_alter_table("mail") as mail:
        mail.add_column(sa.Column("digest_id", sa.Integer(), nullable=True))
        mail.create_foreign_key(op.f("fk_mail_digest_id_mail"), "mail", ["digest_id"], ["id"])
        mail.drop_constraint(op.f("ck_mail_state"), type_="check")
        mail.create_check_constraint(
            op.f("ck_mail_state"), "state IN ('waiting', 'sent', 'dead', 'held', 'gathered', 'unwanted')"
        )
        mail.create_check_constraint(op.f("ck_mail_gathered_into_a_digest"), "(state = 'gathered') = (digest_id IS NOT NULL)")
    op.create_index("ix_mail_digest", "mail", ["digest_id"])
