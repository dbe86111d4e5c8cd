"""The style sheets, scripts and pictures of the pages. Each is asked for by an address that holds a digest of its content, so a
browser keeps it for a year without asking again, and after an upgrade asks for the new one."""

import hashlib
from pathlib import Path

from flask import Flask, send_from_directory
from werkzeug.wrappers import Response

A_YEAR = 365 * 24 * 60 * 60


def install(app: Flask) -> None:
    folder = Path(app.root_path) / "static"
    files = [path for path in folder.rglob("*") if path.is_file()]
    digests = {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in files}
    addresses = {name: f"/static/{digest}/{name}" for name, digest in digests.items()}

    def show_asset(digest: str, name: str) -> Response:
        answer: Response = send_from_directory(folder, name)
        # Another digest: a page of the release before or after this one asks, while the processes are restarted one by one.
        kept = digests.get(name) == digest
        answer.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable" if kept else "no-cache"
        return answer

    app.add_url_rule("/static/<digest>/<path:name>", "static", show_asset)
    app.jinja_env.globals["asset"] = addresses.__getitem__
