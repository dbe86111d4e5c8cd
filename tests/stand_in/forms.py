"""Stripe's requests are forms in bracket notation: `line_items[0][price_data][currency]=usd`, `expand[]=latest_charge`."""

import re
from typing import Any
from urllib.parse import parse_qsl

from tests.stand_in.errors import StripeError

URL = re.compile(r"https?://[^\s/]+")


def parsed(text: str) -> dict[str, Any]:
    """Nested dictionaries; what was counted, or had empty brackets, as lists."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        first, *rest = re.findall(r"[^\[\]]+|(?<=\[)(?=\])", name)
        here, step = found, first
        for following in rest:
            here = here.setdefault(step, {})
            if not isinstance(here, dict):
                raise StripeError(f"Invalid request: {name} is both a value and a hash", param=first)
            step = following or str(len(here))
        here[step] = value
    return {name: _as_lists(value) for name, value in found.items()}


def _as_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inside = {name: _as_lists(part) for name, part in value.items()}
    if inside and all(name.isdigit() for name in inside):
        return [inside[name] for name in sorted(inside, key=int)]
    return inside


def known(params: dict[str, Any], *names: str) -> None:
    """Raises StripeError for a parameter that isn't one of these, as Stripe does."""
    for name in params:
        if name not in names:
            raise StripeError(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)


def whole(value: Any, param: str) -> int:
    """An integer that was sent as text."""
    if not isinstance(value, str) or not re.fullmatch(r"-?\d{1,15}", value):
        raise StripeError(f"Invalid integer: {value}", code="parameter_invalid_integer", param=param)
    return int(value)


def metadata(value: Any, param: str = "metadata") -> dict[str, str]:
    """Up to 50 keys of 40 characters, values of 500: https://docs.stripe.com/metadata"""
    if value in (None, ""):
        return {}
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise StripeError("Invalid hash", param=param)
    if len(value) > 50 or any(len(name) > 40 or len(text) > 500 for name, text in value.items()):
        raise StripeError("Metadata has at most 50 keys of up to 40 characters, and values of up to 500.", param=param)
    return {name: text for name, text in value.items() if text}


def address(value: Any, param: str) -> str:
    if not isinstance(value, str) or not URL.match(value):
        raise StripeError("Not a valid URL", code="url_invalid", param=param)
    return value
