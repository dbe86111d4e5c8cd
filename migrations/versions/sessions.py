"""Sessions by device, passkeys, the second step at sign-in, and looking as somebody else. Everybody signs in once more."""

import sqlalchemy as sa
from alembic import op

from seminar.ground.db import UTCDateTime

revision = "sessions"
down_revision = "year"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("district", sa.Column("shared_idle_minutes", sa.Integer(), server_default=sa.text("10"), nullable=False))
    op.drop_column("account", "session_key")
    op.create_table(
        "support_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("begun_at", UTCDateTime(), nullable=False),
        sa.Column("until", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint("by_id <> person_id", name=op.f("ck_support_view_never_of_oneself")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_support_view_reason")),
        sa.CheckConstraint("begun_at < until", name=op.f("ck_support_view_times_in_order")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_support_view_by_id_person")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_support_view_district_id_district")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_support_view_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_view")),
    )
    op.create_index("ix_support_view_person", "support_view", ["district_id", "person_id", "begun_at"])
    op.create_table(
        "device_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("key_hash", sa.String(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("is_proven", sa.Boolean(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("begun_at", UTCDateTime(), nullable=False),
        sa.Column("saved_at", UTCDateTime(), nullable=True),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("ended_why", sa.String(), nullable=True),
        sa.Column("looking_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("way IN ('password', 'passkey', 'provider', 'demo')", name=op.f("ck_device_session_way")),
        sa.CheckConstraint(
            "(ended_at IS NULL AND ended_why IS NULL)"
            " OR (ended_at IS NOT NULL AND ended_why IS NOT NULL"
            " AND ended_why IN ('signed out', 'ended', 'password', 'second step', 'anew'))",
            name=op.f("ck_device_session_end_has_its_reason"),
        ),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_device_session_district_id_district")),
        sa.ForeignKeyConstraint(["looking_id"], ["support_view.id"], name=op.f("fk_device_session_looking_id_support_view")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_device_session_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_session")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_device_session_key_hash")),
    )
    op.create_index("ix_device_session_person", "device_session", ["district_id", "person_id", "ended_at"])
    op.create_index("ix_device_session_begun_at", "device_session", ["begun_at"])
    op.create_table(
        "passkey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("credential_id", sa.String(), nullable=False),
        sa.Column("user_handle", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.Integer(), nullable=False),
        sa.Column("added_at", UTCDateTime(), nullable=False),
        sa.Column("used_at", UTCDateTime(), nullable=True),
        sa.Column("removed_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_passkey_district_id_district")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_passkey_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index("ix_passkey_person", "passkey", ["district_id", "person_id"])
    op.create_table(
        "answered_challenge",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_answered_challenge")),
    )
    op.create_index("ix_answered_challenge_at", "answered_challenge", ["at"])
    op.create_table(
        "second_factor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("begun_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_second_factor_district_id_district")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_second_factor_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_factor")),
    )
    live = sa.text("ended_at IS NULL")
    op.create_index("uq_second_factor_one_live", "second_factor", ["person_id"], unique=True, sqlite_where=live, postgresql_where=live)
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("used_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_recovery_code_district_id_district")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_recovery_code_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("person_id", "code_hash", name=op.f("uq_recovery_code_person_id_code_hash")),
    )
