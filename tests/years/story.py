"""What broke a year: its acts made as few as still break it alike, and told in plain sentences."""

from collections.abc import Callable
from time import monotonic

from tests.years.act import KINDS, Act
from tests.years.playing import Played, told

SHRINK_SECONDS = 60
Replay = Callable[[list[Act]], Played]


def what_broke(played: Played) -> str:
    """The part of the sentence that stays alike when other acts go: which rule or which kind of act, and not its numbers."""
    sentence = played.broken or ""
    from_rows = sentence.startswith(("Rule", "The audit", "Attendance", "Items"))
    return sentence.split(": ")[0] if from_rows else sentence.rpartition(": ")[2][:20]


def touched(acts: list[Act]) -> list[Act]:
    """Those acts that share a name with the last one, or with one that does."""
    last = acts[-1]
    names = KINDS[last.kind].touches(last) | {f"E{last.number}"}
    near = set(names)
    for act in acts:
        if names & KINDS[act.kind].touches(act):
            near |= set(act.needs)
    return [act for act in acts if act is last or act.kind == "work" or near & KINDS[act.kind].touches(act)]


def shrink(broken: Played, replay: Replay, seconds: float = SHRINK_SECONDS) -> Played:
    """Drop acts, in halves and ever smaller parts, while it still breaks in the same way."""
    until, best, alike = monotonic() + seconds, broken, what_broke(broken)

    def try_with(acts: list[Act]) -> bool:
        nonlocal best
        played = replay(acts)
        if played.broken is None or what_broke(played) != alike:
            return False
        best = played
        return True

    try_with(touched(broken.acts))
    size = max(1, len(best.acts) // 2)
    while monotonic() < until:
        start, dropped = 0, False
        while start < len(best.acts) and monotonic() < until:
            if try_with(best.acts[:start] + best.acts[start + size :]):
                dropped = True
            else:
                start += size
        if size == 1 and not dropped:
            break
        size = max(1, size // 2)
    return best


def story(seed: int, broken: Played, database: str) -> str:
    lines = [f"Seed {seed} breaks the year.", "", *(f"  {told(act)}." for act in broken.acts), "", f"  {broken.broken}", ""]
    return "\n".join([*lines, f"To play it again: .venv/bin/python -m tests.years --seed {seed} --database {database}"])
