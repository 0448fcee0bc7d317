"""Limit attempts and calls by the clock."""

from __future__ import annotations

from .. import _concurrency
from ..exceptions import AttemptTimeout, TimeoutException
from ..values.checks import check_options
from ..values.request import Request
from ..values.timeout import Deadline
from .plugin import Plugin, Stage

__all__ = ["AttemptDeadline", "HttpTimeout"]

# A timer may fire a little before the time it was set for.
EARLY = 0.02
# The limit of one read where there is none: more than a week, and less than what sockets take.
LONG = 1e6


class HttpTimeout(Plugin):
    """Limits how long things take by the clock, from their beginning to the end of the body::

        Client(plugins=[HttpTimeout(attempt=3, call=20), Retry(retry_on_timeout=True)])
        client.get(url, attributes={HttpTimeout: HttpTimeout(attempt=10)})

    - ``attempt``: seconds for each attempt, redirects and retries counted one by one, waiting for a connection
      included; AttemptTimeout is raised after them. Retry tries it again where it has ``retry_on_timeout=True``.
    - ``call``: seconds for the whole call with all attempts and the waits between them, as ``Timeout(total=...)``,
      with which the shorter one counts; TotalTimeout is raised after them.
    - ``streams``: with False (default) a streamed response may take as long as it likes: ``attempt`` ends with its
      head, and ``call`` is not counted at all. With True both hold to the end of the body.

    None (default) is no limit. What is given for one request replaces both. The limits on a connection's silence
    (connect, read, write, pool) are the work of ``timeout=``. Raises ValueError for what is no time above 0.
    """

    stage = Stage.ATTEMPT
    handler = "http_timeout"

    def __init__(self, *, attempt: float | None = None, call: float | None = None, streams: bool = False) -> None:
        check_options(HttpTimeout, locals())
        for name, value in (("attempt", attempt), ("call", call)):
            if value is not None and not 0 < value < float("inf"):
                raise ValueError(f"{name} must be a number of seconds above 0, or None, not {value!r}")
        self.attempt = attempt
        self.call = call
        self.streams = streams

    def on_request(self, request: Request) -> None:
        """Set the deadline of the call, unless it has one that is sooner."""
        if self.call is None or (request.stream and not self.streams):
            return
        deadline = request.deadline
        if deadline is None or deadline.remaining() > self.call:
            request.deadline = Deadline(self.call)


class AttemptDeadline(Deadline):
    """The time by which one attempt must have ended; sooner than the call's own deadline."""

    __slots__ = ("call",)

    def __init__(self, seconds: float, call: Deadline | None) -> None:
        Deadline.__init__(self, seconds)
        self.call = call

    def release(self) -> None:
        """Stop limiting: what follows may take as long as the call."""
        self.seconds, self.at = (0.0, float("inf")) if self.call is None else (self.call.seconds, self.call.at)

    def clamp(self, timeout: float | None) -> float:
        """Return the smaller of a timeout and what is left. Raises AttemptTimeout, TotalTimeout."""
        left = self.at - _concurrency.monotonic()
        if left <= 0.0:
            raise self.overrun()
        left = min(left, LONG)
        return left if timeout is None or left < timeout else timeout

    def overrun(self, detail: str = "") -> TimeoutException:
        """Return the error that says whose time is over, the attempt's or the call's."""
        if self.call is not None and self.call.remaining() < EARLY:
            return self.call.overrun(detail)
        return AttemptTimeout(f"the attempt took longer than {self.seconds:g} s" + (detail and f" ({detail})"))
