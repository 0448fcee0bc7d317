"""What a worker is told, and what a runner may raise."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SMALL_BODY_LENGTH", "Setup", "Unsupported"]

SMALL_BODY_LENGTH = 54


class Unsupported(Exception):
    """The library cannot do what the row measures."""


@dataclass(frozen=True, slots=True)
class Setup:
    """One library in one row."""

    library: str
    task: str
    url: str
    concurrency: int = 1
    """Tasks or threads at once; every client may open as many connections."""
    loop: str = "asyncio"
    http2: bool = False
    budget: float = 0.5
    """Seconds a round should take."""
    size: int = 0
    """Bytes of the long body, or of a message."""
    compression: bool = False
    """Whether the messages of a WebSocket are compressed."""
    short_url: str = ""
    """A body of some megabytes, to warm a stream up."""
    warm_rounds: bool = True
    """Whether a round starts with requests that are not measured."""

    def without_http2(self) -> None:
        """Raise Unsupported when the row asks for HTTP/2."""
        if self.http2:
            raise Unsupported("has no HTTP/2")
