"""An OpenID provider that somebody else wrote: PyPI's oidc-provider-mock, in a process of its own."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.databases import free_port


@contextmanager
def their_provider(*people: dict[str, object]) -> Iterator[str]:
    """Its issuer; each of the people has a `sub`, which is their button there, and other claims."""
    port = free_port()
    claims = [part for person in people for part in ("--user-claims", json.dumps(person))]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", *claims]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_until_ready(process, f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_until_ready(process: subprocess.Popen[bytes], issuer: str) -> None:
    for _ in range(300):
        with suppress(OSError):
            urllib.request.urlopen(f"{issuer}/.well-known/openid-configuration", timeout=2).close()
            return
        with suppress(subprocess.TimeoutExpired):
            raise AssertionError(f"The provider ended with {process.wait(timeout=0.1)} before it was ready.")
    raise AssertionError("The provider wasn't ready within half a minute.")
