"""Try again what failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

from ..exceptions import HTTPError
from ..rules.retries import IDEMPOTENT, RETRIED_STATUSES, RetryBudget, may_be_repeated, was_not_sent
from ..rules.retry_after import retry_after
from ..values.checks import check_options
from .plugin import Stage
from .shared_state import StatefulPlugin

if TYPE_CHECKING:
    from ..values.request import Request
    from ..values.response import BaseResponse

__all__ = ["Retry"]

RetryIf: TypeAlias = "Callable[[Request, BaseResponse | None, HTTPError | None], Any]"
ModifyRequest: TypeAlias = "Callable[[Request, int, BaseResponse | None, HTTPError | None], Any]"
Delay: TypeAlias = "Callable[[int, BaseResponse | None, HTTPError | None], Any]"


class Retry(StatefulPlugin):
    """Sends a request again when the connection broke or the server was in trouble, after a while::

        Client(plugins=[Retry(max_retries=5, base_delay=0.5)])
        client.get(url, attributes={Retry: Retry(max_retries=0)})

    What is tried again, at most ``max_retries`` (3) times:

    - failures to connect (ConnectError, ConnectTimeout, and ProxyError if ``transient``), whatever the method, since
      nothing was sent; not TLSError;
    - other broken connections and answers (ReadError, WriteError, ServerDisconnected, RemoteProtocolError), and
      responses with one of ``statuses`` (429 and 500 to 599), for ``methods``: by default those that are idempotent
      (RFC 9110 section 9.2.2), with ``any_method=True`` all;
    - other timeouts only with ``retry_on_timeout=True``, PoolTimeout among them: more requests would not make
      connections free. The end of the whole call (TotalTimeout) is final, and so is a cancellation.

    ``retry_if(request, response, error)`` decides instead: true, false, or None for the default; one of the last two
    arguments is None. It is asked about every response and error, also about a 200.

    Whatever was decided, only a body that is ``replayable`` goes out again, no attempt is made that could not begin
    before the call's deadline, and all plugins together send no more than 20 times in one call. Then the last response
    or error stands, and the ``final`` of its last attempt says why: see ``response.attempts``, ``error.attempts``.

    How long to wait, in seconds: ``base_delay`` (1), times ``base`` (2) for each retry, up to ``max_delay`` (60), of
    which a random share of ``jitter`` is left out: 1.0 means anything from none to all (full jitter), 0 no chance at
    all. ``random`` gives numbers from 0 to 1, ``random.Random(7).random`` always the same ones. ``constant_delay``
    replaces all that, as does ``delay(retry_count, response, error)``. A 429 or 503 that has Retry-After (seconds or
    a date) is waited for at least that long, up to ``max_retry_after`` (120), unless ``respect_retry_after=False``.

    ``modify_request(request, retry_count, response, error)`` may change the request of a retry, or return another.
    It, ``retry_if`` and ``delay`` may be async functions in the async client.

    ``budget`` (0.2) is the share of requests that may be retries, over all clients that have this object, and
    ``budget_per_second`` (10) what may be tried again in any case; ``budget=None`` for no such limit.

    The body of a saved response is part of the attempt; that of a streamed one is not. Raises ValueError for options
    out of range.
    """

    stage = Stage.RETRY
    handler = "retry"

    def __init__(
        self,
        max_retries: int = 3,
        *,
        methods: Iterable[str] = IDEMPOTENT,
        any_method: bool = False,
        statuses: Iterable[int] = RETRIED_STATUSES,
        retry_on_timeout: bool = False,
        retry_if: RetryIf | None = None,
        base_delay: float = 1.0,
        base: float = 2.0,
        max_delay: float = 60.0,
        jitter: float = 1.0,
        random: Callable[[], float] | None = None,
        constant_delay: float | None = None,
        delay: Delay | None = None,
        respect_retry_after: bool = True,
        max_retry_after: float = 120.0,
        modify_request: ModifyRequest | None = None,
        budget: float | None = 0.2,
        budget_per_second: float = 10.0,
    ) -> None:
        check_options(Retry, locals())
        if max_retries < 0:
            raise ValueError(f"max_retries must be a whole number from 0 on, not {max_retries!r}")
        if constant_delay is not None and delay is not None:
            raise ValueError("give constant_delay or delay, not both")
        _check(base_delay=base_delay, max_delay=max_delay, constant_delay=constant_delay or 0.0)
        _check(max_retry_after=max_retry_after, budget=budget or 0.0, budget_per_second=budget_per_second)
        if not 1 <= base < float("inf"):
            raise ValueError(f"base must be a number from 1 on, not {base!r}")
        if not 0 <= jitter <= 1:
            raise ValueError(f"jitter must be a share from 0 to 1, not {jitter!r}")
        self.max_retries = max_retries
        self.methods = frozenset(method.upper() for method in methods)
        self.any_method = any_method
        self.statuses = frozenset(statuses)
        for status in self.statuses:
            if not isinstance(status, int):
                raise TypeError(f"a status is a number, not {status!r}")
        self.retry_on_timeout = retry_on_timeout
        self.retry_if = retry_if
        self.base_delay = base_delay
        self.base = base
        self.max_delay = max_delay
        self.jitter = jitter
        self.random = random
        self.constant_delay = constant_delay
        self.delay = delay
        self.respect_retry_after = respect_retry_after
        self.max_retry_after = max_retry_after
        self.modify_request = modify_request
        self.budget = budget
        self.budget_per_second = budget_per_second

    def new_state(self) -> RetryBudget | None:
        """Return a full budget, or None where there is none."""
        return None if self.budget is None else RetryBudget(self.budget, self.budget_per_second)

    def wants(self, request: Request, response: BaseResponse | None, error: HTTPError | None) -> bool:
        """Return whether a response or an error is a reason to try again, ``retry_if`` aside."""
        if error is not None:
            if was_not_sent(error):
                return True
            if not may_be_repeated(error, timeouts=self.retry_on_timeout):
                return False
        elif response is None or response.status_code not in self.statuses:
            return False
        return self.any_method or request.method in self.methods

    def own_delay(self, retry_count: int) -> float:
        """Return the seconds to wait before the n-th retry, the server's wishes aside."""
        if self.constant_delay is not None:
            return self.constant_delay
        try:
            seconds = min(self.base_delay * self.base ** (retry_count - 1), self.max_delay)
        except OverflowError:
            seconds = self.max_delay
        if not self.jitter:
            return seconds
        if self.random is None:
            from random import random
        else:
            random = self.random
        return seconds * (1 - self.jitter * random())

    @property
    def calls_back(self) -> bool:
        """Whether it calls functions of the user's that may wait."""
        return bool(self.retry_if or self.delay or self.modify_request)

    def server_delay(self, response: BaseResponse | None) -> float:
        """Return the seconds that Retry-After asks for, within ``max_retry_after``; 0 where it does not."""
        if response is None or response.status_code not in (429, 503) or not self.respect_retry_after:
            return 0.0
        return min(retry_after(response) or 0.0, self.max_retry_after)


def _check(**options: float) -> None:
    for name, value in options.items():
        if not 0 <= value < float("inf"):
            raise ValueError(f"{name} must be a number from 0 on, not {value!r}")
