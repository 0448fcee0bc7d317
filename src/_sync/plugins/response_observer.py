# Generated from src/_async/plugins/response_observer.py by scripts/generate_sync.py. Do not edit.
"""Hands copies of responses to observers."""

from __future__ import annotations

from ..._concurrency import StateLock, Task, call, spawn
from ...plugins.response_observer import ResponseObserver
from ...rules.log_bodies import BodySample
from ...values.request import Request
from ..proceed import Proceed
from ..response import Response
from .blame import blame
from .watched import watch

__all__ = ["HANDLER", "ObserverHandler"]


class ObserverHandler:
    """The waiting half of ResponseObserver."""

    __slots__ = ("_lock", "_options", "_running")

    def __init__(self, options: ResponseObserver) -> None:
        self._options = options
        self._running: set[Task[None]] = set()
        self._lock = StateLock()

    def send(self, request: Request, proceed: Proceed) -> Response:
        """Send, and see that the observer gets its copy."""
        options = self._options
        if options.filter is not None:
            try:
                wanted = options.filter(request)
            except Exception as error:
                blame(error, options.name)
                raise
            if not wanted:
                return proceed(request)
        response = proceed(request)
        if response.is_read:
            self.observe(head_of(response), response.raw_content)
        elif response.network_stream is None:
            watch(response, Copying(self, head_of(response), options.max_body))
        return response

    def observe(self, copy: Response, content: bytes | None) -> None:
        """Start the observer with a copy whose body is this; None for none."""
        if content is not None:
            copy.fill(content, copy.raw_trailers)
        with self._lock:
            self._running = {task for task in self._running if not task.done()}
            full = len(self._running) >= self._options.limit
            if not full:
                try:
                    self._running.add(spawn(self._run, copy))
                except RuntimeError:
                    full = True  # no loop runs any more: the response went with it
        if full:
            self._options.report(f"{self._options.limit} are still at work; {copy!r} was left out")

    def _run(self, copy: Response) -> None:
        try:
            call(self._options.on_response_function, copy)
        except Exception as error:
            self._options.report(f"the observer of {copy!r} failed", error)


class Copying:
    """Keeps a streamed body for the observer."""

    def __init__(self, handler: ObserverHandler, copy: Response, limit: int | None) -> None:
        self._handler = handler
        self._copy: Response | None = copy
        self._sample = BodySample(limit)
        self.add = self._sample.add

    def end(self, now: float, error: BaseException | None = None, *, complete: bool = False) -> None:
        """Hand the copy over, once."""
        copy, self._copy = self._copy, None
        if copy is not None:
            sample = self._sample
            whole = complete and sample.kept == sample.size
            self._handler.observe(copy, sample.data if whole else None)


def head_of(response: Response) -> Response:
    """Return a response with the same head and no body."""
    copy = Response(
        response.status_code,
        response.raw_headers[:],
        None,
        response.request,
        response.reason_phrase,
        response.http_version,
    )
    copy.history = list(response.history)
    copy.elapsed_seconds = response.elapsed_seconds
    copy.raw_trailers = response.raw_trailers
    return copy


HANDLER = ObserverHandler
