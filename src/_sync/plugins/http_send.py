# Generated from src/_async/plugins/http_send.py by scripts/generate_sync.py. Do not edit.
"""Runs interceptors."""

from __future__ import annotations

from functools import partial

from ..._concurrency import call
from ...plugins.http_send import HttpSend
from .pair import PairHandler

__all__ = ["HANDLER", "HttpSendHandler"]


class HttpSendHandler(PairHandler):
    """The waiting half of HttpSend."""

    __slots__ = ()

    def __init__(self, options: HttpSend) -> None:
        # In the async client too it may be a plain function, one that answers without sending.
        PairHandler.__init__(self, partial(call, options.function), options.name)


HANDLER = HttpSendHandler
