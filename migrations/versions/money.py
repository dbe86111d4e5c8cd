"""What seats cost, and what was owed, paid and refunded for them. Every series that is there by now is free."""

import sqlalchemy as sa
from alembic import op

from seminar.ground.db import UTCDateTime

revision = "money"
down_revision = "waitlist"
branch_labels = None
depends_on = None

AT_STRIPE = sa.text("why = 'at_stripe'")
HELD = sa.text("state = 'held'")
OPEN, UNDER_WAY = sa.text("state IN ('created', 'pending')"), sa.text("state IN ('requested', 'submitted')")


def upgrade() -> None:
    op.add_column("enrollment", sa.Column("hold_until", UTCDateTime(), nullable=True))
    with op.batch_alter_table("enrollment") as enrollment:
        enrollment.create_check_constraint(op.f("ck_enrollment_held_until"), "state <> 'held' OR hold_until IS NOT NULL")
    op.create_index("ix_enrollment_hold", "enrollment", ["hold_until"], sqlite_where=HELD, postgresql_where=HELD)
    with op.batch_alter_table("series") as series:
        series.add_column(sa.Column("price_cents", sa.Integer(), server_default="0", nullable=False))
        series.create_check_constraint(op.f("ck_series_price"), "price_cents >= 0")
    op.create_table(
        "stripe_event",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stripe_event")),
    )
    op.create_index("ix_stripe_event_at", "stripe_event", ["at"])
    op.create_table(
        "refund_tier",
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("school_days", sa.Integer(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.CheckConstraint("percent BETWEEN 0 AND 100", name=op.f("ck_refund_tier_percent")),
        sa.CheckConstraint("school_days BETWEEN 0 AND 200", name=op.f("ck_refund_tier_school_days")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_refund_tier_district_id_district")),
        sa.PrimaryKeyConstraint("district_id", "school_days", name=op.f("pk_refund_tier")),
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_orders_district_id_district")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_orders_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
    )
    op.create_index("ix_orders_district", "orders", ["district_id", "id"])
    op.create_index("ix_orders_person", "orders", ["person_id"])
    op.create_table(
        "order_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("enrollment_id", sa.Integer(), nullable=False),
        sa.Column("price_cents", sa.Integer(), nullable=False),
        sa.Column("refund_rule", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_order_line_district_id_district")),
        sa.ForeignKeyConstraint(["enrollment_id"], ["enrollment.id"], name=op.f("fk_order_line_enrollment_id_enrollment")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_line_order_id_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_line")),
        sa.UniqueConstraint("enrollment_id", name=op.f("uq_order_line_enrollment_id")),
    )
    op.create_index("ix_order_line_order", "order_line", ["order_id"])
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.CheckConstraint("(kind IN ('charge', 'refund', 'dispute') AND amount_cents > 0) OR (kind IN ('credit', 'payment', 'dispute_won') AND amount_cents < 0)", name=op.f("ck_ledger_entry_sign_of_its_kind")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_ledger_entry_by_id_person")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_ledger_entry_district_id_district")),
        sa.ForeignKeyConstraint(["line_id"], ["order_line.id"], name=op.f("fk_ledger_entry_line_id_order_line")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_ledger_entry_order_id_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("source", name=op.f("uq_ledger_entry_source")),
    )
    op.create_index("ix_ledger_entry_line", "ledger_entry", ["line_id"])
    op.create_index("ix_ledger_entry_order", "ledger_entry", ["order_id"])
    op.create_table(
        "payment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_since", UTCDateTime(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("page_until", UTCDateTime(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=True),
        sa.Column("page_url", sa.String(), nullable=True),
        sa.Column("payment_intent", sa.String(), nullable=True),
        sa.Column("on_its_way_at", UTCDateTime(), nullable=True),
        sa.Column("asked_at", UTCDateTime(), nullable=True),
        sa.Column("refunded_cents", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('created', 'pending', 'succeeded', 'failed', 'expired', 'disputed', 'won', 'lost')", name=op.f("ck_payment_state")),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_payment_amount")),
        sa.CheckConstraint("refunded_cents BETWEEN 0 AND amount_cents", name=op.f("ck_payment_refunded")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_payment_district_id_district")),
        sa.ForeignKeyConstraint(["line_id"], ["order_line.id"], name=op.f("fk_payment_line_id_order_line")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_payment_order_id_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("payment_intent", name=op.f("uq_payment_payment_intent")),
        sa.UniqueConstraint("session_id", name=op.f("uq_payment_session_id")),
        sa.UniqueConstraint("token", name=op.f("uq_payment_token")),
    )
    op.create_index("ix_payment_line", "payment", ["line_id"])
    op.create_index("ix_payment_open", "payment", ["page_until"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("ix_payment_order", "payment", ["order_id"])
    op.create_index("ix_payment_state", "payment", ["district_id", "state"])
    op.create_index("uq_payment_one_open", "payment", ["order_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_table(
        "refund",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_since", UTCDateTime(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("unheard", sa.Integer(), nullable=False),
        sa.Column("next_try_at", UTCDateTime(), nullable=False),
        sa.Column("failed_because", sa.String(), nullable=False),
        sa.Column("stripe_refund_id", sa.String(), nullable=True),
        sa.CheckConstraint("state IN ('requested', 'submitted', 'succeeded', 'failed')", name=op.f("ck_refund_state")),
        sa.CheckConstraint("why IN ('withdrawn', 'canceled', 'late', 'twice', 'office', 'at_stripe')", name=op.f("ck_refund_why")),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_refund_amount")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_refund_by_id_person")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_refund_district_id_district")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_refund_payment_id_payment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund")),
        sa.UniqueConstraint("stripe_refund_id", name=op.f("uq_refund_stripe_refund_id")),
    )
    op.create_index("ix_refund_due", "refund", ["next_try_at"], sqlite_where=UNDER_WAY, postgresql_where=UNDER_WAY)
    op.create_index("ix_refund_at_stripe", "refund", ["district_id"], sqlite_where=AT_STRIPE, postgresql_where=AT_STRIPE)
    op.create_index("ix_refund_payment", "refund", ["payment_id"])
    op.create_index("ix_refund_state", "refund", ["district_id", "state"])
