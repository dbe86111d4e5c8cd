"""`make screenshots`: the README's pictures, taken of a fresh demo district on a set day."""

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.chromium import ARGUMENTS, chromium
from tests.databases import free_port

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "docs" / "pictures"
# (file, who, the links to follow from the page, the page, width, height)
PICTURES = [
    ("catalog", None, "/seminars", [], 1280, 900),
    ("series-phone", "teacher", "/seminars", ["3D Printing for the Elementary Classroom"], 390, 844),
    ("sign-off", "trainer", "/teaching", ["Skills"], 1280, 900),
    ("equipment", "contact", "/equipment", ["Desktop 3D printer"], 1280, 900),
    ("depot", "equipment", "/depot", [], 1280, 900),
    ("school", "principal", "/", ["Alder Creek Elementary"], 1280, 900),
]


@contextmanager
def a_demo() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        port = str(free_port())
        given = {
            **os.environ,
            "DATABASE_URL": f"sqlite:///{folder}/pictures.db",
            "MAKERPD_DEMO": "1",
            "MAKERPD_NOW": "2027-03-02T08:30",
            "SECRET_KEY": "for-the-pictures-" * 3,
            "PORT": port,
        }
        process = subprocess.Popen([sys.executable, "-m", "seminar.ground.serve"], cwd=ROOT, env=given, stdout=subprocess.DEVNULL)
        try:
            wait_for(f"http://127.0.0.1:{port}/readyz")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=30)


def wait_for(address: str) -> None:
    for _ in range(120):
        try:
            urllib.request.urlopen(address, timeout=2)
            return
        except OSError:
            time.sleep(0.5)
    sys.exit("The demo district could not be served.")


def take(browser: Browser, base: str, name: str, who: str | None, path: str, links: list[str], width: int, height: int) -> None:
    page = browser.new_context(viewport={"width": width, "height": height}).new_page()
    if who:
        page.goto(f"{base}/sign-in")
        page.get_by_label("Email").fill(f"{who}@rivermark.example")
        page.get_by_label("Password").fill("makerpd-demo")
        page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    page.goto(base + path)
    for link in links:
        page.get_by_role("main").get_by_role("link", name=link).first.click()
    page.screenshot(path=str(TARGET / f"{name}.png"))


def main() -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    with a_demo() as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        for picture in PICTURES:
            print(picture[0], flush=True)
            take(browser, base, *picture)
        browser.close()


if __name__ == "__main__":
    main()
