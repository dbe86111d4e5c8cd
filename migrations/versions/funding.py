"""Funding sources and what they pay of whose seats, and discount codes. No school is a Title I school until somebody says so."""

import sqlalchemy as sa
from alembic import op

from seminar.ground.db import UTCDateTime

revision = "funding"
down_revision = "groups"
branch_labels = None
depends_on = None

PLUS = "'charge', 'refund', 'dispute', 'grant_back', 'waiver_back', 'discount_back'"
MINUS = "'credit', 'payment', 'dispute_won', 'grant', 'waiver', 'discount'"


def id_of(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def refers(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [sa.ForeignKeyConstraint([c], [f"{to}.id"], name=op.f(f"fk_{table}_{c}_{to}")) for c, to in columns.items()]


def check(table: str, name: str, what: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(what, name=op.f(f"ck_{table}_{name}"))


def ended(table: str) -> list[sa.Column | sa.CheckConstraint | sa.ForeignKeyConstraint]:
    return [
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        id_of("ended_by_id", nullable=True),
        sa.Column("ended_reason", sa.String(), nullable=True),
        check(table, "ended_with_a_reason", "(ended_at IS NULL) = (ended_reason IS NULL)"),
        *refers(table, ended_by_id="person"),
    ]


def amount_of(table: str) -> list[sa.Column | sa.CheckConstraint]:
    return [
        sa.Column("percent", sa.Integer(), nullable=True),
        sa.Column("most_cents", sa.Integer(), nullable=True),
        check(table, "percent_or_amount", "(percent IS NULL) <> (most_cents IS NULL)"),
        check(table, "percent", "percent BETWEEN 1 AND 100"),
        check(table, "amount", "most_cents > 0"),
    ]


def upgrade() -> None:
    op.add_column("school", sa.Column("title_one", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("ledger_entry") as ledger:
        ledger.drop_constraint(op.f("ck_ledger_entry_sign_of_its_kind"), type_="check")
        signs = f"(kind IN ({PLUS}) AND amount_cents > 0) OR (kind IN ({MINUS}) AND amount_cents < 0)"
        ledger.create_check_constraint(op.f("ck_ledger_entry_sign_of_its_kind"), signs)
    sources()
    rules()
    grants()
    codes()


def sources() -> None:
    name = "funding_source"
    op.create_table(
        name,
        id_of("id"),
        id_of("district_id"),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("cap_cents", sa.Integer(), nullable=False),
        sa.Column("consumed_cents", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        *ended(name),
        check(name, "cap", "cap_cents > 0"),
        check(name, "consumed", "consumed_cents BETWEEN 0 AND cap_cents"),
        check(name, "days_in_order", "first_day <= last_day"),
        *refers(name, district_id="district"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_funding_source")),
        sa.UniqueConstraint("district_id", "code", name=op.f("uq_funding_source_district_id_code")),
    )


def rules() -> None:
    name = "funding_rule"
    op.create_table(
        name,
        id_of("id"),
        id_of("district_id"),
        id_of("series_id", nullable=True),
        id_of("seminar_id", nullable=True),
        id_of("funding_source_id", nullable=True),
        sa.Column("for_whom", sa.String(), nullable=False),
        id_of("school_id", nullable=True),
        *amount_of(name),
        sa.Column("seats", sa.Integer(), nullable=True),
        sa.Column("seats_used", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        id_of("created_by_id", nullable=True),
        *ended(name),
        check(name, "of_one_thing", "(series_id IS NULL) <> (seminar_id IS NULL)"),
        check(name, "for_whom", "for_whom IN ('everybody', 'title_one', 'school')"),
        check(name, "of_a_school", "(for_whom = 'school') = (school_id IS NOT NULL)"),
        check(name, "has_a_seat", "seats >= 1"),
        check(name, "seats", "seats_used >= 0 AND (seats IS NULL OR seats_used <= seats)"),
        *refers(name, district_id="district", series_id="series", seminar_id="seminar", funding_source_id="funding_source"),
        *refers(name, school_id="school", created_by_id="person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_funding_rule")),
    )
    op.create_index("ix_funding_rule_series", name, ["series_id"])
    op.create_index("ix_funding_rule_seminar", name, ["seminar_id"])
    op.create_index("ix_funding_rule_district", name, ["district_id", "funding_source_id"])


def grants() -> None:
    name, given = "seat_grant", sa.text("state = 'given'")
    op.create_table(
        name,
        id_of("id"),
        id_of("district_id"),
        id_of("line_id"),
        id_of("funding_rule_id"),
        id_of("funding_source_id", nullable=True),
        id_of("school_id", nullable=True),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("given_at", UTCDateTime(), nullable=False),
        sa.Column("returned_at", UTCDateTime(), nullable=True),
        check(name, "state", "state IN ('given', 'returned')"),
        check(name, "returned_on_a_day", "(state = 'returned') = (returned_at IS NOT NULL)"),
        check(name, "amount", "amount_cents > 0"),
        *refers(name, district_id="district", line_id="order_line", funding_rule_id="funding_rule", school_id="school"),
        *refers(name, funding_source_id="funding_source"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_grant")),
    )
    op.create_index("ix_seat_grant_line", name, ["line_id"])
    op.create_index("ix_seat_grant_source", name, ["funding_source_id"])
    op.create_index("uq_seat_grant_one_live", name, ["line_id", "funding_rule_id"], unique=True, sqlite_where=given, postgresql_where=given)


def codes() -> None:
    name, live, used = "discount_code", sa.text("ended_at IS NULL"), sa.text("state = 'used'")
    op.create_table(
        name,
        id_of("id"),
        id_of("district_id"),
        sa.Column("code", sa.String(), nullable=False),
        *amount_of(name),
        id_of("series_id", nullable=True),
        id_of("seminar_id", nullable=True),
        sa.Column("most_uses", sa.Integer(), nullable=True),
        sa.Column("used_count", sa.Integer(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        id_of("created_by_id", nullable=True),
        *ended(name),
        check(name, "in_capitals", "code = upper(code) AND code <> ''"),
        check(name, "of_one_thing", "series_id IS NULL OR seminar_id IS NULL"),
        check(name, "has_a_use", "most_uses >= 1"),
        check(name, "uses", "used_count >= 0 AND (most_uses IS NULL OR used_count <= most_uses)"),
        *refers(name, district_id="district", series_id="series", seminar_id="seminar", created_by_id="person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discount_code")),
    )
    op.create_index("ix_discount_code_district", name, ["district_id", "ended_at"])
    op.create_index("uq_discount_code_live", name, ["district_id", "code"], unique=True, sqlite_where=live, postgresql_where=live)
    op.create_table(
        "code_use",
        id_of("id"),
        id_of("district_id"),
        id_of("discount_code_id"),
        id_of("line_id"),
        id_of("school_id", nullable=True),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("used_at", UTCDateTime(), nullable=False),
        sa.Column("returned_at", UTCDateTime(), nullable=True),
        check("code_use", "state", "state IN ('used', 'returned')"),
        check("code_use", "returned_on_a_day", "(state = 'returned') = (returned_at IS NOT NULL)"),
        check("code_use", "amount", "amount_cents > 0"),
        *refers("code_use", district_id="district", discount_code_id="discount_code", line_id="order_line", school_id="school"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_use")),
    )
    op.create_index("ix_code_use_line", "code_use", ["line_id"])
    op.create_index("ix_code_use_code", "code_use", ["discount_code_id", "state"])
    op.create_index("uq_code_use_one_live", "code_use", ["line_id"], unique=True, sqlite_where=used, postgresql_where=used)
