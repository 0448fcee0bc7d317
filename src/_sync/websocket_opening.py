# Generated from src/_async/websocket_opening.py by scripts/generate_sync.py. Do not edit.
"""The opening handshake of a WebSocket: an ordinary request, and what its answer becomes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..exceptions import HTTPError, InvalidHeader, UnsupportedByEngine, WebSocketError
from ..rules.websocket_codec import WebSocketCodec
from ..rules.websocket_handshake import Offer, new_key
from ..values.capabilities import Capability
from ..values.timeout import Deadline
from .websocket_link import WebSocketLink

if TYPE_CHECKING:
    from ..values.request import Request
    from .engines.engine import Engine
    from .response import Response
    from .statement import Statement

__all__ = ["Opening", "handshake_request"]

READABLE = 1024 * 1024
"""How much of the body of a refusal is read for the error."""


def handshake_request(engine: Engine, request: Request, offer: Offer) -> None:
    """Make a request the opening handshake, all but its key. Raises UnsupportedByEngine, InvalidHeader."""
    if not engine.capabilities & {Capability.UPGRADE, Capability.WEBSOCKET}:
        raise UnsupportedByEngine(f"{engine!r} does not support {Capability.WEBSOCKET.value}", request=request)
    for name in request.headers:
        if name.lower().startswith("sec-websocket-"):
            raise InvalidHeader(f"{name} is made by websocket(); give it subprotocols= or compression=")
    offer.fill(request.headers)


class Opening:
    """What it takes to open a connection, as often as needed."""

    __slots__ = ("_limits", "_offer", "_times", "statement")

    def __init__(self, statement: Statement, offer: Offer, limits: dict[str, Any], times: dict[str, Any]) -> None:
        self.statement = statement
        self._offer = offer
        self._limits = limits
        self._times = times

    def open(self) -> tuple[WebSocketLink, Response, str | None]:
        """Return a connection, the answer it began with, and the subprotocol.

        Raises WebSocketError, with the server's answer, and what a request raises.
        """
        statement = self.statement
        key = new_key()
        request = statement.request.again()
        request.stream = True
        total = request.timeout.total
        if total is not None and "timeout" in statement._options:
            request.deadline = Deadline(total)
        request.headers["Sec-WebSocket-Key"] = key
        response = statement._start(request)
        try:
            if response.status_code != 101 or response.network_stream is None:
                raise _refused(response)
            subprotocol, extension = self._offer.check(response, key)
            codec = WebSocketCodec(**self._limits, extension=extension)
        except BaseException:
            response.close()
            raise
        return WebSocketLink(response, codec, **self._times), response, subprotocol


def _refused(response: Response) -> WebSocketError:
    """Return the error for a server that answers otherwise, with what its body says."""
    pieces = []
    size = 0
    try:
        for piece in response.iter_raw():
            pieces.append(piece)
            size += len(piece)
            if size > READABLE:
                break
        else:
            response.fill(b"".join(pieces), response.raw_trailers)
    except HTTPError:  # the status says enough
        pass
    status = f"{response.status_code} {response.reason_phrase}".rstrip()
    message = f"the server answered {status} to the WebSocket handshake, not 101 Switching Protocols"
    return WebSocketError(message, request=response.request, response=response)
