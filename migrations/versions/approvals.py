"""Approvals: the district's steps, requests with theirs, and delegates; a series and a school that ask for them.

Plain columns; processes of the version before write none of them, and never the state `requested`.
"""

import sqlalchemy as sa
from alembic import op

from seminar.ground.db import UTCDateTime

revision = "approvals"
down_revision = "kept"
branch_labels = None
depends_on = None

ROLE = "role IN ('principal', 'program_manager', 'person')"
ROLE_OR_PERSON = "(role = 'person') = (approver_id IS NOT NULL)"


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def upgrade() -> None:
    op.add_column("series", sa.Column("asks_approval_since", UTCDateTime(), nullable=True))
    op.add_column("school", sa.Column("asks_approval", sa.Boolean(), nullable=False, server_default=sa.false()))
    _steps()
    _delegates()
    _requests()
    _approvals()


def _steps() -> None:
    name = "approval_step"
    op.create_table(
        name,
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("approver_id", sa.Integer(), nullable=True),
        sa.Column("school_days", sa.Integer(), nullable=False),
        _check(name, "role", ROLE),
        _check(name, "role_or_person", ROLE_OR_PERSON),
        _check(name, "school_days", "school_days BETWEEN 1 AND 20"),
        _to(name, "district_id", "district"),
        _to(name, "approver_id", "person"),
        sa.PrimaryKeyConstraint("district_id", "position", name=op.f(f"pk_{name}")),
    )
    op.create_index("ix_approval_step_approver", name, ["approver_id"])


def _delegates() -> None:
    name = "approval_delegate"
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("delegate_id", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("named_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        _check(name, "days_in_order", "first_day <= last_day"),
        _to(name, "district_id", "district"),
        _to(name, "person_id", "person"),
        _to(name, "delegate_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )
    op.create_index("ix_approval_delegate_person", name, ["district_id", "person_id"])
    op.create_index("ix_approval_delegate_delegate", name, ["delegate_id", "last_day"])


def _requests() -> None:
    name = "approval_request"
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("enrollment_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("substitute_days", sa.JSON(), nullable=False),
        sa.Column("funding_code", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("approved_at", UTCDateTime(), nullable=True),
        _to(name, "district_id", "district"),
        _to(name, "enrollment_id", "enrollment"),
        _to(name, "person_id", "person"),
        _to(name, "school_id", "school"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("enrollment_id", name=op.f(f"uq_{name}_enrollment_id")),
    )
    op.create_index("ix_approval_request_district", name, ["district_id", "school_id"])
    op.create_index("ix_approval_request_person", name, ["person_id"])


def _approvals() -> None:
    name = "approval"
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("approver_id", sa.Integer(), nullable=True),
        sa.Column("school_days", sa.Integer(), nullable=False),
        sa.Column("begins_at", UTCDateTime(), nullable=True),
        sa.Column("due_at", UTCDateTime(), nullable=True),
        sa.Column("remind_at", UTCDateTime(), nullable=True),
        sa.Column("reminded_at", UTCDateTime(), nullable=True),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("decided_at", UTCDateTime(), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("behalf_of_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        _check(name, "role", ROLE),
        _check(name, "role_or_person", ROLE_OR_PERSON),
        _check(name, "decision", "decision IN ('approved', 'declined', 'skipped', 'again')"),
        _check(name, "decided_on_a_day", "(decision IS NULL) = (decided_at IS NULL)"),
        _check(name, "decided_by_somebody", "decision NOT IN ('approved', 'declined') OR decided_by_id IS NOT NULL"),
        _check(name, "declined_with_a_reason", "decision <> 'declined' OR reason IS NOT NULL"),
        _check(name, "never_about_oneself", "decided_by_id <> person_id"),
        _check(name, "open_until", "(begins_at IS NULL) = (due_at IS NULL)"),
        _to(name, "district_id", "district"),
        _to(name, "request_id", "approval_request"),
        _to(name, "person_id", "person"),
        _to(name, "approver_id", "person"),
        _to(name, "decided_by_id", "person"),
        _to(name, "behalf_of_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("request_id", "round", "position", name=op.f(f"uq_{name}_request_id_round_position")),
    )
    op.create_index("ix_approval_person", name, ["person_id"])
    op.create_index("ix_approval_decided_by", name, ["decided_by_id", "decided_at"])
    is_open = sa.text("begins_at IS NOT NULL AND decision IS NULL")
    op.create_index("uq_approval_one_open", name, ["request_id"], unique=True, sqlite_where=is_open, postgresql_where=is_open)
    op.create_index("ix_approval_open", name, ["district_id", "due_at"], sqlite_where=is_open, postgresql_where=is_open)
    to_remind = sa.text("decision IS NULL AND reminded_at IS NULL")
    op.create_index("ix_approval_remind", name, ["remind_at"], sqlite_where=to_remind, postgresql_where=to_remind)
