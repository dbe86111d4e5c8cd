"""`make run`: prepare the database, then web and worker processes until Ctrl-C stops both.

Demo mode turns on by itself only for our own SQLite database on the loopback address. Without Stripe's keys the demo pays at a server
of the tests' own that stands for Stripe; its pages say so.
"""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

# The port of the server that stands for Stripe, where there is one.
STANDS_IN = "MAKERPD_STRIPE_STAND_IN"
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
        if not given.get("STRIPE_SECRET_KEY"):
            given.update(stand_in(given))
    given["MAKERPD_STARTED"] = str(time.time())
    return given


def stand_in(given: dict[str, str]) -> dict[str, str]:
    """The settings of the server that stands for Stripe: beside ours, where its pages are found again after a restart."""
    beside = int(given["PORT"]) + 1 if given["PORT"].isdigit() else 0
    port = beside if 0 < beside < 65536 and not why_not_free("127.0.0.1", beside) else free_port()
    return {
        "STRIPE_SECRET_KEY": "sk_test_stand_in",
        "STRIPE_WEBHOOK_SECRET": f"whsec_{secrets.token_urlsafe(24)}",
        "STRIPE_API_BASE": f"http://127.0.0.1:{port}",
        STANDS_IN: str(port),
    }


def why_not_free(host: str, port: int) -> str:
    """What keeps us from listening there; nothing where it is free."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except OSError as error:
            return error.strerror or str(error)
    return ""


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


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
    worker = [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]
    if STANDS_IN not in given:
        return [web, worker]
    stripe = [sys.executable, "-m", "tests.stand_in", "--port", given[STANDS_IN], "--webhook-secret", given["STRIPE_WEBHOOK_SECRET"]]
    stripe += ["--webhook-url", f"http://{given['HOST']}:{given['PORT']}/stripe/webhook"]
    if "DATABASE_URL" not in given:
        # Beside the database that knows of its pages.
        stripe += ["--state", str(ROOT / "instance" / "stripe.json")]
    return [web, worker, stripe]


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
    if why := why_not_free(given["HOST"], int(given["PORT"])):
        sys.exit(f"MakerPD can't listen on {given['HOST']}:{given['PORT']} ({why}). Choose another: PORT=8001 make run")


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
