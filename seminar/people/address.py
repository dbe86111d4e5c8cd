"""What an email address looks like."""

import re

# Something, an at, and a domain with a dot: more is known only by writing to it.
EMAIL = r"[^\s@<>(),;:\"\\\[\]]+@[^\s@<>(),;:\"\\\[\].]+(\.[^\s@<>(),;:\"\\\[\].]+)+\s*$"


def is_an_address(typed: str) -> bool:
    return re.match(EMAIL, typed) is not None
