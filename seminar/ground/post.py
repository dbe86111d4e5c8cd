"""Sending what the outbox holds: over SMTP, or as .eml files where no SMTP_URL is set.

A mail is claimed and its time moved on in one short transaction, sent with none open, and marked in another. A death
between the server's yes and our commit sends it again with the same Message-ID, so that mail systems drop the second;
a file is written under the mail's own name, so it exists once (rule 9).
"""

import smtplib
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import EmailPolicy
from pathlib import Path
from urllib.parse import unquote, urlsplit

import structlog
from sqlalchemy import select, update

from seminar.ground.db import db
from seminar.ground.outbox import RETRY_AFTER, Mail

log = structlog.get_logger("makerpd.post")
BATCH = 50
# Longer than a whole batch can take, so that no other worker sends it meanwhile.
CLAIMED_FOR = timedelta(minutes=15)
ANSWER_WITHIN_SECONDS = 10


@dataclass(frozen=True)
class Written:
    """A mail as it leaves."""

    mail_id: int
    written_at: datetime
    sender_name: str
    sender: str
    recipient: str
    subject: str
    body: str
    html: str
    calendars: tuple[str, ...] = ()
    # Where one press turns this kind off; None where it can't be.
    turn_off_url: str | None = None
    # Of a digest: by mail id, why it leaves without that mail.
    left_out: dict[int, str] = field(default_factory=dict)


# By mail id, the mail in its reader's language, or why it can't be written.
Write = Callable[[list[int]], dict[int, Written | str]]


def send_due(write: Write, *, smtp_url: str | None, folder: Path, now: datetime) -> int:
    """Send what is due now, a batch; answers how many were tried."""
    claimed = _claim(now)
    letters: dict[int, EmailMessage] = {}
    for mail_id, one in write(claimed).items():
        if isinstance(one, Written):
            _leave_out(one.left_out, now)
        built = _built(one) if isinstance(one, Written) else one
        if isinstance(built, str):
            _mark(mail_id, built, now)
        else:
            letters[mail_id] = built
    untried = set(letters)
    for mail_id, outcome in _over_smtp(letters, smtp_url) if smtp_url else _to_files(letters, folder):
        _mark(mail_id, outcome, now)
        untried.discard(mail_id)
    _put_back(untried, now)
    return len(claimed) - len(untried)


def _put_back(mail_ids: set[int], now: datetime) -> None:
    """What wasn't tried is due as it was."""
    if mail_ids:
        db.session.execute(update(Mail).where(Mail.id.in_(mail_ids)).values(next_try_at=now))
        db.session.commit()


def _claim(now: datetime) -> list[int]:
    due = select(Mail).where(Mail.state == "waiting", Mail.next_try_at <= now).order_by(Mail.next_try_at, Mail.id).limit(BATCH)
    claimed = db.session.scalars(due.with_for_update(skip_locked=True)).all()
    for mail in claimed:
        mail.next_try_at = now + CLAIMED_FOR
    ids = [mail.id for mail in claimed]
    db.session.commit()
    return ids


def _mark(mail_id: int, error: str | None, now: datetime) -> None:
    """Write down how a try ended, in a transaction of its own: the next mail's death takes nothing back."""
    mail = db.session.get_one(Mail, mail_id)
    mail.tries += 1
    mail.last_error = error
    if error is None:
        mail.state, mail.sent_at = "sent", now
        # A link's secret has no business here once it is with its reader.
        mail.context = {name: value for name, value in mail.context.items() if name != "token"}
    elif mail.tries > len(RETRY_AFTER):
        mail.state = "dead"
    else:
        mail.next_try_at = now + RETRY_AFTER[mail.tries - 1]
    db.session.commit()


def _leave_out(left_out: dict[int, str], now: datetime) -> None:
    """What can't be written in its digest has had its first try, and is tried alone from now on."""
    for mail_id, why in left_out.items():
        mail = db.session.get_one(Mail, mail_id)
        mail.state, mail.digest_id = "waiting", None
        _mark(mail_id, why, now)


def try_again(mail: Mail, *, now: datetime) -> None:
    """A dead mail waits to be sent, with all its tries before it."""
    mail.state, mail.tries, mail.next_try_at = "waiting", 0, now


class AddressesInOnePiece(EmailPolicy):
    """Python would write a long address as an encoded word (RFC 2047), which no mail program reads where RFC 2369 has an address."""

    def fold(self, name: str, value: str) -> str:
        return f"{name}: {value}{self.linesep}" if name == "List-Unsubscribe" else super().fold(name, value)

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode("ascii") if name == "List-Unsubscribe" else super().fold_binary(name, value)


def message_of(letter: Written) -> EmailMessage:
    """Both texts as alternatives, then the events for a calendar. Auto-Submitted is RFC 3834's; what can be turned off says where
    by RFC 2369, and by RFC 8058 that a single POST there does it, which asks for https."""
    message = EmailMessage(policy=AddressesInOnePiece())
    message["From"], message["To"], message["Subject"] = sender_of(letter), letter.recipient, letter.subject
    # Of the row, so that the same mail sent twice is the same; with its moment, for a restored database counts its ids again.
    message["Date"] = letter.written_at
    message["Message-ID"] = f"<makerpd-{letter.mail_id}-{letter.written_at:%Y%m%d%H%M%S%f}@{letter.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    if letter.turn_off_url is not None:
        # Exchange and older mail systems answer that they are away, unless this says that many get such a mail.
        message["Precedence"] = "bulk"
        message["List-Unsubscribe"] = f"<{letter.turn_off_url}>"
        if letter.turn_off_url.startswith("https://"):
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.body)
    message.add_alternative(letter.html, subtype="html")
    for n, calendar in enumerate(letter.calendars, start=1):
        name = "makerpd.ics" if len(letter.calendars) == 1 else f"makerpd-{n}.ics"
        params = {"charset": "utf-8", "method": method_of(calendar)}
        message.add_attachment(calendar.encode(), maintype="text", subtype="calendar", filename=name, params=params)
    return message


def sender_of(letter: Written) -> str:
    """Name and address as a header has them. Not by email's Address: it raises at addresses that mail systems take."""
    name = " ".join(letter.sender_name.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{name}" <{letter.sender}>'


def method_of(calendar: str) -> str:
    """What a calendar is to do with it: the part that carries it must say the same (RFC 6047, section 2.4)."""
    said = (line.removeprefix("METHOD:") for line in calendar.splitlines() if line.startswith("METHOD:"))
    return next(said, "PUBLISH")


def _built(letter: Written) -> EmailMessage | str:
    """The message, or why there is none: the email package raises many things at an address or a subject that can't be."""
    try:
        return message_of(letter)
    except (ValueError, LookupError, AttributeError) as error:
        return _failed(letter.mail_id, error)


def _to_files(letters: dict[int, EmailMessage], folder: Path) -> Iterator[tuple[int, str | None]]:
    folder.mkdir(parents=True, exist_ok=True)
    for mail_id, message in letters.items():
        try:
            unfinished = folder / f".{mail_id}.part"
            unfinished.write_bytes(bytes(message))
            unfinished.replace(folder / f"{mail_id:08d}.eml")
        except OSError as error:
            yield mail_id, _failed(mail_id, error)
        else:
            yield mail_id, None


def _failed(mail_id: int, error: Exception) -> str:
    log.warning("mail not sent", mail=mail_id, error=repr(error))
    return _in_words(error)


def _in_words(error: Exception) -> str:
    """What the mail system said, as it said it: the program manager reads it."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(_answer(*answer) for answer in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return _answer(error.smtp_code, error.smtp_error)
    return str(error) if isinstance(error, OSError) else repr(error)


def _answer(code: int, text: bytes | str) -> str:
    return f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"


def _over_smtp(letters: dict[int, EmailMessage], smtp_url: str) -> Iterator[tuple[int, str | None]]:
    """One connection for all of them; a new one after an error. Where nobody answers, the rest of the batch waits too. Where it
    takes too long, the rest isn't tried now: who stands behind a mailbox that never answers goes with the next batch."""
    connection: smtplib.SMTP | None = None
    nobody: str | None = None
    ends = time.monotonic() + ANSWER_WITHIN_SECONDS
    for mail_id, message in letters.items():
        if nobody is not None:
            yield mail_id, nobody
            continue
        if time.monotonic() >= ends:
            break
        try:
            connection = (connection and _still_there(connection)) or _connection(smtp_url)
            connection.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            failed = _failed(mail_id, error)
            nobody = failed if connection is None else None
            if connection is not None:
                _leave(connection)
                connection = None
            yield mail_id, failed
        else:
            yield mail_id, None
    if connection is not None:
        _leave(connection)


def _still_there(connection: smtplib.SMTP) -> smtplib.SMTP | None:
    """The connection, unless the server hung up meanwhile, as they do on who was idle or has sent enough."""
    with suppress(OSError):
        if connection.noop()[0] == 250:
            return connection
    _leave(connection)
    return None


def _leave(connection: smtplib.SMTP) -> None:
    """As RFC 5321 asks (section 4.1.1.10); where the server is gone already, nobody is left to hear it."""
    with suppress(OSError):
        connection.quit()
    connection.close()


def _connection(smtp_url: str) -> smtplib.SMTP:
    """Encrypted where the server offers it, and always before a password is told; the certificate is checked."""
    address = urlsplit(smtp_url)
    host, name, password = address.hostname or "", unquote(address.username or ""), unquote(address.password or "")
    if address.scheme == "smtps":
        trusted = ssl.create_default_context()
        connection: smtplib.SMTP = smtplib.SMTP_SSL(host, address.port or 465, timeout=ANSWER_WITHIN_SECONDS, context=trusted)
    else:
        connection = smtplib.SMTP(host, address.port or 587, timeout=ANSWER_WITHIN_SECONDS)
        connection.ehlo()
        if connection.has_extn("starttls"):
            connection.starttls(context=ssl.create_default_context())
        elif name:
            connection.close()
            raise smtplib.SMTPException("The server offers no encryption, and the password isn't told without it.")
    if name:
        connection.login(name, password)
    return connection
