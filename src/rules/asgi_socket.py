"""A WebSocket of an ASGI application: its messages on one side, bytes by RFC 6455 on the other."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from ..exceptions import MissingExtra
from .app_response import AppEvent, AppHead, AppKind, AppResponse

__all__ = ["AsgiSocket", "accept_key"]

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def accept_key(key: bytes) -> bytes:
    """Return the value of Sec-WebSocket-Accept (RFC 6455 section 4.2.2)."""
    return base64.b64encode(hashlib.sha1(key + _MAGIC).digest())


class AsgiSocket(AppResponse):
    """Stands where a server's WebSocket code would; the server's half of RFC 6455 is that of the websockets package.

    ``heard(data)`` takes bytes of the client, ``sent(message)`` messages of the application. Raises MissingExtra.
    """

    __slots__ = ("_denied", "_key", "_offered", "_pieces", "_protocol", "_text", "accepted", "code", "reason")

    def __init__(self, app: str, key: bytes, offered: list[str]) -> None:
        super().__init__(app, "GET")
        try:
            from websockets.protocol import Protocol, Side
        except ImportError:
            raise MissingExtra("WebSockets need the websockets package; install duohttp[ws]") from None
        self._protocol = Protocol(Side.SERVER, max_size=None)
        self._key = key
        self._offered = offered
        self._denied = False
        self._pieces: list[bytes] = []
        self._text = False
        self.accepted = False
        self.code = 1006
        """Why it was closed, for the application: 1006 until somebody says something else."""
        self.reason = ""

    @property
    def _is_open(self) -> bool:
        return self.accepted and self._protocol.close_sent is None and self._protocol.close_rcvd is None

    # From the client.

    def heard(self, data: bytes) -> tuple[list[dict[str, Any]], list[AppEvent]]:
        """Take bytes; return messages for the application, and what the client is told at once (pongs, a close)."""
        if not self.accepted or self.complete:
            return [], []
        from websockets.frames import Opcode

        protocol = self._protocol
        messages: list[dict[str, Any]] = []
        protocol.receive_data(data)
        for frame in protocol.events_received():
            opcode = frame.opcode  # type: ignore[union-attr]
            if opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                self._collect(frame, opcode is Opcode.TEXT, opcode is Opcode.CONT, messages)
        ended = protocol.close_rcvd or (protocol.close_sent if protocol.parser_exc is not None else None)
        if ended is None:
            return messages, self._written()
        self.code, self.reason = ended.code, ended.reason
        messages.append(self.disconnect())
        return messages, [*self._written(), *self._end()]

    def _collect(self, frame: Any, text: bool, continued: bool, messages: list[dict[str, Any]]) -> None:
        if not continued:
            self._pieces, self._text = [], text
        self._pieces.append(bytes(frame.data))
        if not frame.fin:
            return
        data = b"".join(self._pieces)
        if not self._text:
            messages.append({"type": "websocket.receive", "bytes": data})
            return
        try:
            messages.append({"type": "websocket.receive", "text": data.decode()})
        except UnicodeDecodeError:
            self._protocol.fail(1007, "a text message is no UTF-8")
            self._protocol.parser_exc = ValueError("a text message is no UTF-8")

    def _written(self) -> list[AppEvent]:
        """Return what the protocol has to say to the client."""
        return [(AppKind.PIECE, data) for data in self._protocol.data_to_send() if data]

    def disconnect(self) -> dict[str, Any]:
        """Return the message that tells the application of the end."""
        return {"type": "websocket.disconnect", "code": self.code, "reason": self.reason}

    # From the application.

    def sent(self, message: Any) -> list[AppEvent]:
        """Take a message of the application. Raises ApplicationError for one that must not come, or not now."""
        if not isinstance(message, Mapping) or not isinstance(kind := message.get("type"), str):
            raise self.wrong(f"sent what is no message with a type: {message!r:.200}")
        if kind == "websocket.accept" and not self.started:
            return self._accept(message)
        if kind == "websocket.close" and not self.complete:
            return self._refuse() if not self.started else self._closing(message)
        if kind == "websocket.send" and self._is_open:
            return self._send(message)
        if kind == "websocket.http.response.start" and not self.started:
            self._denied = True
            return [(AppKind.HEAD, self.head(message.get("status"), message.get("headers", ())))]
        if kind == "websocket.http.response.body" and self._denied:
            data = self.piece(message.get("body", b""))
            events: list[AppEvent] = [(AppKind.PIECE, data)] if data else []
            if not message.get("more_body", False):
                self.check_length()
                events += self._end()
            return events
        raise self.wrong(f"sent {kind!r} to a WebSocket where it must not come")

    def _accept(self, message: Mapping[str, Any]) -> list[AppEvent]:
        subprotocol = message.get("subprotocol")
        headers = [
            (b"upgrade", b"websocket"),
            (b"connection", b"Upgrade"),
            (b"sec-websocket-accept", accept_key(self._key)),
        ]
        if subprotocol is not None:
            if subprotocol not in self._offered:
                raise self.wrong(f"chose the subprotocol {subprotocol!r}, which the client did not offer")
            headers.append((b"sec-websocket-protocol", subprotocol.encode("ascii")))
        headers += self.fields(message.get("headers", ()))
        self.started = self.accepted = True
        return [(AppKind.HEAD, AppHead(101, headers, "Switching Protocols"))]

    def _refuse(self) -> list[AppEvent]:
        """An application that closes instead of accepting is a 403."""
        self.started = True
        return [(AppKind.HEAD, AppHead(403, [(b"content-length", b"0")])), *self._end()]

    def _closing(self, message: Mapping[str, Any]) -> list[AppEvent]:
        if not self._is_open:
            raise self.wrong("closed a WebSocket that is not open")
        code = message.get("code")
        return self._close(1000 if code is None else code, message.get("reason") or "")

    def _close(self, code: int, reason: str) -> list[AppEvent]:
        if not self._is_open:
            return []
        try:
            self._protocol.send_close(code, reason)
        except Exception as error:  # a code or a reason that can't be sent
            raise self.wrong(f"closed a WebSocket with {code!r} and {reason!r}: {error}") from error
        self.code, self.reason = code, reason
        return self._written()

    def _send(self, message: Mapping[str, Any]) -> list[AppEvent]:
        text, data = message.get("text"), message.get("bytes")
        if isinstance(text, str):
            self._protocol.send_text(text.encode())
        elif isinstance(data, (bytes, bytearray, memoryview)):
            self._protocol.send_binary(data)
        else:
            raise self.wrong("sent a WebSocket message with neither text (a str) nor bytes")
        return self._written()

    def crashed(self) -> list[AppEvent]:
        """The application raised after it accepted: close as a server does."""
        return [*self._close(1011, ""), *self._end()]

    def returned(self) -> None:
        """The application returned: raise what was wrong before, or that it said nothing."""
        if self.violation is not None:
            raise self.violation
        if not self.started:
            raise self.wrong("returned without accepting or refusing a WebSocket")
        if self._denied and not self.complete:
            raise self.wrong("returned before the end of its response")

    def farewell(self) -> list[AppEvent]:
        """What is left to tell the client when the application has returned: a close, the end."""
        return [] if self.complete else [*self._close(1000, ""), *self._end()]

    def _end(self) -> list[AppEvent]:
        if self.complete:
            return []
        self.complete = True
        return [(AppKind.END, [])]
