"""`make scan`: Wapiti, which somebody else wrote, against a served demo district, signed out and as several people. Exit 1 for a finding.

What it would look for in headers and cookies, which differ over https, is held exactly by test_headers.py.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.deep.served import ROOT, Served, Visitor, demo_district

WAPITI = ROOT / ".venv-scan" / "bin" / "wapiti"
# Not ldap, which the product doesn't know: that module takes any page that isn't the same twice for one.
MODULES = "backup,crlf,csp,csrf,exec,file,htaccess,methods,permanentxss,redirect,sql,upload,xss"
WHO = ("nobody", "teacher", "contact", "trainer", "equipment", "program")
# For each of WHO; the crawl ends first, the modules share what is left.
CRAWL_SECONDS = int(os.environ.get("SCAN_SECONDS", "300")) // 4
MODULE_SECONDS = max(10, CRAWL_SECONDS * 3 // len(MODULES.split(",")))
# A module ends a request that it has begun, and the report is written.
LONGEST_SECONDS = 2 * (CRAWL_SECONDS + MODULE_SECONDS * len(MODULES.split(","))) + 60
FEWEST_PAGES = 10
# What ends the session that is scanned with, or the district.
LEFT_ALONE = ("/sign-out", "/my/account/sessions", "/my/account/password", "/my/account/second-step", "/sign-in/demo")


def main() -> int:
    found: list[str] = []
    with demo_district() as served, TemporaryDirectory() as folder:
        served.start_web(within=180)
        for who in WHO:
            found += scanned(served, who, Path(folder) / who)
    print("\n".join(found) or "Nothing was found.")
    return 1 if found else 0


def scanned(served: Served, who: str, folder: Path) -> list[str]:
    """What Wapiti finds as one person, a line each, with where."""
    base, report = f"http://127.0.0.1:{served.port}/", folder / "report.json"
    folder.mkdir()
    command = [str(WAPITI), "--url", base, "--module", MODULES, "--scope", "folder", "--tasks", "4", "--no-bugreport", "--verify-ssl", "0"]
    command += ["--max-scan-time", str(CRAWL_SECONDS), "--max-attack-time", str(MODULE_SECONDS), "--max-parameters", "30"]
    command += ["--store-session", str(folder), "--store-config", str(folder), "--format", "json", "--output", str(report)]
    command += [part for path in LEFT_ALONE for part in ("--exclude", f"{base}{path[1:]}*")]
    if who != "nobody":
        visitor = Visitor(served.port).sign_in(f"{who}@rivermark.example")
        command += ["--cookie-value", f"session={visitor.cookies['session']}", "--drop-set-cookie"]
    with (folder / "log").open("wb") as log:
        subprocess.run(command, stdout=log, stderr=log, check=True, timeout=LONGEST_SECONDS)
    told = json.loads(report.read_text())
    pages = told["infos"]["crawled_pages_nbr"]
    print(f"{who}: {pages} pages and forms, modules {MODULES}", flush=True)
    few = [f"{who}: only {pages} pages were found, so this says little"] if pages < FEWEST_PAGES else []
    kinds = {**told["vulnerabilities"], **told["anomalies"]}
    return few + [f"{who}: {kind}: {one['method']} {one['path']} {one['info']}" for kind, all_of in kinds.items() for one in all_of]


if __name__ == "__main__":
    sys.exit(main())
