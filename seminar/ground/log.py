"""Structured logs: a line of JSON per event on standard error, each with the request's id."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from seminar.ground.settings import Settings


def install(settings: Settings) -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _without_rows,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[settings.log_level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


# PostgreSQL quotes the row that it refused in further lines of its error, in a repr with written-out line ends.
_QUOTED = re.compile(r"(?:\n|\\n)(?:DETAIL|CONTEXT|QUERY):.*?(?=\n|\\n|$)")


def _without_rows(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """What people typed is nobody's business in a log."""
    for name in ("error", "exception"):
        if isinstance(event.get(name), str):
            event[name] = _QUOTED.sub("", event[name])
    return event
