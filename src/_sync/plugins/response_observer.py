# Generated from src/_async/plugins/response_observer.py by scripts/generate_sync.py. Do not edit.
"""Hands copies of responses to observers."""

from __future__ import annotations

from ..._concurrency import Task, call, monotonic, owner, spawn
from ...plugins.response_observer import ResponseObserver
from ...rules.log_bodies import BodySample
from ...values.request import Request
from ..proceed import Proceed
from ..response import Response
from .blame import blame
from .state import shared_state
from .watched import watch

__all__ = ["FINISH", "HANDLER", "ObserverHandler"]

INTERRUPTED = 1.0
"""Seconds to wait for work that was interrupted; some can't be."""


class ObserverHandler:
    """The waiting half of ResponseObserver."""

    __slots__ = ("_options",)

    def __init__(self, options: ResponseObserver) -> None:
        self._options = options

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
        try:
            here = owner()
        except RuntimeError:  # no loop runs any more: the response went with it
            return
        state = shared_state(self._options)
        with state.lock:
            running = {task for task in state.value.get(here, ()) if not task.done()}
            full = len(running) >= self._options.limit
            if not full:
                running.add(spawn(self._run, copy))
            state.value[here] = running
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


def finish(options: ResponseObserver) -> None:
    """Wait until nothing runs any more; interrupt what takes too long."""
    state = shared_state(options)
    with state.lock:
        running: set[Task[None]] = state.value.pop(owner(), set())
    until = monotonic() + options.close_timeout
    for task in running:
        task.wait(max(until - monotonic(), 0))
    late = [task for task in running if not task.done()]
    if late:
        options.report(f"{len(late)} still at work when the client closed were interrupted")
    for task in late:
        task.cancel()
    for task in late:
        task.wait(INTERRUPTED)


HANDLER = ObserverHandler
FINISH = finish
