"""Who and what is known already, and what can't be taken beside the rest: over the staging tables, a statement for each question.

Settled twice: when the set was read, for the preview, and again in the transaction that applies it, since others work meanwhile.
"""

from typing import Any

from sqlalchemy import text

from seminar.ground.db import db
from seminar.people.roster.org_settling import settle_schools, settle_terms
from seminar.people.roster.role_settling import settle_roles
from seminar.people.roster.staged import STAGED, RosterFinding, RosterImport
from seminar.people.roster.user_settling import settle_people


def settle(one: RosterImport) -> None:
    """Raises WrongSet where ids have lost their zeros in more than a tenth of the rows."""
    take_stock(*STAGED, RosterFinding)
    settle_schools(one)
    settle_terms(one)
    settle_people(one)
    settle_roles(one)
    db.session.expire_all()


def take_stock(*models: type[Any]) -> None:
    """PostgreSQL plans by what it knew of a table before this transaction filled it, or when its own round came by after an import that
    was rolled back, and would then search 75,000 rows for each of 75,000: have it look. SQLite goes by its indexes."""
    if db.session.get_bind().dialect.name == "postgresql":
        # Each statement runs once: compiling it costs more seconds than it saves.
        db.session.execute(text("SET LOCAL jit = off"))
        db.session.execute(text(f"ANALYZE {', '.join(model.__tablename__ for model in models)}"))
