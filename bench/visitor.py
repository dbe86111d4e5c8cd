"""Somebody at a browser, cheap enough to share two cores with the server that they measure: one socket, and no more of HTTP than
gunicorn's answers need."""

import re
import socket
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import quote

# What begins a session says what browser it was on, so that a visitor and their session are of one browser.
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PATIENCE_SECONDS = 60
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)
_CLOSES = re.compile(rb"\r\nconnection: *close", re.I)
_LOCATION = re.compile(rb"\r\nlocation: *([^\r]+)", re.I)
_COOKIE = re.compile(rb"\r\nset-cookie: *([^=\s]+)=([^;\r]*)", re.I)
_TOKEN = re.compile(rb'name="?csrf_token"? value="([^"]+)"')


class NoAnswer(Exception):
    """The server said nothing, or something that isn't an answer."""


@dataclass(frozen=True)
class Answer:
    status: int
    head: bytes
    page: bytes

    @property
    def location(self) -> str:
        found = _LOCATION.search(self.head)
        return found[1].decode() if found else ""

    @property
    def token(self) -> str:
        """Of the page's first form."""
        found = _TOKEN.search(self.page)
        if found is None:
            raise NoAnswer("a page without a form")
        return found[1].decode()


class Visitor:
    """One connection, kept open from request to request as a browser's is, and the cookies that came over it."""

    def __init__(self, port: int, cookie: str = "") -> None:
        self.port = port
        self.cookies = {"session": cookie} if cookie else {}
        self.socket: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def get(self, path: str) -> Answer:
        return self._ask(f"GET {path} HTTP/1.1\r\n", "")

    def post(self, path: str, token: str) -> Answer:
        body = f"csrf_token={quote(token, safe='')}"
        form = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        return self._ask(f"POST {path} HTTP/1.1\r\n{form}", body)

    def seconds_for(self, path: str) -> float:
        """How long the page takes; raises NoAnswer for one that isn't shown."""
        began = time.perf_counter()
        answer = self.get(path)
        took = time.perf_counter() - began
        if answer.status != 200:
            raise NoAnswer(f"{path} answered {answer.status}")
        return took

    def _ask(self, first: str, body: str) -> Answer:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        cookie = f"Cookie: {cookies}\r\n" if cookies else ""
        request = f"{first}Host: 127.0.0.1:{self.port}\r\nUser-Agent: {USER_AGENT}\r\n{cookie}\r\n{body}"
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_SECONDS)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(request.encode())
        answer = self._answer(self.socket)
        if _CLOSES.search(answer.head):
            self.close()
        self.cookies |= {name.decode(): value.decode() for name, value in _COOKIE.findall(answer.head)}
        return answer

    def _answer(self, connection: socket.socket) -> Answer:
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._more(connection)
        head, pieces = received[:end], [received[end + 4 :]]
        length = _LENGTH.search(head)
        if length is None:
            raise NoAnswer(f"an answer without a length: {head[:80]!r}")
        missing = int(length[1]) - len(pieces[0])
        while missing > 0:
            pieces.append(self._more(connection))
            missing -= len(pieces[-1])
        return Answer(int(head[9:12]), head, b"".join(pieces))

    @staticmethod
    def _more(connection: socket.socket) -> bytes:
        piece = connection.recv(262_144)
        if not piece:
            raise NoAnswer("the connection was closed in the middle of an answer")
        return piece
