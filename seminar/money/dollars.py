"""An amount as a sentence of a rule says it. Pages have a filter of their own, which knows the reader's language."""


def dollars(cents: int) -> str:
    return f"${cents // 100:,}.{cents % 100:02d}"
