"""A form that is sent twice does its work once: its key is claimed in the transaction of the work, and kept for a day or two
(seminar.ground.kept) with the address that it led to. A button that is pressed twice before the page changes sends the same key."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from seminar.ground.db import Model, db


class SentForm(Model):
    """That a form was sent, so that the same one does its work once."""

    key: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]

    __table_args__ = (Index("ix_sent_form_at", "at"),)


def once(key: str, work: Callable[[], str], *, now: datetime) -> str:
    """Do the work, commit, and answer the address that it answers; for a key that was sent already, only answer. What the work
    raises leaves the key free, so that the form can be sent again."""
    sent = SentForm(key=key, at=now)
    db.session.add(sent)
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        return db.session.get_one(SentForm, key).address
    address = sent.address = work()
    db.session.commit()
    return address
