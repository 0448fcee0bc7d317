# Generated from src/_async/unread.py by scripts/generate_sync.py. Do not edit.
"""What becomes of a streamed response that nobody reads."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from ..values.request import Request

if TYPE_CHECKING:
    from .response import BodyStream

__all__ = ["Unread"]


class Unread:
    """Goes with a response as long as that has a stream, and frees the stream's connection when both are dropped.

    A finaliser of the response itself would run for all the responses that never had a stream.
    """

    __slots__ = ("request", "stream")

    def __init__(self, stream: BodyStream, request: Request) -> None:
        self.stream: BodyStream | None = stream
        self.request = request

    def __del__(self) -> None:
        stream = self.stream
        if stream is not None and stream.abandon():
            request = self.request
            try:
                shown = request.shown_url
            except ImportError:  # the interpreter is shutting down
                return
            message = f"the response to {request.method} {shown} was dropped unread; use a with block"
            warnings.warn(message, ResourceWarning, stacklevel=2, source=self)
