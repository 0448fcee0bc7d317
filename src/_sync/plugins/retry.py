# Generated from src/_async/plugins/retry.py by scripts/generate_sync.py. Do not edit.
"""Tries again what failed."""

from __future__ import annotations

from ..._concurrency import call, monotonic, sleep
from ...exceptions import HTTPError, RequestCancelled
from ...plugins.retry import Retry
from ...values.attempt import Attempt, bare_error
from ...values.call import MAX_SENDS
from ...values.request import Request
from ..proceed import Proceed
from ..response import Response
from .state import shared_state

__all__ = ["HANDLER", "RetryHandler"]


class Progress:
    """How far the attempts of one call have come."""

    __slots__ = ("count", "delay", "started")

    def __init__(self) -> None:
        self.count = 0
        self.delay = 0.0
        self.started = 0.0

    def begin(self) -> None:
        """Note that an attempt starts."""
        self.count += 1
        self.started = monotonic()


class RetryHandler:
    """The waiting half of Retry."""

    __slots__ = ("_options",)

    def __init__(self, options: Retry) -> None:
        self._options = options

    def send(self, request: Request, proceed: Proceed) -> Response:
        """Send copies of the request until one attempt is final; return its response, or raise its error."""
        self._deposit()
        options = self._options
        progress = Progress()
        following: Request | None = request.copy()
        while following is not None:
            progress.begin()
            try:
                response = proceed(following)
            except RequestCancelled:
                raise
            except HTTPError as error:
                following = self._after(request, None, error, progress)
                if following is None:
                    error.attempts = tuple(request.call.attempts or ())
                    raise
            else:
                if options.retry_if is None and response.status_code not in options.statuses:
                    _note(request, response, None, monotonic() - progress.started, progress.delay, "")
                    return response
                following = self._after_response(request, response, progress)
        return response

    def _after_response(self, request: Request, response: Response, progress: Progress) -> Request | None:
        try:
            return self._after(request, response, None, progress)
        except BaseException:
            response.close()
            raise

    def _after(
        self, request: Request, response: Response | None, error: HTTPError | None, progress: Progress
    ) -> Request | None:
        """Return the request of the next attempt, once it is time for it; None where this attempt was the last."""
        count = progress.count
        elapsed = monotonic() - progress.started
        pause, final = self._judge(request, response, error, count)
        _note(request, response, error, elapsed, progress.delay, final)
        if pause is None:
            return None
        if response is not None:
            # What is left of a streamed body is of no use: its connection is given up before the wait.
            response.close()
        if request.call.events is not None:
            request.call.events.emit("retry", request, response, error, retry_count=count, delay=pause)
        sleep(pause)
        progress.delay = pause
        following = request.copy()
        if self._options.modify_request is None:
            return following
        changed = call(self._options.modify_request, following, count, response, error)
        if changed is None:
            return following
        if not isinstance(changed, Request):
            found = type(changed).__name__
            raise TypeError(f"Retry.modify_request must return a Request or None: it returned {found}")
        return changed

    def _judge(
        self, request: Request, response: Response | None, error: HTTPError | None, count: int
    ) -> tuple[float | None, str]:
        """Return how long to wait for the next attempt; or None and, after a failure, why this one is the last."""
        options = self._options
        wanted = None
        if options.retry_if is not None:
            wanted = call(options.retry_if, request, response, error)
        if wanted is None:
            wanted = options.wants(request, response, error)
        if not wanted:
            return None, ""
        if count > options.max_retries:
            return None, f"max_retries is {options.max_retries}"
        if request.body is not None and not request.body.replayable:
            return None, "the body can be sent only once"
        if request.call.sends >= MAX_SENDS:
            return None, f"the call was sent {MAX_SENDS} times"
        pause = max(self._own_delay(response, error, count), options.server_delay(response))
        deadline = request.deadline
        if deadline is not None and pause >= deadline.remaining():
            return None, f"a wait of {pause:.3g} s would pass the call's limit of {deadline.seconds:g} s"
        if not self._withdraw():
            return None, "the retry budget is used up"
        return pause, ""

    def _own_delay(self, response: Response | None, error: HTTPError | None, count: int) -> float:
        options = self._options
        if options.delay is None:
            return options.own_delay(count)
        seconds = call(options.delay, count, response, error)
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds < float("inf"):
            raise TypeError(f"Retry.delay must return seconds, a number from 0 on: it returned {seconds!r}")
        return seconds

    def _deposit(self) -> None:
        state = shared_state(self._options)
        if state.value is not None:
            with state.lock:
                state.value.deposit()

    def _withdraw(self) -> bool:
        state = shared_state(self._options)
        if state.value is None:
            return True
        with state.lock:
            taken: bool = state.value.withdraw(monotonic())
        return taken


def _note(
    request: Request,
    response: Response | None,
    error: HTTPError | None,
    elapsed: float,
    delay: float,
    final: str,
) -> None:
    """Add to the record of the call."""
    attempts = request.call.attempts
    if attempts is None:
        attempts = request.call.attempts = []
    status = None if response is None else response.status_code
    kept = None if error is None else bare_error(error)
    attempts.append(Attempt(len(attempts) + 1, status, kept, elapsed, delay, final))


HANDLER = RetryHandler
