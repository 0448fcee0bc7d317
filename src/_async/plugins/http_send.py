"""Runs interceptors."""

from __future__ import annotations

from functools import partial

from ..._concurrency import async_call
from ...plugins.http_send import HttpSend
from .pair import AsyncPairHandler

__all__ = ["HANDLER", "AsyncHttpSendHandler"]


class AsyncHttpSendHandler(AsyncPairHandler):
    """The waiting half of HttpSend."""

    __slots__ = ()

    def __init__(self, options: HttpSend) -> None:
        # In the async client too it may be a plain function, one that answers without sending.
        AsyncPairHandler.__init__(self, partial(async_call, options.function), options.name)


HANDLER = AsyncHttpSendHandler
