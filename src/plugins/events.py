"""What happens in a client, told to who wants to know."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from ..values.call import Call
from ..values.request import Request

if TYPE_CHECKING:
    from typing import Self

    from ..values.response import BaseResponse

__all__ = ["Event", "EventKind", "Events", "Subscription", "WatchedCall"]

EventKind: TypeAlias = Literal[
    "created", "sending", "response", "from_cache", "retry", "redirect", "failed", "cancelled", "*"
]
KINDS = get_args(EventKind)
IS_COROUTINE = 0x80  # of code objects, as inspect.CO_COROUTINE


class Event:
    """One thing that happened: ``kind``, the ``request``, and what else there is to know.

    ``response`` is there for "response", "from_cache", "redirect" and a "retry" after a response; ``error`` for
    "failed", "cancelled" and a "retry" after an error. A "redirect" has the request that follows. A "retry" has
    ``retry_count``, from 1 on, and ``delay``, the seconds before it is sent.
    """

    __slots__ = ("delay", "error", "kind", "request", "response", "retry_count")

    def __init__(
        self,
        kind: str,
        request: Request,
        response: BaseResponse | None = None,
        error: BaseException | None = None,
        *,
        retry_count: int = 0,
        delay: float = 0.0,
    ) -> None:
        self.kind = kind
        self.request = request
        self.response = response
        self.error = error
        self.retry_count = retry_count
        self.delay = delay

    def __repr__(self) -> str:
        more = "".join(f", {it!r}" for it in (self.response, self.error) if it is not None)
        return f"<Event {self.kind}: {self.request!r}{more}>"


class Subscription:
    """A listener that is called until ``close()``, or to the end of a ``with`` block."""

    __slots__ = ("_home", "kind", "listener")

    def __init__(self, kind: str, listener: Callable[[Event], object], home: dict[Subscription, None]) -> None:
        self.kind = kind
        self.listener = listener
        self._home = home
        home[self] = None

    def close(self) -> None:
        """Stop the calls. May be called again."""
        self._home.pop(self, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class Events:
    """The events of one client, ``client.events``; derived clients have their own.

    ::

        subscription = client.events.subscribe("retry", lambda event: print(event.retry_count, event.request))
        …
        subscription.close()

    =============  =================================================================================
    ``created``    a call begins
    ``sending``    a request goes to the engine, as all plugins made it: each attempt, each redirect
    ``response``   a response came, its body too unless it is streamed
    ``from_cache`` a stored response is used
    ``retry``      an attempt is given up, another one will follow
    ``redirect``   a redirect is followed
    ``failed``     a call ends with an error
    ``cancelled``  a call ends because it was cancelled
    ``*``          all of them
    =============  =================================================================================

    Listeners are plain functions, called at once, in the order of subscribing, in the thread or task of the request;
    they must not block. What one raises is logged (logger ``duohttp.events``) and breaks nothing. A client nobody
    listens to does no work for it.
    """

    __slots__ = ("_listeners",)

    def __init__(self) -> None:
        # Adding to a dict, taking out of it and list(it) are atomic, so no lock is needed.
        self._listeners: dict[str, dict[Subscription, None]] = {kind: {} for kind in KINDS}

    def subscribe(self, kind: EventKind, listener: Callable[[Event], object]) -> Subscription:
        """Call ``listener(event)`` for each event of a kind. Raises ValueError for other kinds, TypeError for async."""
        if kind not in KINDS:
            raise ValueError(f"there are events of the kinds {', '.join(map(repr, KINDS))}, not {kind!r}")
        if not callable(listener):
            raise TypeError(f"a listener is a function of one event, not {listener!r}")
        if getattr(getattr(listener, "__code__", None), "co_flags", 0) & IS_COROUTINE:
            raise TypeError(f"a listener is called at once and can't be async: {listener!r}")
        return Subscription(kind, listener, self._listeners[kind])

    def emit(
        self,
        kind: EventKind,
        request: Request,
        response: BaseResponse | None = None,
        error: BaseException | None = None,
        **more: Any,
    ) -> None:
        """Tell the listeners; plugins reach this as ``request.call.events``, which is None where nobody listens."""
        subscriptions = [*self._listeners[kind], *self._listeners["*"]]
        if not subscriptions:
            return
        event = Event(kind, request, response, error, **more)
        for subscription in subscriptions:
            try:
                subscription.listener(event)
            except Exception:
                from logging import getLogger

                getLogger("duohttp.events").exception("a listener failed on %r", event)

    def __repr__(self) -> str:
        count = sum(map(len, self._listeners.values()))
        return f"<Events, {count} {'listener' if count == 1 else 'listeners'}>"


class WatchedCall(Call):
    """A call whose events somebody may listen to."""

    def __init__(self, call: Call, events: Events) -> None:
        self.sends = call.sends
        self.attempts = call.attempts
        self.cookies = call.cookies
        self.origin = call.origin
        self.events = events
