"""One call of a WSGI application, in a thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextvars import copy_context
from io import RawIOBase
from typing import TYPE_CHECKING, Any

from ..exceptions import ApplicationError, ConnectError
from ..rules.app_response import AppEvent
from ..rules.wsgi import WsgiResponse
from .exchange import ClientGone

if TYPE_CHECKING:
    from .exchange import Exchange

__all__ = ["WsgiCall"]


class WsgiCall:
    """Calls ``app(environ, start_response)`` and takes what its iterable gives. ``input`` is for the environ."""

    def __init__(self, app: Any, method: str, exchange: Exchange, *, raises: bool) -> None:
        self.exchange = exchange
        self.input = _Input(exchange)
        self.environ: dict[str, Any] = {}
        self._app = app
        self._raises = raises
        self._response = WsgiResponse(exchange.app, method, self._emit)

    def start(self, ended: Callable[[], object]) -> None:
        """Run in a thread; call ``ended`` at its end, in that thread. Raises ConnectError for no thread to be had."""
        context = copy_context()
        thread = threading.Thread(target=context.run, args=(self._run, ended), name="duohttp-wsgi", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            raise ConnectError(f"the application {self.exchange.app} can't be run: {error}") from error

    def _run(self, ended: Callable[[], object]) -> None:
        exchange = self.exchange
        try:
            self._answer()
        except ClientGone:
            pass
        except Exception as error:
            exchange.crash(error, self._response, raises=self._raises)
        except BaseException as error:  # SystemExit ends no more than this call
            exchange.fail(ApplicationError(f"the application {exchange.app} raised {error!r}"))
        finally:
            exchange.returned()
            ended()

    def _answer(self) -> None:
        response = self._response
        pieces = self._app(self.environ, response.start_response)
        try:
            for piece in _each(pieces, response):
                response.write(piece)
            response.finish()
        finally:
            # PEP 3333: always, also when the client is gone.
            if hasattr(pieces, "close"):
                pieces.close()
        if response.violation is not None:
            raise response.violation

    def _emit(self, events: list[AppEvent]) -> None:
        self.exchange.emit(events)
        self.exchange.outbox.room()
        if self.exchange.gave_up:
            raise ClientGone("the client has given the response up")


def _each(pieces: Any, response: WsgiResponse) -> Iterator[Any]:
    try:
        return iter(pieces)
    except TypeError:
        raise response.wrong(f"returned {pieces!r:.100}, which is no iterable of bytes") from None


class _Input(RawIOBase):
    """The request's body as a file; ``wsgi.input``."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._left = b""
        self._more = True

    def readable(self) -> bool:
        return True

    def _piece(self) -> bytes:
        """Return the next piece, or b"" at the end. Raises ClientGone."""
        while self._more:
            item = self._exchange.inbox.take()
            if item is None:
                raise ClientGone("the client has given the request up")
            data, self._more = item
            if data:
                return bytes(data)
        return b""

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def read(self, size: int | None = -1) -> bytes:
        """Read ``size`` bytes, fewer only at the end; all of them without a size."""
        wanted = -1 if size is None else size
        pieces = [self._left] if self._left else []
        have = len(self._left)
        while wanted < 0 or have < wanted:
            piece = self._piece()
            if not piece:
                break
            pieces.append(piece)
            have += len(piece)
        data = b"".join(pieces)
        self._left = b"" if wanted < 0 else data[wanted:]
        return data if wanted < 0 else data[:wanted]

    def readline(self, size: int | None = -1) -> bytes:
        """Read up to the end of a line, which is included, and no more than ``size`` bytes."""
        limit = -1 if size is None else size
        data = self._left
        while (end := data.find(b"\n") + 1) == 0 and (limit < 0 or len(data) < limit):
            piece = self._piece()
            if not piece:
                break
            data += piece
        end = end or len(data)
        if limit >= 0:
            end = min(end, limit)
        self._left = data[end:]
        return data[:end]
