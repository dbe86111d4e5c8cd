"""Mails that are due."""

import pytest

from seminar.ground import outbox
from seminar.ground.db import db
from seminar.ground.post import send_due
from seminar.web.letters import write_all
from tests.cast import NOW, a_cast


@pytest.fixture
def letters(db_session, tmp_path):
    """Three mails that are due, and how to send them."""
    cast = a_cast()
    for person in (cast.ada, cast.ben, cast.cora):
        outbox.put(person, "award_withdrawn", key="1", now=NOW, badge="Operator", reason="A slip")
    db.session.commit()

    def send(url=None, now=NOW):
        return send_due(write_all, smtp_url=url, folder=tmp_path, now=now)

    send.folder, send.cast = tmp_path, cast
    return send
