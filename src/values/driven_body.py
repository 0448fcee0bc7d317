"""A request body that a client passes on piece by piece."""

from __future__ import annotations

from typing import Any

from .body import Body, Chunks

__all__ = ["DrivenBody"]


class DrivenBody(Body):
    """Another body, each pass over it an iterator of the class ``kind``, made as ``kind(body, *args)``."""

    def __init__(self, body: Body, kind: type, *args: Any) -> None:
        self.content_type = body.content_type
        self.content_length = body.content_length
        self.replayable = body.replayable
        self.is_async = hasattr(kind, "__anext__")
        self._open = (kind, body, args)

    def open(self) -> Chunks:
        """Start one pass. Raises BodyNotReplayable as the body itself."""
        kind, body, args = self._open
        chunks: Chunks = kind(body, *args)
        return chunks
