"""`make run`: prepare the database, then web and worker processes until Ctrl-C stops both.

Demo mode turns on by itself only for our own SQLite database on the loopback address.
"""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOOPBACK = ("127.0.0.1", "localhost", "::1")
ACCOUNTS = {
    "teacher": "Tessa Nguyen, teacher",
    "contact": "Omar Haddad, maker contact",
    "principal": "Ruth Castellanos, principal",
    "trainer": "Priya Raman, trainer",
    "equipment": "Walt Jensen, equipment manager",
    "program": "Gloria Mensah, program manager",
    "coach": "Ken Ito, coach",
    "other": "Dora Whitfield, another school's maker contact",
}


def environment() -> dict[str, str]:
    """What every process of ours gets: the caller's environment, and for the demo what it needs beyond it."""
    given = dict(os.environ)
    host, port = given.setdefault("HOST", "127.0.0.1"), given.setdefault("PORT", "8000")
    if "DATABASE_URL" not in given and host in LOOPBACK:
        given.setdefault("MAKERPD_DEMO", "1")
    if given.get("MAKERPD_DEMO") == "1":
        given.setdefault("SECRET_KEY", demo_secret())
        given.setdefault("BASE_URL", f"http://{host}:{port}")
        given.setdefault("LOG_LEVEL", "WARNING")
    given["MAKERPD_STARTED"] = str(time.time())
    return given


def demo_secret() -> str:
    """The demo's own secret, made once and kept beside its database."""
    kept = ROOT / "instance" / "secret-key"
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(48))
    return kept.read_text().strip()


def commands(given: dict[str, str]) -> list[list[str]]:
    web = [sys.executable, "-m", "gunicorn", "-k", "gthread", "-w", "2", "--threads", "8", "--graceful-timeout", "5"]
    web += ["--max-requests", "20000", "--log-level", "warning", "--bind", f"{given['HOST']}:{given['PORT']}", "wsgi:app"]
    return [web, [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]]


def tell(given: dict[str, str]) -> None:
    print(f"\nMakerPD is at http://{given['HOST']}:{given['PORT']}  (Ctrl-C stops it)", flush=True)
    if given.get("MAKERPD_DEMO") == "1":
        for name, who in ACCOUNTS.items():
            print(f"  {name}@rivermark.example  {who}")
        print("  Everyone's password is makerpd-demo", flush=True)


def refuse_a_port_in_use(given: dict[str, str]) -> None:
    """Before anything is prepared: say who is in the way, and the way out."""
    if not given["PORT"].isdigit() or not 0 < int(given["PORT"]) < 65536:
        sys.exit(f"PORT is {given['PORT']}; it is a number from 1 to 65535.")
    family = socket.AF_INET6 if ":" in given["HOST"] else socket.AF_INET
    with socket.socket(family) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((given["HOST"], int(given["PORT"])))
        except OSError as error:
            sys.exit(f"MakerPD can't listen on {given['HOST']}:{given['PORT']} ({error.strerror}). Choose another: PORT=8001 make run")


def main() -> int:
    given = environment()
    refuse_a_port_in_use(given)
    prepared = subprocess.run([sys.executable, "-m", "flask", "--app", "wsgi", "prepare"], cwd=ROOT, env=given, check=False)
    if prepared.returncode:
        return prepared.returncode
    running = [subprocess.Popen(command, cwd=ROOT, env=given, start_new_session=True) for command in commands(given)]
    stopping: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda got, _frame: stopping.append(got))
    tell(given)
    while not stopping and all(process.poll() is None for process in running):
        time.sleep(0.2)
    for process in running:
        process.terminate()
    for process in running:
        process.wait(timeout=20)
    return 0 if stopping else 1


if __name__ == "__main__":
    sys.exit(main())
