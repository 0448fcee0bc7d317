"""Hands copies of responses to observers."""

from __future__ import annotations

from ..._concurrency import AsyncTask, async_call, async_owner, async_spawn, monotonic
from ...plugins.response_observer import ResponseObserver
from ...rules.log_bodies import BodySample
from ...values.request import Request
from ..proceed import AsyncProceed
from ..response import AsyncResponse
from .blame import blame
from .state import shared_state
from .watched import watch

__all__ = ["FINISH", "HANDLER", "AsyncObserverHandler"]

INTERRUPTED = 1.0
"""Seconds to wait for work that was interrupted; some can't be."""


class AsyncObserverHandler:
    """The waiting half of ResponseObserver."""

    __slots__ = ("_options",)

    def __init__(self, options: ResponseObserver) -> None:
        self._options = options

    async def send(self, request: Request, proceed: AsyncProceed) -> AsyncResponse:
        """Send, and see that the observer gets its copy."""
        options = self._options
        if options.filter is not None:
            try:
                wanted = options.filter(request)
            except Exception as error:
                blame(error, options.name)
                raise
            if not wanted:
                return await proceed(request)
        response = await proceed(request)
        if response.is_read:
            self.observe(head_of(response), response.raw_content)
        elif response.network_stream is None:
            watch(response, AsyncCopying(self, head_of(response), options.max_body))
        return response

    def observe(self, copy: AsyncResponse, content: bytes | None) -> None:
        """Start the observer with a copy whose body is this; None for none."""
        if content is not None:
            copy.fill(content, copy.raw_trailers)
        try:
            here = async_owner()
        except RuntimeError:  # no loop runs any more: the response went with it
            return
        state = shared_state(self._options)
        with state.lock:
            running = {task for task in state.value.get(here, ()) if not task.done()}
            full = len(running) >= self._options.limit
            if not full:
                running.add(async_spawn(self._run, copy))
            state.value[here] = running
        if full:
            self._options.report(f"{self._options.limit} are still at work; {copy!r} was left out")

    async def _run(self, copy: AsyncResponse) -> None:
        try:
            await async_call(self._options.on_response_function, copy)
        except Exception as error:
            self._options.report(f"the observer of {copy!r} failed", error)


class AsyncCopying:
    """Keeps a streamed body for the observer."""

    def __init__(self, handler: AsyncObserverHandler, copy: AsyncResponse, limit: int | None) -> None:
        self._handler = handler
        self._copy: AsyncResponse | None = copy
        self._sample = BodySample(limit)
        self.add = self._sample.add

    def end(self, now: float, error: BaseException | None = None, *, complete: bool = False) -> None:
        """Hand the copy over, once."""
        copy, self._copy = self._copy, None
        if copy is not None:
            sample = self._sample
            whole = complete and sample.kept == sample.size
            self._handler.observe(copy, sample.data if whole else None)


def head_of(response: AsyncResponse) -> AsyncResponse:
    """Return a response with the same head and no body."""
    copy = AsyncResponse(
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


async def finish(options: ResponseObserver) -> None:
    """Wait until nothing runs any more; interrupt what takes too long."""
    state = shared_state(options)
    with state.lock:
        running: set[AsyncTask[None]] = state.value.pop(async_owner(), set())
    until = monotonic() + options.close_timeout
    for task in running:
        await task.wait(max(until - monotonic(), 0))
    late = [task for task in running if not task.done()]
    if late:
        options.report(f"{len(late)} still at work when the client closed were interrupted")
    for task in late:
        task.cancel()
    for task in late:
        await task.wait(INTERRUPTED)


HANDLER = AsyncObserverHandler
FINISH = finish
