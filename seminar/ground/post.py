"""Sending what the outbox holds: over SMTP, or as .eml files where no SMTP_URL is set.

A mail is claimed and its time moved on in one short transaction, sent with none open, and marked in another. A death
between the server's yes and our commit sends it again with the same Message-ID, so that mail systems drop the second;
a file is written under the mail's own name, so it exists once (rule 9).
"""

import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote, urlsplit

import structlog
from sqlalchemy import select

from seminar.ground.db import db
from seminar.ground.outbox import RETRY_AFTER, Mail

log = structlog.get_logger("makerpd.post")
BATCH = 50
CLAIMED_FOR = timedelta(minutes=5)


@dataclass(frozen=True)
class Written:
    """A mail as it leaves."""

    mail_id: int
    sender: str
    recipient: str
    subject: str
    body: str
    calendar: str | None


def send_due(write: Callable[[Mail], Written], *, smtp_url: str | None, folder: Path, now: datetime) -> int:
    """Send what is due now; answers how many were sent. `write` puts a mail into its reader's language."""
    due = select(Mail).where(Mail.state == "waiting", Mail.next_try_at <= now).order_by(Mail.next_try_at).limit(BATCH)
    claimed = db.session.scalars(due.with_for_update(skip_locked=True)).all()
    for mail in claimed:
        mail.next_try_at = now + CLAIMED_FOR
    written = [write(mail) for mail in claimed]
    db.session.commit()
    results = {letter.mail_id: _try(letter, smtp_url, folder) for letter in written}
    for mail in db.session.scalars(select(Mail).where(Mail.id.in_(results))):
        _mark(mail, results[mail.id], now)
    db.session.commit()
    return sum(1 for error in results.values() if error is None)


def _try(letter: Written, smtp_url: str | None, folder: Path) -> str | None:
    """None when it went out, else what went wrong."""
    try:
        if smtp_url is None:
            _to_file(letter, folder)
        else:
            _over_smtp(letter, smtp_url)
    except (OSError, smtplib.SMTPException) as error:
        log.warning("mail not sent", mail=letter.mail_id, error=repr(error))
        return repr(error)
    return None


def _mark(mail: Mail, error: str | None, now: datetime) -> None:
    mail.tries += 1
    mail.last_error = error
    if error is None:
        mail.state, mail.sent_at = "sent", now
    elif mail.tries > len(RETRY_AFTER):
        mail.state = "dead"
    else:
        mail.next_try_at = now + RETRY_AFTER[mail.tries - 1]


def message_of(letter: Written) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = letter.sender, letter.recipient, letter.subject
    message["Message-ID"] = f"<makerpd-{letter.mail_id}@{letter.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.body)
    if letter.calendar is not None:
        message.add_attachment(letter.calendar.encode(), maintype="text", subtype="calendar", filename="makerpd.ics")
    return message


def _to_file(letter: Written, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{letter.mail_id}.part"
    unfinished.write_bytes(bytes(message_of(letter)))
    unfinished.replace(folder / f"{letter.mail_id:08d}.eml")


def _over_smtp(letter: Written, smtp_url: str) -> None:
    address = urlsplit(smtp_url)
    secure = address.scheme == "smtps"
    server = smtplib.SMTP_SSL if secure else smtplib.SMTP
    with server(address.hostname or "", address.port or (465 if secure else 587), timeout=30) as connection:
        if not secure and connection.has_extn("starttls"):
            connection.starttls()
        if address.username:
            connection.login(unquote(address.username), unquote(address.password or ""))
        connection.send_message(message_of(letter))
