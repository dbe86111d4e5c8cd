"""The roster: imports, what was found in them and what they ended, and what is read until it is applied."""

import sqlalchemy as sa
from alembic import op

from seminar.ground.db import UTCDateTime

revision = "roster"
down_revision = "third"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "roster_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("mark", sa.String(), nullable=True),
        sa.Column("read_at", UTCDateTime(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("passed_over", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("outcome", sa.JSON(), nullable=False),
        sa.Column("applied_at", UTCDateTime(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("why_values", sa.JSON(), nullable=False),
        sa.CheckConstraint("state IN ('read', 'applied', 'left', 'wrong')", name=op.f("ck_roster_import_state")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_roster_import_by_id_person")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_roster_import_district_id_district")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_import")),
    )
    op.create_index("ix_roster_import_mark", "roster_import", ["district_id", "mark"])
    op.create_index("ix_roster_import_district", "roster_import", ["district_id", "state", "id"], unique=False)
    op.create_table(
        "roster_finding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("column", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("other", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("about", sa.String(), nullable=True),
        sa.Column("also", sa.String(), nullable=True),
        sa.Column("taken", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["roster_import.id"], name=op.f("fk_roster_finding_import_id_roster_import")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_finding")),
    )
    op.create_index("ix_roster_finding_about", "roster_finding", ["import_id", "about"], unique=False)
    op.create_index("ix_roster_finding_import", "roster_finding", ["import_id", "taken", "id"], unique=False)
    op.create_table(
        "roster_org",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("sourced_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("parent_sourced_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_roster_org_district_id_district")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_org")),
    )
    op.create_index("uq_roster_org_sourced_id", "roster_org", ["district_id", "sourced_id"], unique=True)
    op.create_table(
        "staged_org",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("sourced_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("parent_sourced_id", sa.String(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["roster_import.id"], name=op.f("fk_staged_org_import_id_roster_import")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staged_org")),
    )
    op.create_index("ix_staged_org_sourced_id", "staged_org", ["import_id", "sourced_id"], unique=False)
    op.create_table(
        "staged_term",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("sourced_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("ends_in", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("term_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["roster_import.id"], name=op.f("fk_staged_term_import_id_roster_import")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staged_term")),
    )
    op.create_index("ix_staged_term_sourced_id", "staged_term", ["import_id", "sourced_id"], unique=False)
    op.create_table(
        "staged_person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("sourced_id", sa.String(), nullable=False),
        sa.Column("bare_id", sa.String(), nullable=False),
        sa.Column("given_name", sa.String(), nullable=False),
        sa.Column("family_name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("feed_token", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("holds_email", sa.Integer(), nullable=False),
        sa.Column("follows", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["roster_import.id"], name=op.f("fk_staged_person_import_id_roster_import")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staged_person")),
    )
    op.create_index("ix_staged_person_email", "staged_person", ["import_id", "email"], unique=False)
    op.create_index("ix_staged_person_person", "staged_person", ["import_id", "person_id"], unique=False)
    op.create_index("ix_staged_person_sourced_id", "staged_person", ["import_id", "sourced_id"], unique=False)
    op.create_table(
        "staged_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("sourced_id", sa.String(), nullable=True),
        sa.Column("user_sourced_id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("school_sourced_id", sa.String(), nullable=False),
        sa.Column("grade", sa.Integer(), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("school_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["roster_import.id"], name=op.f("fk_staged_role_import_id_roster_import")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staged_role")),
    )
    op.create_index("ix_staged_role_person", "staged_role", ["import_id", "person_id"], unique=False)
    op.create_index("ix_staged_role_sourced_id", "staged_role", ["import_id", "sourced_id"], unique=False)
    op.create_index("ix_staged_role_user", "staged_role", ["import_id", "user_sourced_id"], unique=False)
    op.create_table('roster_server',
    sa.Column('district_id', sa.Integer(), nullable=False),
    sa.Column('address', sa.String(), nullable=False),
    sa.Column('token_address', sa.String(), nullable=False),
    sa.Column('client_id', sa.String(), nullable=False),
    sa.Column('secret_name', sa.String(), nullable=False),
    sa.Column('fetched_on', sa.Date(), nullable=True),
    sa.CheckConstraint("secret_name LIKE 'ROSTER_SECRET%'", name=op.f('ck_roster_server_secret_name')),
    sa.ForeignKeyConstraint(['district_id'], ['district.id'], name=op.f('fk_roster_server_district_id_district')),
    sa.PrimaryKeyConstraint('district_id', name=op.f('pk_roster_server'))
    )
