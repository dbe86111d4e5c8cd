"""What was measured, as JSON, as Markdown, and as the README's table; and whether each aim was met.

python -m bench.report writes the Markdown and the README's table from the JSON that is there.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results"
README = ROOT / "README.md"
BEGINS, ENDS = "<!-- Written by make bench, and by python -m bench.report -->\n", "<!-- Here ends what make bench wrote -->\n"
SHARE_AIMED_FOR, TIMES_AIMED_FOR = 0.7, 1.5
MIB = 1024 * 1024

Measured = dict[str, Any]


@dataclass(frozen=True)
class Aim:
    """Something aimed for, with what was found instead or as well."""

    says: str
    is_met: bool


def save(measured: Measured, folder: Path = RESULTS, readme: Path = README) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "results.json").write_text(json.dumps(measured, indent=1) + "\n")
    write(folder, readme)


def write(folder: Path = RESULTS, readme: Path = README) -> None:
    """The pages that are made from the JSON."""
    table = table_of(folder)
    (folder / "results.md").write_text(f"# What `make bench` measured\n\n{table}")
    readme.write_text(with_table(readme.read_text(), table))


def table_of(folder: Path) -> str:
    """Empty where nothing has been measured."""
    kept = folder / "results.json"
    return as_markdown(json.loads(kept.read_text())) if kept.exists() else ""


def with_table(text: str, table: str) -> str:
    """The text, with the table between its two marks."""
    before, _, rest = text.partition(BEGINS)
    return f"{before}{BEGINS}\n{table}\n{ENDS}{rest.partition(ENDS)[2]}"


def as_markdown(measured: Measured) -> str:
    parts = (_heading(measured), _enrollments(measured), _pages(measured), _scans(measured), _footprint(measured), _aims(measured))
    return "\n".join(line for part in parts for line in (*part, ""))


def aims(measured: Measured) -> Iterator[Aim]:
    for row in measured["enrollments"]:
        for name, load in _loads(row).items():
            share = row[name]["share"]["median"]
            yield Aim(f"{load} on {row['database']}: {share:.0%} of bare.py's rate, of {SHARE_AIMED_FOR:.0%}", share >= SHARE_AIMED_FOR)
    for timed in measured["pages"]["timed"]:
        if timed["size"] != "demo":
            times = timed["times"]["median"]
            says = f"{timed['page']} at {timed['size']} size: {times:.2f} times the demo's time, of {TIMES_AIMED_FOR}"
            yield Aim(says, times < TIMES_AIMED_FOR)
    for size, scans in measured["pages"]["scans"].items():
        found = ", ".join(sorted({f"{scan['table']} for {scan['page']}" for scan in scans}))
        yield Aim(f"at {size} size no page reads a table that grows from end to end{': but ' + found if found else ''}", not scans)


def _loads(row: Measured) -> dict[str, str]:
    load = row["load"]
    return {"steady": f"{load['clients']} clients", "crowd": f"{load['people']} people for {load['seats']} seats"}


def verdict(measured: Measured) -> str:
    """In one line."""
    found = list(aims(measured))
    missed = [aim.says for aim in found if not aim.is_met]
    return f"{len(found) - len(missed)} of {len(found)} aims are met" + (f"; missed: {'; '.join(missed)}" if missed else "")


def _heading(measured: Measured) -> list[str]:
    machine = measured["machine"]
    enrolling, timed, footprint = measured["enrollments"][0], measured["pages"]["timed"][0], measured["footprint"]
    crowds = enrolling["crowd"]["share"]["of"]
    counted = (enrolling["steady"]["share"], timed["times"], footprint["product_start"], footprint["product"]["own"])
    fewest = min(figure["of"] for figure in counted)
    return [
        f"Measured on {measured['day']} in {measured['minutes']:.0f} minutes, on {machine['processors']} processors, for which"
        f" {machine['busy']:.1f} others waited when it began (load average); Python {machine['python']}, {machine['postgresql']}."
        f" Each figure is the median of {fewest} measurements or more (the crowds' rates of {crowds}),"
        " and behind it what 95 of 100 stayed within; ratios are of pairs measured one right after the other."
    ]


def _enrollments(measured: Measured) -> list[str]:
    heads = ["on", "load", "people a second", "bare.py's", "share", "wait, ms", "bare.py's"]
    heads += ["web workers' processor time a person, ms", "bare.py's", "the clients' part of the machine"]
    lines = [
        "Completed enrollments (series page, POST, confirmation; mail queued; signed in beforehand) beside"
        " `../shared/bench/bare.py`, the least that three requests can be, on the same server and database:",
        "",
        _row(heads),
        _row(["---"] * len(heads)),
    ]
    for row in measured["enrollments"]:
        for name, load in _loads(row).items():
            one = row[name]
            cells = [row["database"], load, _figure(one["product"]), _figure(one["bare"]), _figure(one["share"], 100, "%")]
            cells += [_figure(one["product_wait"], 1000), _figure(one["bare_wait"], 1000)]
            cells += [f"{one['product_web_ms']:.1f}", f"{one['bare_web_ms']:.1f}"]
            lines.append(_row([*cells, f"{one['product_client']:.0%}, {one['bare_client']:.0%}"]))
    return lines


def _figure(figure: Measured, factor: float = 1, unit: str = "") -> str:
    return f"{figure['median'] * factor:.3g}{unit} ({figure['p95'] * factor:.3g}{unit})"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _pages(measured: Measured) -> list[str]:
    loading = measured["pages"]["loading"]
    timed = {(one["page"], one["size"]): one for one in measured["pages"]["timed"]}
    sizes = list(loading)
    heads = [cell for size in sizes for cell in ([f"{size}, ms"] if size == sizes[0] else [f"{size}, ms", "times"])]
    lines = ["Pages on PostgreSQL, in turns at each size (product.md), beside the demo's time in the same turn:", ""]
    lines += [_row(["page", *heads]), _row(["---"] * (len(heads) + 1))]
    for page in dict.fromkeys(page for page, _ in timed):
        cells = [page]
        for size in sizes:
            one = timed.get((page, size))
            cells.append(_figure(one["seconds"], 1000) if one else "–")
            if size != sizes[0]:
                cells.append(_figure(one["times"]) if one else "–")
        lines.append(_row(cells))
    took = [f"{size} in {seconds / 60:.1f} minutes" for size, seconds in loading.items()]
    return [*lines, "", f"Loaded, two at a time: {', '.join(took)}."]


def _scans(measured: Measured) -> list[str]:
    scans = [(size, scan) for size, found in measured["pages"]["scans"].items() for scan in found]
    if not scans:
        return ["By EXPLAIN none of these pages reads a table that grows from end to end."]
    rows = {(size, scan["page"], scan["table"], f"{scan['rows']:,}"): None for size, scan in scans}
    lines = ["By EXPLAIN these read a table that grows from end to end (the statements are in `bench/results/results.json`):", ""]
    return [*lines, _row(["size", "page", "table", "rows"]), _row(["---"] * 4), *(_row(list(row)) for row in rows)]


def _footprint(measured: Measured) -> list[str]:
    found = measured["footprint"]
    lines = ["A worker, and the start of the server:", ""]
    heads = ["", "own memory, MiB", "first and last reading", "resident, MiB", "to the first page, s"]
    lines += [_row(heads), _row(["---"] * len(heads))]
    for key, name in (("product", "MakerPD"), ("bare", "bare.py")):
        taken = found[key]
        ends = f"{taken['first_own'] / MIB:.0f}, {taken['last_own'] / MIB:.0f} after {taken['requests']:,} requests"
        cells = [name, _figure(taken["own"], 1 / MIB), ends, _figure(taken["resident"], 1 / MIB), _figure(found[f"{key}_start"])]
        lines.append(_row(cells))
    return lines


def _aims(measured: Measured) -> list[str]:
    return [f"{verdict(measured)}."]


if __name__ == "__main__":
    write()
