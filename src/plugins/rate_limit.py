"""Don't ask more often than is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..rules.rate_limit_fields import quota_of
from ..rules.rate_limits import Gate, Gates
from ..rules.retry_after import retry_after
from ..values.checks import check_options
from .plugin import Stage
from .shared_state import StatefulPlugin

if TYPE_CHECKING:
    from ..values.headers import RawHeaders
    from ..values.response import BaseResponse

__all__ = ["RateLimit"]


class RateLimit(StatefulPlugin):
    """Holds requests back, first come first served, to what a server wants::

        Client(plugins=[RateLimit(10)])                          # 10 a second for each origin
        Client(plugins=[RateLimit(5000, per=3600, burst=20)])    # 5000 an hour, no more than 20 at once
        Client(plugins=[RateLimit(concurrent=4, overall=True)])  # 4 at a time, whatever the origin

    - ``requests`` in ``per`` (1) seconds: a bucket of that many tokens, which fills at this rate; None for no limit.
      ``burst`` is its size where it should be another: with ``burst=1`` requests are spread evenly.
    - ``concurrent``: how many may be under way, to the end of their bodies; None for no limit.
    - ``overall``: one limit for all (True) or one for each origin (False).
    - ``learn`` (True): a 429 or 503 with Retry-After closes the gate for so long; RateLimit and RateLimit-Policy,
      RateLimit-Remaining and RateLimit-Reset (X- in front is understood) close it when the server's quota is used up.
      ``max_retry_after`` (300) is the longest time in seconds that a server is believed.
    - ``max_wait``: seconds after which a request that waits gives up with RateLimitTimeout; None for no limit.

    A request that can't go before its call's deadline is not kept waiting: TotalTimeout is raised at once. All clients
    that have this object share its limits. Raises ValueError for options out of range.
    """

    stage = Stage.RATE_LIMIT
    handler = "rate_limit"

    def __init__(
        self,
        requests: float | None = None,
        *,
        per: float = 1.0,
        burst: float | None = None,
        concurrent: int | None = None,
        overall: bool = False,
        learn: bool = True,
        max_retry_after: float = 300.0,
        max_wait: float | None = None,
    ) -> None:
        check_options(RateLimit, locals())
        for name, value in (("requests", requests), ("per", per)):
            if value is not None and not 0 < value < float("inf"):
                raise ValueError(f"{name} must be a number above 0, not {value!r}")
        if burst is not None and not 1 <= burst < float("inf"):
            raise ValueError(f"burst must be a number from 1 on, not {burst!r}")
        if concurrent is not None and concurrent < 1:
            raise ValueError(f"concurrent must be a whole number from 1 on, not {concurrent!r}")
        for name, value in (("max_retry_after", max_retry_after), ("max_wait", max_wait)):
            if value is not None and not 0 <= value < float("inf"):
                raise ValueError(f"{name} must be a number of seconds from 0 on, not {value!r}")
        self.requests = requests
        self.per = per
        self.burst = burst
        self.concurrent = concurrent
        self.overall = overall
        self.learn = learn
        self.max_retry_after = max_retry_after
        self.max_wait = max_wait

    def new_state(self) -> Gates:
        """Return gates that let as many through as the limits allow."""
        rate = None if self.requests is None else self.requests / self.per
        capacity = self.burst or max(1.0, self.requests or 1.0)
        return Gates(rate, capacity, self.concurrent)

    def heed(self, response: BaseResponse, gate: Gate, now: float) -> None:
        """Close the gate as the server wishes."""
        if response.status_code in (429, 503):
            seconds = retry_after(response)
            if seconds:
                gate.block(now + min(seconds, self.max_retry_after))
        if not _tells_limits(response.raw_headers):
            return
        quota = quota_of(response.headers)
        if quota is not None:
            gate.learn(quota, now + min(quota.reset, self.max_retry_after))


def _tells_limits(raw_headers: RawHeaders) -> bool:
    # Most responses don't, and the dict of their headers need not be made for it.
    for name, _ in raw_headers:  # noqa: SIM110 - any() is twice as slow
        if name[-5:].lower() in (b"limit", b"reset"):
            return True
    return False
