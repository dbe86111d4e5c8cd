"""Files that people send: how large they may be is said on the route that takes them."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Request, current_app
from werkzeug.datastructures import FileStorage

V = TypeVar("V", bound=Callable[..., Any])
MEGABYTE = 1024 * 1024
LARGEST_FIELD = 4 * MEGABYTE


def takes_files(*, megabytes: int) -> Callable[[V], V]:
    """State that a route takes files up to so many megabytes in all; every other one takes what MAX_CONTENT_LENGTH says."""

    def line(view: V) -> V:
        view.largest_bytes = megabytes * MEGABYTE  # type: ignore[attr-defined]
        return view

    return line


class UploadRequest(Request):
    """A request whose limit is its route's. It is asked before the form is read, for the CSRF token that is in it."""

    @property
    def max_content_length(self) -> int | None:
        view = current_app.view_functions.get(self.endpoint or "")
        return getattr(view, "largest_bytes", None) or super().max_content_length

    @max_content_length.setter
    def max_content_length(self, value: int | None) -> None:
        raise AttributeError("The limit of a route is said by takes_files.")


def sent_files(files: list[FileStorage]) -> list[FileStorage]:
    """Those that were chosen: a field that was left alone sends one without a name."""
    return [one for one in files if one.filename]
