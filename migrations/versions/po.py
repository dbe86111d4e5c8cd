"""Purchase orders with what they cover and their files, invoices and credit notes, and what came by check."""

import sqlalchemy as sa
from alembic import op

from seminar.ground.db import UTCDateTime

revision = "po"
down_revision = "funding"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invoice_number",
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.CheckConstraint("last >= 0", name=op.f("ck_invoice_number_last")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_invoice_number_district_id_district")),
        sa.PrimaryKeyConstraint("district_id", name=op.f("pk_invoice_number")),
    )
    op.create_table(
        "po_settings",
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("accepted_confirms", sa.Boolean(), nullable=False),
        sa.Column("school_days", sa.Integer(), nullable=False),
        sa.Column("invoice_days", sa.Integer(), nullable=False),
        sa.Column("payee", sa.String(), nullable=False),
        sa.Column("remit_to", sa.String(), nullable=False),
        sa.Column("tax_id", sa.String(), nullable=False),
        sa.CheckConstraint("invoice_days BETWEEN 0 AND 180", name=op.f("ck_po_settings_invoice_days")),
        sa.CheckConstraint("school_days BETWEEN 1 AND 60", name=op.f("ck_po_settings_school_days")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_po_settings_district_id_district")),
        sa.PrimaryKeyConstraint("district_id", name=op.f("pk_po_settings")),
    )
    op.create_table(
        "purchase_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=True),
        sa.Column("cap_cents", sa.Integer(), nullable=False),
        sa.Column("used_cents", sa.Integer(), nullable=False),
        sa.Column("funding_code", sa.String(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_since", UTCDateTime(), nullable=False),
        sa.Column("state_by_id", sa.Integer(), nullable=True),
        sa.Column("state_reason", sa.String(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("number <> ''", name=op.f("ck_purchase_order_number")),
        sa.CheckConstraint("state IN ('received', 'accepted', 'invoiced', 'paid', 'rejected', 'canceled')", name=op.f("ck_purchase_order_state")),
        sa.CheckConstraint("state NOT IN ('rejected', 'canceled') OR (state_by_id IS NOT NULL AND state_reason IS NOT NULL)", name=op.f("ck_purchase_order_ended_with_a_reason")),
        sa.CheckConstraint("cap_cents > 0", name=op.f("ck_purchase_order_cap")),
        sa.CheckConstraint("used_cents BETWEEN 0 AND cap_cents", name=op.f("ck_purchase_order_used")),
        sa.ForeignKeyConstraint(["created_by_id"], ["person.id"], name=op.f("fk_purchase_order_created_by_id_person")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_purchase_order_district_id_district")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_purchase_order_school_id_school")),
        sa.ForeignKeyConstraint(["state_by_id"], ["person.id"], name=op.f("fk_purchase_order_state_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_order")),
    )
    op.create_index("ix_purchase_order_state", "purchase_order", ["district_id", "state", "id"])
    op.create_index("uq_purchase_order_of_district", "purchase_order", ["district_id", "number"], unique=True, sqlite_where=sa.text("(state NOT IN ('rejected', 'canceled')) AND school_id IS NULL"), postgresql_where=sa.text("(state NOT IN ('rejected', 'canceled')) AND school_id IS NULL"))
    op.create_index("uq_purchase_order_of_school", "purchase_order", ["district_id", "school_id", "number"], unique=True, sqlite_where=sa.text("(state NOT IN ('rejected', 'canceled')) AND school_id IS NOT NULL"), postgresql_where=sa.text("(state NOT IN ('rejected', 'canceled')) AND school_id IS NOT NULL"))
    op.create_table(
        "invoice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("purchase_order_id", sa.Integer(), nullable=True),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("invoice_id", sa.Integer(), nullable=True),
        sa.Column("school_id", sa.Integer(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("buyer", sa.String(), nullable=False),
        sa.Column("seller", sa.String(), nullable=False),
        sa.Column("remit_to", sa.String(), nullable=False),
        sa.Column("tax_id", sa.String(), nullable=False),
        sa.Column("po_number", sa.String(), nullable=False),
        sa.Column("funding_code", sa.String(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total_cents", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("(kind = 'credit_note') = (invoice_id IS NOT NULL)", name=op.f("ck_invoice_a_credit_note_of_an_invoice")),
        sa.CheckConstraint("(kind = 'invoice') = (due_on IS NOT NULL)", name=op.f("ck_invoice_due")),
        sa.CheckConstraint("kind IN ('invoice', 'credit_note')", name=op.f("ck_invoice_kind")),
        sa.CheckConstraint("(purchase_order_id IS NULL) <> (order_id IS NULL)", name=op.f("ck_invoice_for_one_of_the_two")),
        sa.CheckConstraint("due_on >= issued_on", name=op.f("ck_invoice_days_in_order")),
        sa.CheckConstraint("number > 0 AND total_cents > 0", name=op.f("ck_invoice_amounts")),
        sa.ForeignKeyConstraint(["created_by_id"], ["person.id"], name=op.f("fk_invoice_created_by_id_person")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_invoice_district_id_district")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_invoice_invoice_id_invoice")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_invoice_order_id_orders")),
        sa.ForeignKeyConstraint(["purchase_order_id"], ["purchase_order.id"], name=op.f("fk_invoice_purchase_order_id_purchase_order")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_invoice_school_id_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice")),
        sa.UniqueConstraint("district_id", "number", name=op.f("uq_invoice_district_id_number")),
    )
    op.create_index("ix_invoice_due", "invoice", ["district_id", "kind", "due_on"])
    op.create_index("ix_invoice_invoice", "invoice", ["invoice_id"])
    op.create_index("ix_invoice_order", "invoice", ["order_id"])
    op.create_index("ix_invoice_purchase_order", "invoice", ["purchase_order_id"])
    op.create_index("ix_invoice_school", "invoice", ["district_id", "school_id"])
    op.create_table(
        "remittance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("purchase_order_id", sa.Integer(), nullable=True),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('payment', 'sent_back')", name=op.f("ck_remittance_kind")),
        sa.CheckConstraint("(purchase_order_id IS NULL) <> (order_id IS NULL)", name=op.f("ck_remittance_for_one_of_the_two")),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_remittance_amount")),
        sa.ForeignKeyConstraint(["created_by_id"], ["person.id"], name=op.f("fk_remittance_created_by_id_person")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_remittance_district_id_district")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_remittance_order_id_orders")),
        sa.ForeignKeyConstraint(["purchase_order_id"], ["purchase_order.id"], name=op.f("fk_remittance_purchase_order_id_purchase_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remittance")),
    )
    op.create_index("ix_remittance_district", "remittance", ["district_id", "kind"])
    op.create_index("ix_remittance_order", "remittance", ["order_id"])
    op.create_index("ix_remittance_purchase_order", "remittance", ["purchase_order_id"])
    op.create_table(
        "invoice_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('invoice', 'credit_note')", name=op.f("ck_invoice_line_kind")),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_invoice_line_amount")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_invoice_line_district_id_district")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_invoice_line_invoice_id_invoice")),
        sa.ForeignKeyConstraint(["line_id"], ["order_line.id"], name=op.f("fk_invoice_line_line_id_order_line")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_invoice_line_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_line")),
        sa.UniqueConstraint("invoice_id", "position", name=op.f("uq_invoice_line_invoice_id_position")),
    )
    op.create_index("ix_invoice_line_line", "invoice_line", ["line_id"])
    op.create_index("uq_invoice_line_once", "invoice_line", ["line_id"], unique=True, sqlite_where=sa.text("kind = 'invoice'"), postgresql_where=sa.text("kind = 'invoice'"))
    op.create_table(
        "purchase_order_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=True),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_since", UTCDateTime(), nullable=False),
        sa.Column("purchase_order_id", sa.Integer(), nullable=True),
        sa.Column("covered_cents", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("state <> 'covered' OR (purchase_order_id IS NOT NULL AND covered_cents > 0)", name=op.f("ck_purchase_order_line_covered_by_one")),
        sa.CheckConstraint("state IN ('awaited', 'covered', 'over')", name=op.f("ck_purchase_order_line_state")),
        sa.CheckConstraint("covered_cents >= 0", name=op.f("ck_purchase_order_line_amount")),
        sa.ForeignKeyConstraint(["created_by_id"], ["person.id"], name=op.f("fk_purchase_order_line_created_by_id_person")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_purchase_order_line_district_id_district")),
        sa.ForeignKeyConstraint(["line_id"], ["order_line.id"], name=op.f("fk_purchase_order_line_line_id_order_line")),
        sa.ForeignKeyConstraint(["purchase_order_id"], ["purchase_order.id"], name=op.f("fk_purchase_order_line_purchase_order_id_purchase_order")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_purchase_order_line_school_id_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_order_line")),
    )
    op.create_index("ix_purchase_order_line_awaited", "purchase_order_line", ["district_id", "number", "school_id"], sqlite_where=sa.text("state = 'awaited'"), postgresql_where=sa.text("state = 'awaited'"))
    op.create_index("ix_purchase_order_line_order", "purchase_order_line", ["purchase_order_id"])
    op.create_index("uq_purchase_order_line_one_live", "purchase_order_line", ["line_id"], unique=True, sqlite_where=sa.text("state IN ('awaited', 'covered')"), postgresql_where=sa.text("state IN ('awaited', 'covered')"))
    op.create_table(
        "purchase_order_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("purchase_order_id", sa.Integer(), nullable=True),
        sa.Column("cover_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('application/pdf', 'image/png', 'image/jpeg')", name=op.f("ck_purchase_order_file_kind")),
        sa.CheckConstraint("(purchase_order_id IS NULL) <> (cover_id IS NULL)", name=op.f("ck_purchase_order_file_of_one_of_the_two")),
        sa.ForeignKeyConstraint(["cover_id"], ["purchase_order_line.id"], name=op.f("fk_purchase_order_file_cover_id_purchase_order_line")),
        sa.ForeignKeyConstraint(["created_by_id"], ["person.id"], name=op.f("fk_purchase_order_file_created_by_id_person")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_purchase_order_file_district_id_district")),
        sa.ForeignKeyConstraint(["purchase_order_id"], ["purchase_order.id"], name=op.f("fk_purchase_order_file_purchase_order_id_purchase_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_order_file")),
    )
    op.create_index("ix_purchase_order_file_line", "purchase_order_file", ["cover_id"])
    op.create_index("ix_purchase_order_file_order", "purchase_order_file", ["purchase_order_id"])
