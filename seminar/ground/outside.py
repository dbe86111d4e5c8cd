"""Asking a server outside: for so long and for so much, at the address that was given and no other. Never while a transaction is
open, so that a slow server holds up nobody but who waits for it."""

import time
from typing import Any

import requests
from requests.adapters import HTTPAdapter

ANSWERS_WITHIN_SECONDS = 6
WHOLE_WITHIN_SECONDS = 10
LARGEST_BYTES = 512 * 1024


class TooMuch(requests.RequestException):
    """An answer that takes too long to arrive, or doesn't end."""


class Bounded(HTTPAdapter):
    """Reads the whole answer at once, within its limits: a timeout of requests counts anew for each piece that arrives."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        until = time.monotonic() + WHOLE_WITHIN_SECONDS
        kwargs |= {"stream": True, "timeout": ANSWERS_WITHIN_SECONDS}
        response = super().send(request, *args, **kwargs)
        body = bytearray()
        while piece := response.raw.read1(64 * 1024, decode_content=True):
            body += piece
            if len(body) > LARGEST_BYTES or time.monotonic() > until:
                response.close()
                raise TooMuch(request=request, response=response)
        response.close()
        response._content = bytes(body)
        return response


def bounded(session: requests.Session) -> requests.Session:
    """The session, with these limits; it stores no cookies and asks for no address that it is sent on to."""
    for scheme in ("https://", "http://"):
        session.mount(scheme, Bounded())
    session.max_redirects = 0
    return session


def fetched_json(url: str) -> dict[str, Any]:
    """The JSON object at that address. Raises requests.RequestException for anything else."""
    with bounded(requests.Session()) as session:
        response = session.get(url, headers={"Accept": "application/json"}, allow_redirects=False)
    response.raise_for_status()
    found = response.json() if response.status_code == 200 else None
    if not isinstance(found, dict):
        raise requests.exceptions.InvalidJSONError("No JSON object", request=response.request, response=response)
    return found
