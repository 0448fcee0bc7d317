"""Cancellation of threads."""

from __future__ import annotations

import _thread
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

from ..exceptions import RequestCancelled
from .cell import StateLock

__all__ = ["CancelToken", "Shield", "checkpoint", "current_token", "pause"]

T = TypeVar("T")


class _Local(_thread._local):  # threading.local, which need not be loaded for it
    token: CancelToken | None = None


local = _Local()
"""``local.token`` is what ``current_token`` returns, for those who look at each read and write."""


def current_token() -> CancelToken | None:
    """Return the token this thread runs under, or None. Cheap: one attribute of a thread-local."""
    return local.token


def checkpoint() -> None:
    """Raise RequestCancelled if this thread's token is cancelled, in a loop that may not wait for long."""
    token = local.token
    if token is not None:
        token.check()


class CancelToken:
    """Tells a thread to stop waiting: what it waits for is interrupted, and it raises RequestCancelled.

    A token that has a parent is cancelled with it. ``token.run(function, *args)`` runs a function under the token.
    All waiting of ``_concurrency`` heeds the current token already. Other code that blocks does so like this::

        token = current_token()
        if token is None:
            data = sock.recv(size)
        else:
            token.register(self.interrupt)  # RequestCancelled at once if it was cancelled before
            try:
                data = sock.recv(size)      # self.interrupt shuts the socket down, so this returns or fails
            finally:
                token.unregister(self.interrupt)
            token.check()                   # RequestCancelled, whatever the interrupted call returned

    and where the call raises after an interruption, ``token.check()`` belongs before the error is translated.
    What was interrupted is of no more use, even if the call succeeded: close it.

    An interrupter is called at most once, in the thread that cancels, and never after ``unregister`` returned. It
    must not block, nor take a lock that is held around ``register`` or ``unregister``. One token serves one thread
    best (each thread of a TaskGroup has one of its own), but may be used by several.
    """

    __slots__ = ("_cancelled", "_interrupters", "_lock", "_parent")

    def __init__(self, parent: CancelToken | None = None) -> None:
        self._cancelled = False
        self._lock = StateLock()
        self._interrupters: dict[Callable[[], object], None] = {}
        self._parent = parent
        if parent is not None and not parent._add(self.cancel):
            self._cancelled = True

    @property
    def cancelled(self) -> bool:
        """Whether the token was cancelled."""
        return self._cancelled

    def check(self) -> None:
        """Raise RequestCancelled if the token was cancelled."""
        if self._cancelled:
            raise RequestCancelled("the request was cancelled by the scope it belongs to")

    def cancel(self) -> None:
        """Cancel this token and its children; may be called from any thread, and again."""
        with self._lock:
            if self._cancelled:
                return
            self._cancelled = True
            interrupters = list(self._interrupters)
            self._interrupters.clear()
            for interrupt in interrupters:
                try:
                    interrupt()
                except Exception:  # one that fails must not keep the others from being woken
                    pass

    def register(self, interrupt: Callable[[], object]) -> None:
        """Have ``interrupt()`` called when the token is cancelled. Raises RequestCancelled if it is already."""
        if not self._add(interrupt):
            self.check()

    def _add(self, interrupt: Callable[[], object]) -> bool:
        with self._lock:
            if self._cancelled:
                return False
            self._interrupters[interrupt] = None
            return True

    def unregister(self, interrupt: Callable[[], object]) -> None:
        """Undo ``register``; once this returned, ``interrupt`` is not and will not be running."""
        with self._lock:
            self._interrupters.pop(interrupt, None)

    def run(self, function: Callable[..., T], *args: Any) -> T:
        """Call the function with this token as the thread's current one."""
        before = local.token
        local.token = self
        try:
            return function(*args)
        finally:
            local.token = before

    def close(self) -> None:
        """Detach the token from its parent, when what it stood for has ended."""
        parent, self._parent = self._parent, None
        if parent is not None:
            parent.unregister(self.cancel)


def set_current(token: CancelToken | None) -> CancelToken | None:
    """Make a token the current one of this thread, and return the one before."""
    before = local.token
    local.token = token
    return before


class Shield:
    """A block that cancellation does not interrupt: the thread has no token inside. For cleaning up that waits."""

    __slots__ = ("_token",)

    def __enter__(self) -> None:
        self._token = set_current(None)

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        set_current(self._token)


def pause(seconds: float) -> None:
    """Sleep by the real clock. Raises RequestCancelled when the current token is cancelled."""
    token = local.token
    if token is None:
        time.sleep(max(seconds, 0.0))
        return
    token.check()
    if seconds <= 0:
        time.sleep(0)
        return
    from .waiting import Waiter

    try:
        Waiter[None]().wait(seconds)
    except TimeoutError:
        pass
