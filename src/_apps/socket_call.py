"""One call of an ASGI application for a WebSocket."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

from .._concurrency import StateLock
from ..exceptions import ApplicationError
from ..rules.app_response import AppKind
from ..rules.asgi_socket import AsgiSocket
from .exchange import ClientGone

if TYPE_CHECKING:
    from .._concurrency import AsyncTask
    from .exchange import Exchange

__all__ = ["SocketCall"]

Message = MutableMapping[str, Any]


class SocketCall:
    """Calls ``app(scope, receive, send)``, is ``receive`` and ``send``, and takes the client's bytes."""

    def __init__(self, app: Any, scope: Message, key: bytes, exchange: Exchange, *, raises: bool) -> None:
        self.exchange = exchange
        self.task: AsyncTask[None] | None = None
        self._app = app
        self._scope = scope
        self._raises = raises
        self._socket = AsgiSocket(exchange.app, key, scope["subprotocols"])
        self._lock = StateLock()  # client and application may be in different threads
        exchange.inbox.put({"type": "websocket.connect"})

    async def run(self) -> None:
        """Run the application to its end, however it ends."""
        exchange, socket = self.exchange, self._socket
        try:
            await self._app(self._scope, self.receive, self.send)
            if not exchange.gave_up:
                socket.returned()
                with self._lock:
                    exchange.emit(socket.farewell())
        except ClientGone:
            pass
        except Exception as error:
            if socket.accepted and not exchange.gave_up and not (self._raises or isinstance(error, ApplicationError)):
                with self._lock:
                    exchange.emit(socket.crashed())
            exchange.crash(error, socket, raises=self._raises)
        except BaseException:  # cancelled
            exchange.fail(ApplicationError(f"the application {exchange.app} was cancelled"))
            raise
        finally:
            exchange.returned()

    def heard(self, data: bytes) -> None:
        """Take bytes that the client wrote: pings are answered at once, messages wait for the application."""
        exchange = self.exchange
        with self._lock:
            messages, replies = self._socket.heard(data)
            for message in messages:
                exchange.inbox.put(message, len(message.get("text") or message.get("bytes") or ""))
            if not exchange.gave_up:
                exchange.emit(replies)

    async def receive(self) -> Message:
        """Return the next message for the application."""
        message: Message | None = await self.exchange.inbox.async_take()
        return self._socket.disconnect() if message is None else message

    async def send(self, message: Message) -> None:
        """Take a message from the application; wait while the client does not read what came before."""
        exchange = self.exchange
        with self._lock:
            if self._socket.complete and not self._socket.violation:
                raise ClientGone("the WebSocket is closed")
            events = self._socket.sent(message)
            exchange.emit(events)
        if not events or events[-1][0] is not AppKind.END:
            await exchange.outbox.async_room()
