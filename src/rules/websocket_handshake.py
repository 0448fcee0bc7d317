"""The opening handshake of a WebSocket: what is asked, and whether the answer is one to it (RFC 6455 section 4)."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha1
from typing import TYPE_CHECKING, Any, TypeVar

from yarl import URL

from ..exceptions import InvalidHeader, InvalidRequest, MissingExtra, WebSocketError
from ..values.headers import Headers
from ..values.websocket import CompressionTypes, PerMessageDeflate

if TYPE_CHECKING:
    from websockets.extensions.base import Extension

    from ..values.response import BaseResponse

__all__ = ["Offer", "check_numbers", "http_url", "new_key"]

T = TypeVar("T")

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
SCHEME = re.compile(r"ws(s?):", re.IGNORECASE)


def http_url(url: T) -> T | str | URL:
    """Return the url of the handshake: ws is http, wss is https (RFC 6455 section 3); any other url is as it was."""
    if isinstance(url, URL):
        return url.with_scheme("http" + url.scheme[2:]) if url.scheme in ("ws", "wss") else url
    if isinstance(url, str):
        found = SCHEME.match(url)
        return url if found is None else f"http{found[1].lower()}:{url[found.end() :]}"
    return url


def new_key() -> str:
    """Return a fresh Sec-WebSocket-Key."""
    return b64encode(os.urandom(16)).decode("ascii")


def accept_of(key: str) -> str:
    """Return the Sec-WebSocket-Accept that answers a key."""
    return b64encode(sha1(key.encode("ascii") + GUID, usedforsecurity=False).digest()).decode("ascii")


class Offer:
    """What the client offers, and the check of what the server made of it.

    Raises InvalidHeader for a subprotocol that is no token or is named twice, InvalidRequest for other values that
    make no sense, and MissingExtra.
    """

    __slots__ = ("_deflate", "_subprotocols")

    def __init__(self, subprotocols: Sequence[str], compression: CompressionTypes) -> None:
        try:
            import websockets.protocol  # noqa: F401 - what comes later needs it
        except ImportError:
            raise MissingExtra("WebSockets need the websockets package; install duohttp[ws]") from None
        self._subprotocols = _checked(subprotocols)
        self._deflate = _deflate_factory(compression)

    def fill(self, headers: Headers) -> None:
        """Add the header fields of the handshake, all but the key."""
        headers["Upgrade"] = "websocket"
        headers["Connection"] = "Upgrade"
        headers["Sec-WebSocket-Version"] = "13"
        if self._subprotocols:
            headers["Sec-WebSocket-Protocol"] = ", ".join(self._subprotocols)
        if self._deflate is not None:
            from websockets.headers import build_extension

            extensions: Any = [(self._deflate.name, self._deflate.get_request_params())]
            headers["Sec-WebSocket-Extensions"] = build_extension(extensions)

    def check(self, response: BaseResponse, key: str) -> tuple[str | None, Extension | None]:
        """Return the subprotocol and the compression that a 101 agreed to.

        Raises WebSocketError where it is no answer to this handshake.
        """
        headers = response.headers
        if [value.lower() for value in headers.getall("upgrade", [])] != ["websocket"]:
            raise _refused(response, f"its Upgrade is {_shown(headers, 'upgrade')}, not 'websocket'")
        tokens = [token.strip().lower() for line in headers.getall("connection", []) for token in line.split(",")]
        if "upgrade" not in tokens:
            raise _refused(response, f"its Connection is {_shown(headers, 'connection')}, not 'Upgrade'")
        if headers.getall("sec-websocket-accept", []) != [accept_of(key)]:
            raise _refused(response, "its Sec-WebSocket-Accept does not belong to the key that was sent")
        return self._subprotocol(response), self._extension(response)

    def _subprotocol(self, response: BaseResponse) -> str | None:
        chosen = response.headers.getall("sec-websocket-protocol", [])
        if not chosen:
            return None
        if len(chosen) > 1 or chosen[0] not in self._subprotocols:
            raise _refused(response, f"it chose the subprotocol {', '.join(chosen)[:100]!r}, which was not offered")
        return chosen[0]

    def _extension(self, response: BaseResponse) -> Extension | None:
        lines = response.headers.getall("sec-websocket-extensions", [])
        if not lines:
            return None
        from websockets.exceptions import InvalidHandshake
        from websockets.headers import parse_extension

        shown = ", ".join(lines)[:100]
        try:
            chosen = [each for line in lines for each in parse_extension(line)]
            if self._deflate is not None and len(chosen) == 1 and chosen[0][0] == self._deflate.name:
                extension: Extension = self._deflate.process_response_params(chosen[0][1], [])
                return extension
        except InvalidHandshake as error:
            raise _refused(response, f"its extension {shown!r} makes no sense: {error}") from None
        raise _refused(response, f"it chose the extension {shown!r}, which was not offered")


def _refused(response: BaseResponse, why: str) -> WebSocketError:
    message = f"the server's answer is no WebSocket handshake: {why}"
    return WebSocketError(message, request=response.request, response=response)


def _shown(headers: Headers, name: str) -> str:
    return repr(", ".join(headers.getall(name, []))[:100])


def check_numbers(options: Mapping[str, object]) -> None:
    """Raise InvalidRequest for an option that is neither a number from 0 on nor None."""
    for name, value in options.items():
        if value is not None and not (isinstance(value, (int, float)) and value >= 0):
            raise InvalidRequest(f"{name} is a number from 0 on, or None, not {value!r}")


def _checked(subprotocols: Sequence[str]) -> tuple[str, ...]:
    if isinstance(subprotocols, (str, bytes)):
        raise InvalidRequest("subprotocols is a list of names, not one name")
    names = tuple(subprotocols)
    for name in names:
        if not isinstance(name, str) or not TOKEN.fullmatch(name):
            raise InvalidHeader(f"{name!r:.100} can't be the name of a subprotocol (RFC 9110 section 5.6.2)")
    if len(set(names)) != len(names):
        raise InvalidHeader("a subprotocol is named twice")
    return names


def _deflate_factory(compression: CompressionTypes) -> Any:
    if not isinstance(compression, (bool, PerMessageDeflate)):
        raise InvalidRequest(f"compression is True, False or a PerMessageDeflate, not {type(compression).__name__}")
    if not compression:
        return None
    from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

    options = PerMessageDeflate() if compression is True else compression
    return ClientPerMessageDeflateFactory(
        server_no_context_takeover=not options.server_context_takeover,
        client_no_context_takeover=not options.client_context_takeover,
        server_max_window_bits=options.server_max_window_bits,
        client_max_window_bits=options.client_max_window_bits or True,
        compress_settings={"level": options.level, "memLevel": options.memory_level},
    )
