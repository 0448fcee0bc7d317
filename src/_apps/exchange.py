"""What is between a client and one call of an application."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .._concurrency import StateLock
from ..exceptions import ApplicationError
from ..rules.app_response import AppEvent, AppKind, AppResponse, crashed
from .mailbox import Mailbox

__all__ = ["ClientGone", "Exchange"]


class ClientGone(OSError):
    """Raised to an application that sends to a client that is gone."""


class Exchange:
    """Two mailboxes: ``inbox`` holds what the application receives, ``outbox`` what the client does."""

    def __init__(self, app: str) -> None:
        self.app = app
        self.inbox: Mailbox[Any] = Mailbox()
        self.outbox: Mailbox[AppEvent] = Mailbox()
        self.gave_up = False
        self.on_give_up: Callable[[], object] | None = None
        self._asked = False
        self._lock = StateLock()

    # The request's body.

    def stream_body(self) -> None:
        """Let the client be asked for each piece of the request's body, when the application wants one."""
        self.inbox.on_empty = self._ask

    def _ask(self) -> None:
        with self._lock:
            if self._asked:
                return
            self._asked = True
        self.outbox.put((AppKind.WANT, None))

    def feed(self, data: bytes, *, more: bool) -> None:
        """Give the application a piece of the body, or its end."""
        self._asked = False
        if not more:
            self.inbox.on_empty = None
        self.inbox.put((data, more), len(data))

    # The response.

    def emit(self, events: Iterable[AppEvent]) -> None:
        """Tell the client. Raises ClientGone."""
        if self.gave_up:
            raise ClientGone("the client has given the response up")
        for event in events:
            self.outbox.put(event, len(event[1]) if event[0] is AppKind.PIECE else 0)

    def fail(self, error: BaseException) -> None:
        """Let the client get an exception after what was told so far."""
        self.outbox.put((AppKind.FAILED, error))

    def returned(self) -> None:
        """The application returned, or raised; nothing more comes."""
        self.outbox.put((AppKind.DONE, None))
        self.outbox.close()
        self.inbox.close()

    def give_up(self) -> None:
        """The client wants no more: the application is disconnected. May be called again, from anywhere."""
        with self._lock:
            if self.gave_up:
                return
            self.gave_up = True
        self.inbox.close()
        self.outbox.close(drop=True)
        on_give_up = self.on_give_up
        if on_give_up is not None:
            on_give_up()

    def detach(self) -> None:
        """The response is complete: the application may go on as long as it likes, or until the client closes."""
        self.on_give_up = None

    def shut(self, error: Exception) -> None:
        """The engine closes: the application is disconnected, the client gets the error after what is there."""
        self.gave_up = True
        self.inbox.close()
        self.fail(error)
        self.outbox.close()

    def crash(self, error: Exception, response: AppResponse, *, raises: bool) -> None:
        """The application raised: raise it to the client, or log it and do what a server does."""
        if self.gave_up:
            return
        if raises or isinstance(error, ApplicationError):
            self.fail(error)
            return
        import logging

        logging.getLogger("duohttp").error("the application %s raised", self.app, exc_info=error)
        if not response.started:
            self.emit([event for event in crashed() if response.method != "HEAD" or event[0] is not AppKind.PIECE])
        elif not response.complete:
            self.fail(broken_off(self.app, error))


def broken_off(app: str, error: Exception) -> Exception:
    """Return what a client sees of a server whose application failed in the middle of a response."""
    from ..exceptions import ServerDisconnected

    disconnected = ServerDisconnected(f"the application {app} failed before its response was complete")
    disconnected.__cause__ = error
    return disconnected
