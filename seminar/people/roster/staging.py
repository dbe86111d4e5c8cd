"""What settling does to rows of the staging tables: gives them a value, or moves them among what was refused."""

from typing import Any

from sqlalchemy import ColumnElement, String, delete, func, insert, literal, select, update

from seminar.ground.db import db
from seminar.ground.refusal import N_
from seminar.people.roster.found import WrongSet
from seminar.people.roster.staged import RosterFinding, RosterImport

SEVERAL_LOST = N_(
    "{count} ids have lost the zeros that they began with. A spreadsheet does that when it opens the file."
    " Export the set again, and don't open it in one."
)


def set_rows(model: type[Any], where: ColumnElement[bool], **values: Any) -> None:
    db.session.execute(update(model).where(where).values(**values).execution_options(synchronize_session=False))


def refuse_rows(
    model: type[Any], wrong: ColumnElement[bool], file: Any, column: str, value: Any, reason: Any, *, about: Any = None, **more: Any
) -> int:
    """Move the rows that are wrong from the staging table into the findings; answers how many."""
    said = select(
        model.import_id,
        literal(file) if isinstance(file, str) else file,
        model.line,
        literal(column),
        func.coalesce(value, ""),
        more.get("other", literal("")),
        literal(reason) if isinstance(reason, str) else reason,
        model.sourced_id if about is None else about,
        more.get("also", literal(None, String)),
        literal(False),
    ).where(wrong)
    names = ["import_id", "file", "line", "column", "value", "other", "reason", "about", "also", "taken"]
    db.session.execute(insert(RosterFinding).from_select(names, said))
    moved: Any = db.session.execute(delete(model).where(wrong).execution_options(synchronize_session=False))
    return int(moved.rowcount)


def refuse_where_few_lost_them(model: type[Any], one: RosterImport, lost: ColumnElement[bool], file: str, reason: str, **more: Any) -> None:
    """One id that lost its zeros is a row; many are a file that went through a spreadsheet. Raises WrongSet then."""
    mine = select(func.count()).select_from(model).where(model.import_id == one.id)
    count, rows = (db.session.scalar(query) or 0 for query in (mine.where(lost), mine))
    if count * 10 > rows:
        raise WrongSet(SEVERAL_LOST, count=count)
    refuse_rows(model, lost, file, "sourcedId", model.sourced_id, reason, **more)
