"""Play years by hand: a seed again with its story, many with what was let happen in them, or the bugs put in on purpose."""

import argparse
import os
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path
from time import perf_counter


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.years", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="the first year's seed")
    parser.add_argument("--years", type=int, default=1, help="how many, each with the next seed")
    parser.add_argument("--days", type=int, help="only so many days of each")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--sabotage", nargs="?", const="", metavar="PATTERN", help="put in each bug whose name has it; all without")
    asked = parser.parse_args()
    # Which database the tests run on is read when they are imported.
    os.environ["TEST_DATABASE"] = asked.database
    from tests.conftest import an_application
    from tests.years.stage import a_stage

    with tempfile.TemporaryDirectory() as folder, an_application(Path(folder)) as app, a_stage(app) as stage:
        return _years(stage, asked) if asked.sabotage is None else _sabotages(stage, asked)


def _years(stage, asked) -> int:
    from tests.years.playing import DAYS
    from tests.years.story import shrink, story

    mix: Counter[tuple[str, bool]] = Counter()
    faults: Counter[str] = Counter()
    begun = perf_counter()
    for seed in range(asked.seed, asked.seed + asked.years):
        played = stage.play(seed, asked.days or DAYS)
        mix.update(played.mix)
        faults.update(played.faults)
        print(".", end="", file=sys.stderr, flush=True)
        if played.broken is not None:
            print(story(seed, shrink(played, lambda script, seed=seed: stage.play_again(seed, script)), asked.database))
            return 1
    print(f"{asked.years} years in {perf_counter() - begun:.0f} seconds, and no rule broken.\n\n{'act':22}{'happened':>9}{'refused':>9}")
    for name in sorted({name for name, _ in mix}):
        print(f"{name:22}{mix[name, True]:9}{mix[name, False]:9}")
    print("\nfaults: " + ", ".join(f"{name} {count}" for name, count in sorted(faults.items())))
    return 0


def _sabotages(stage, asked) -> int:
    from tests.years.sabotage import SABOTAGES, found_in
    from tests.years.sabotage_approvals import APPROVALS_SABOTAGES
    from tests.years.sabotage_grants import GRANTS_SABOTAGES
    from tests.years.sabotage_money import MONEY_SABOTAGES
    from tests.years.sabotage_po import PO_SABOTAGES

    missed = 0
    for sabotage in [*SABOTAGES, *MONEY_SABOTAGES, *APPROVALS_SABOTAGES, *PO_SABOTAGES, *GRANTS_SABOTAGES]:
        if asked.database not in sabotage.databases or not re.search(asked.sabotage, sabotage.name):
            continue
        found = found_in(stage, sabotage)
        missed += found is None
        said = "not found" if found is None else f"found in year {found[0]}: {found[1].broken}"
        print(f"{sabotage.name}: {said[:230]}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
