"""Processes of the product that die where a test says: kill -9, with a transaction that wrote something not committed yet, or just
committed and nobody told.

`make_mortal` puts this file beside the served copy of the product, whose processes load it; the product itself knows nothing of it.
"""

import os
import re
import shutil
import signal
import sys
import threading
from pathlib import Path

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

ROLES = ("web", "worker")
WHENS = ("before", "after")


def make_mortal(home: Path) -> None:
    """The processes that are started from here on."""
    shutil.copy(__file__, home / "mortal.py")
    with (home / "wsgi.py").open("a") as wsgi:
        wsgi.write("\nimport mortal\n\nmortal.watch()\n")
    # Whoever follows a web worker that died is forked from what is loaded, and there at once; no connection is open by then.
    (home / "gunicorn.conf.py").write_text("preload_app = True\n")


def will_die(home: Path, role: str, when: str, wrote: str) -> None:
    """The first process of the role that commits what matches the pattern `wrote` dies `when` it does so: before it, or after."""
    assert role in ROLES and when in WHENS
    told = home / "told"
    told.write_text(f"{role} {when} {wrote}")
    told.rename(home / "dies")


def changed_our_mind(home: Path) -> None:
    (home / "dies").unlink()


def has_died(home: Path) -> int | None:
    """The process that died as it was told, and won't be told of again; None where none did yet."""
    for sign in home.glob("died-*"):
        sign.unlink()
        return int(sign.name.removeprefix("died-"))
    return None


_here = Path(__file__).parent
_written = threading.local()


def watch() -> None:
    """In a process of the product: see what each of its transactions writes, and when it is committed."""
    event.listen(Engine, "after_cursor_execute", _write)
    event.listen(Engine, "commit", lambda _connection: _die_if_told("before"))
    event.listen(Engine, "rollback", _forget)
    event.listen(Session, "after_commit", lambda _session: _die_if_told("after"))
    event.listen(Session, "after_commit", _forget)


def _statements() -> list[str]:
    found: list[str] = _written.__dict__.setdefault("statements", [])
    return found


def _write(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
    if statement.startswith(("INSERT", "UPDATE", "DELETE")):
        _statements().append(statement)


def _forget(_of: object) -> None:
    _statements().clear()


def _die_if_told(now: str) -> None:
    dies = _here / "dies"
    if not _statements() or not dies.exists():
        return
    role, when, wrote = dies.read_text().split(" ", 2)
    if role != ("worker" if "worker" in sys.argv else "web") or when != now:
        return
    if any(re.search(wrote, statement) for statement in _statements()):
        dies.rename(_here / f"died-{os.getpid()}")
        os.kill(os.getpid(), signal.SIGKILL)
