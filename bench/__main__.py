"""`make bench`: everything in one run. It measures, so it ends with 0 where an aim is missed, and says so; with 1 where
something broke or was wrong.

    python -m bench demo city       the same at these sizes alone
"""

import os
import platform
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from bench import enrollments, footprint, pages, report
from bench.databases import postgresql, version
from bench.served import bare_folder
from bench.sizes import SIZES


def measure(sizes: Sequence[str], enrolling: enrollments.Load, turns: int, taking: footprint.Load) -> report.Measured:
    """As the report wants it: so much of each part."""
    began, busy = time.monotonic(), os.getloadavg()[0]
    with postgresql() as server:
        machine = {"processors": os.cpu_count(), "busy": busy, "python": platform.python_version(), "postgresql": version(server)}
        found = {
            "enrollments": [asdict(enrollments.compare(where, enrolling)) for where in (server, "sqlite")],
            "pages": asdict(pages.measure(server, sizes, turns)),
            "footprint": asdict(footprint.measure(server, taking)),
        }
    return {"day": date.today().isoformat(), "minutes": (time.monotonic() - began) / 60, "machine": machine, **found}


def main(sizes: Sequence[str]) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    # A yardstick that is missing is told before anything is measured.
    bare_folder()
    measured = measure(sizes, enrollments.Load(), pages.TURNS, footprint.Load())
    report.save(measured)
    print(report.as_markdown(measured))
    print(report.verdict(measured))


if __name__ == "__main__":
    try:
        main(sys.argv[1:] or SIZES)
    except KeyboardInterrupt:
        sys.exit("Stopped, and all that was started.")
