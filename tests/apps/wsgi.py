"""Small WSGI applications: good ones that tell what they saw, and bad ones."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

__all__ = ["BROKEN", "Pieces", "Waiting", "environ_app", "failing", "late_failure", "reading", "replaced", "writing"]

Environ = dict[str, Any]
Start = Callable[..., Callable[[bytes], object]]

OK = "200 OK"


def environ_app(environ: Environ, start_response: Start) -> list[bytes]:
    """Answer with the environ."""
    start_response(OK, [("Content-Type", "text/plain")])
    return [f"{name}={environ[name]!r}\n".encode() for name in sorted(environ) if not name.startswith("wsgi.e")]


def reading(environ: Environ, start_response: Start) -> list[bytes]:
    """Read the body in the way that the path says, and answer with what came."""
    file = environ["wsgi.input"]
    way = environ["PATH_INFO"].strip("/")
    if way == "all":
        found = [file.read()]
    elif way == "sizes":
        found = list(iter(lambda: file.read(3), b""))
    elif way == "lines":
        found = file.readlines()
    elif way == "short":
        found = [file.readline(2), file.readline(0), file.readline(), file.read(1), file.readline()]
    elif way == "into":
        buffer = bytearray(4)
        found = [bytes(buffer[: file.readinto(buffer)])]
    else:
        found = list(file)
    start_response(OK, [])
    return [repr(found).encode()]


def writing(environ: Environ, start_response: Start) -> Iterable[bytes]:
    """Use the write callable, then return more."""
    write = start_response(OK, [("Content-Length", "9")])
    write(b"one")
    write(b"two")
    return [b"six"]


def failing(environ: Environ, start_response: Start) -> Iterable[bytes]:
    """Raise before anything was answered."""
    raise LookupError("not here")


def late_failure(environ: Environ, start_response: Start) -> Iterator[bytes]:
    """Raise in the middle."""
    start_response(OK, [("Content-Length", "100")])
    yield b"some"
    raise LookupError("not here")


def replaced(environ: Environ, start_response: Start) -> Iterable[bytes]:
    """Change the answer by exc_info; with ``?late`` too late, after a piece went out."""
    write = start_response(OK, [])
    if environ["QUERY_STRING"] == "late":
        write(b"some")
    try:
        raise LookupError("not here")
    except LookupError:
        start_response("500 Sorry", [("X-Replaced", "yes")], sys.exc_info())
    return [b"sorry"]


class Pieces:
    """An iterable that notes how far it was taken, and that it was closed; ``waits`` holds it at one piece."""

    def __init__(self, count: int = 3, size: int = 4) -> None:
        self.count = count
        self.size = size
        self.given = 0
        self.closed = 0
        self.ended = threading.Event()

    def __call__(self, environ: Environ, start_response: Start) -> Pieces:
        start_response(OK, [])
        return self

    def __iter__(self) -> Iterator[bytes]:
        for number in range(self.count):
            self.given = number + 1
            yield bytes([97 + number % 26]) * self.size

    def close(self) -> None:
        self.closed += 1
        self.ended.set()


def bad(status: Any = OK, headers: Any = (), pieces: Any = (b"",), times: int = 1) -> Any:
    """Make an application that answers with just this."""

    def application(environ: Environ, start_response: Start) -> Any:
        for _ in range(times):
            start_response(status, list(headers) if isinstance(headers, tuple) else headers)
        return pieces

    return application


def catches(environ: Environ, start_response: Start) -> Iterable[bytes]:
    """Do something wrong, and hide it."""
    start_response(OK, [])
    try:
        start_response(OK, [])
    except Exception:
        pass
    return [b"fine"]


# What a bad application does, and a part of what is said about it.
BROKEN: dict[str, tuple[Any, str]] = {
    "no start": (bad(times=0), "start_response"),
    "body before start": (bad(times=0, pieces=(b"x",)), "before it called start_response"),
    "two starts": (bad(times=2), "twice"),
    "two starts, caught": (catches, "twice"),
    "bytes as status": (bad(b"200 OK"), "b'200 OK'"),
    "no status": (bad("OK"), "'OK'"),
    "number as status": (bad("2000 OK"), "'2000 OK'"),
    "informational": (bad("101 Switching"), "101"),
    "headers a dict": (bad(OK, {"a": "b"}), "as dict"),
    "headers no pairs": (bad(OK, ["ab:c"]), "no pair"),
    "headers bytes": (bad(OK, [(b"a", b"b")]), "no pair"),
    "headers beyond latin-1": (bad(OK, [("a", "\u2603")]), "no pair"),
    "header injection": (bad(OK, [("a", "b\r\nc: d")]), "character HTTP does not allow"),
    "text": (bad(pieces=("x",)), "str as a piece"),
    "nothing returned": (bad(pieces=None), "no iterable"),
    "too much": (bad(OK, [("Content-Length", "3")], (b"four",)), "more than the 3 bytes"),
    "too little": (bad(OK, [("Content-Length", "3")], (b"ab",)), "sent 2 bytes"),
    "body with 204": (bad("204 No Content", [], (b"x",)), "204"),
}


class Waiting:
    """Answers when it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()

    def __call__(self, environ: Environ, start_response: Start) -> list[bytes]:
        self.go.wait(30)
        start_response(OK, [])
        return []
