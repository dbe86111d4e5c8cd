"""Known vulnerabilities of the libraries that are pinned, by PyPI's advisories: `make check` asks once a day for each state of the locks.

Exit 1 only for a finding. Where no advisory can be read, as on a closed network, it says so aloud, and asks again the next time.
"""

import hashlib
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ("requirements.txt", "requirements-dev.txt")
LONGEST_SECONDS = 60


def main() -> int:
    told = ROOT / ".venv" / f"advisories-{_of_today()}.json"
    found = json.loads(told.read_text()) if told.exists() else _asked()
    lines, status = sentences(found)
    print("\n".join(lines))
    if found is not None and any("vulns" in library for library in found):
        told.write_text(json.dumps(found))
    return status


def sentences(found: list[dict[str, Any]] | None) -> tuple[list[str], int]:
    """What to say, and the exit status. `found` is pip-audit's list of libraries; None where it couldn't ask at all."""
    checked = [library for library in found or [] if "vulns" in library]
    if not checked:
        return ["Advisories: PyPI's can't be read from here, so NO library was checked for known vulnerabilities."], 0
    wrong = [(library, known) for library in checked for known in library["vulns"]]
    lines = [f"{library['name']} {library['version']}: {known['id']}, mended in {_mended(known)}" for library, known in wrong]
    if unchecked := [library["name"] for library in found or [] if "vulns" not in library]:
        lines.append(f"Advisories: PyPI has none to read for {', '.join(unchecked)}; these were NOT checked.")
    lines.append(f"Advisories: libraries checked: {len(checked)}, known vulnerabilities: {len(wrong)}.")
    return lines, 1 if wrong else 0


def _mended(known: dict[str, Any]) -> str:
    return ", ".join(known["fix_versions"]) or "no version yet"


def _of_today() -> str:
    locks = hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in LOCKS))
    return f"{datetime.now(UTC).date()}-{locks.hexdigest()[:12]}"


def _asked() -> list[dict[str, Any]] | None:
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--no-deps", "--progress-spinner", "off", "--format", "json"]
    for name in LOCKS:
        command += ["--requirement", str(ROOT / name)]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False)
        found: list[dict[str, Any]] = json.loads(answer.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        return None
    return found


if __name__ == "__main__":
    sys.exit(main())
