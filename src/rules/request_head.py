"""The head of an HTTP/1.1 request, made once for what is asked again and again."""

from __future__ import annotations

from ..values.request import Request
from ..values.url import Endpoint
from .framing import encode_request

__all__ = ["encode_head"]

_HEADS_MAX = 512


def encode_head(request: Request, endpoint: Endpoint) -> tuple[bytes, int | None]:
    """Return the head and the length of the body (None: chunked); see ``encode_request``.

    A request without body whose headers are just its client's has the head it had the last time.
    """
    shared = request.shared_headers
    if shared is None or request.body is not None:
        return encode_request(request.method, endpoint.target, endpoint.host, request.headers, request.body)
    heads = shared.heads
    key = (request.method, endpoint.target, endpoint.host)
    head = heads.get(key)
    if head is None:
        head, _ = encode_request(*key, shared, None)
        if len(heads) >= _HEADS_MAX:
            heads.clear()
        heads[key] = head
    return head, 0
