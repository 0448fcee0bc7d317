"""What travels to another process when an executor runs the requests there."""

from __future__ import annotations

import pickle
from typing import Any

from ..exceptions import InvalidRequest
from ..values.options import CHAIN_OPTIONS
from ..values.request import Request

__all__ = ["portable"]

KEPT = 8
"""How many clients that came from elsewhere one process keeps."""


def portable(argument: Any) -> Any:
    """Return what stands for an argument of a job in another process.

    A client becomes one that is unpickled once in each process, so that the jobs there share its connections. A
    request that is ready or prepared becomes method, url and options, its body included: a Request alone leaves its
    body behind. Raises InvalidRequest for a body that is a stream.
    """
    if hasattr(argument, "build_request"):
        return _Client(argument)
    if isinstance(argument, Request):
        return _described(argument, {})
    request = getattr(argument, "request", None)
    if isinstance(request, Request):
        return _described(request, argument._options)
    return argument


def _described(request: Request, given: Any) -> tuple[str, str, dict[str, Any]]:
    options = {name: value for name, value in given.items() if name in CHAIN_OPTIONS}
    options |= {"headers": list(request.headers.items()), "timeout": request.timeout}
    body = request.body
    if body is not None:
        if body.data is None:
            raise InvalidRequest("a body that is a stream can't travel to another process", request=request)
        options["content"] = body.data
    return request.method, str(request.url), options


class _Client:
    """Stands for a client on its way."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __reduce__(self) -> tuple[Any, ...]:
        return _copy, (pickle.dumps(self._client),)


_copies: dict[bytes, Any] = {}


def _copy(pickled: bytes) -> Any:
    client = _copies.get(pickled)
    if client is None:
        if len(_copies) >= KEPT:
            _copies.clear()
        # Two threads at once keep one of the two.
        client = _copies.setdefault(pickled, pickle.loads(pickled))
    return client
