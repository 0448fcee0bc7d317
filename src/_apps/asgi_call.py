"""One call of an ASGI application for an HTTP request."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

from ..exceptions import ApplicationError
from ..rules.app_response import AppKind
from ..rules.asgi import AsgiResponse

if TYPE_CHECKING:
    from .._concurrency import AsyncTask
    from .exchange import Exchange

__all__ = ["AsgiCall"]

Message = MutableMapping[str, Any]


class AsgiCall:
    """Calls ``app(scope, receive, send)``, and is ``receive`` and ``send``."""

    def __init__(self, app: Any, scope: Message, exchange: Exchange, *, raises: bool) -> None:
        self.exchange = exchange
        self.task: AsyncTask[None] | None = None
        self._app = app
        self._scope = scope
        self._raises = raises
        self._response = AsgiResponse(exchange.app, scope["method"])

    async def run(self) -> None:
        """Run the application to its end, however it ends."""
        exchange = self.exchange
        try:
            await self._app(self._scope, self.receive, self.send)
            if not exchange.gave_up:
                self._response.returned()
        except Exception as error:
            exchange.crash(error, self._response, raises=self._raises)
        except BaseException:  # cancelled
            exchange.fail(ApplicationError(f"the application {exchange.app} was cancelled"))
            raise
        finally:
            exchange.returned()

    async def receive(self) -> Message:
        """Return the next message for the application: a piece of the body, or that the client is gone."""
        item = await self.exchange.inbox.async_take()
        if item is None:
            return {"type": "http.disconnect"}
        data, more = item
        return {"type": "http.request", "body": data, "more_body": more}

    async def send(self, message: Message) -> None:
        """Take a message from the application; wait while the client does not read what came before."""
        exchange = self.exchange
        events = self._response.sent(message)
        exchange.emit(events)
        if events and events[-1][0] is AppKind.END:
            exchange.inbox.close()
        else:
            await exchange.outbox.async_room()
