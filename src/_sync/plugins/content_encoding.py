# Generated from src/_async/plugins/content_encoding.py by scripts/generate_sync.py. Do not edit.
"""Compresses request bodies."""

from __future__ import annotations

from ...plugins.content_encoding import ContentEncoding
from ...values.request import Request
from ..proceed import Proceed
from ..response import Response
from .blame import blame

__all__ = ["HANDLER", "ContentEncodingHandler"]


class ContentEncodingHandler:
    """The part of ContentEncoding that sends."""

    __slots__ = ("_options",)

    def __init__(self, options: ContentEncoding) -> None:
        self._options = options

    def send(self, request: Request, proceed: Proceed) -> Response:
        """Send the request, its body compressed where that is wanted."""
        if request.body is not None:
            try:
                request = self._options.compressed(request)
            except Exception as error:
                blame(error, self._options.name)
                raise
        return proceed(request)


HANDLER = ContentEncodingHandler
