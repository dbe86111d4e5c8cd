"""Accounts by single sign-on, several addresses per person, and two records of one person that became one."""

import sqlalchemy as sa
from alembic import op

from seminar.ground.db import UTCDateTime

revision = "signon"
down_revision = "setup"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # In one statement with its laws: SQLite adds a constraint to a column that is new, and to no other without a rebuild.
    op.execute(
        "ALTER TABLE person ADD COLUMN merged_into_id INTEGER CONSTRAINT fk_person_merged_into_id_person REFERENCES person (id)"
        " CONSTRAINT ck_person_merged_into_another"
        " CHECK (merged_into_id IS NULL OR (merged_into_id <> id AND email IS NULL AND NOT may_sign_in))"
    )
    op.create_index("ix_person_merged_into_id", "person", ["merged_into_id"])
    op.create_table(
        "email_address",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("confirmed_at", UTCDateTime(), nullable=True),
        sa.Column("token_hash", sa.String(), nullable=True),
        sa.Column("expires_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint("address = lower(address)", name=op.f("ck_email_address_address_is_lower_case")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_email_address_district_id_district")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_email_address_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_address")),
    )
    confirmed = sa.text("confirmed_at IS NOT NULL")
    op.create_index(
        "uq_email_address_confirmed", "email_address", ["address"], unique=True, sqlite_where=confirmed, postgresql_where=confirmed
    )
    op.create_index("uq_email_address_of_a_person", "email_address", ["person_id", "address"], unique=True)
    op.create_index("uq_email_address_token_hash", "email_address", ["token_hash"], unique=True)
    op.execute(
        "INSERT INTO email_address (district_id, person_id, address, confirmed_at)"
        " SELECT district_id, id, email, CURRENT_TIMESTAMP FROM person WHERE email IS NOT NULL"
    )
    op.create_table(
        "sign_on_provider",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("secret_variable", sa.String(), nullable=False),
        sa.Column("sourced_id_claim", sa.String(), nullable=False),
        sa.Column("tenant_claim", sa.String(), nullable=False),
        sa.Column("tenant_value", sa.String(), nullable=False),
        sa.Column("vouches", sa.Boolean(), nullable=False),
        sa.Column("password_open", sa.Boolean(), nullable=False),
        sa.Column("off_since", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_sign_on_provider_district_id_district")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_on_provider")),
        sa.UniqueConstraint("district_id", "name", name=op.f("uq_sign_on_provider_district_id_name")),
        sa.UniqueConstraint("slug", name=op.f("uq_sign_on_provider_slug")),
    )
    op.create_table(
        "sign_on_domain",
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("domain = lower(domain)", name=op.f("ck_sign_on_domain_domain_is_lower_case")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_sign_on_domain_district_id_district")),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["sign_on_provider.id"], name=op.f("fk_sign_on_domain_provider_id_sign_on_provider")
        ),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_sign_on_domain")),
    )
    op.create_index("ix_sign_on_domain_provider", "sign_on_domain", ["provider_id"])
    op.create_table(
        "sign_on_identity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("linked_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("ended_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by_id IS NULL)", name=op.f("ck_sign_on_identity_ended_by_somebody")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_sign_on_identity_district_id_district")),
        sa.ForeignKeyConstraint(["ended_by_id"], ["person.id"], name=op.f("fk_sign_on_identity_ended_by_id_person")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_sign_on_identity_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_on_identity")),
    )
    live = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_sign_on_identity_live", "sign_on_identity", ["issuer", "subject"], unique=True, sqlite_where=live, postgresql_where=live
    )
    op.create_index("ix_sign_on_identity_person", "sign_on_identity", ["person_id"])
