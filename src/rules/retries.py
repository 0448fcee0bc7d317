"""What may be tried again, and how many retries a client may afford."""

from __future__ import annotations

from ..exceptions import (
    ConnectError,
    ConnectTimeout,
    HTTPError,
    ProxyError,
    ReadError,
    RemoteProtocolError,
    TimeoutException,
    TLSError,
    TotalTimeout,
    WriteError,
)

__all__ = ["IDEMPOTENT", "RETRIED_STATUSES", "RetryBudget", "may_be_repeated", "was_not_sent"]

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "QUERY"})
"""Methods that may be sent twice (RFC 9110 section 9.2.2)."""

RETRIED_STATUSES = frozenset({429, *range(500, 600)})


def was_not_sent(error: HTTPError) -> bool:
    """Whether an error says that no connection was made, so that the server saw nothing and any method may go again.

    A failed TLS handshake is no such error: a certificate does not get better. Of what a proxy does wrong, some may.
    """
    if isinstance(error, ProxyError):
        return error.transient
    return isinstance(error, (ConnectError, ConnectTimeout)) and not isinstance(error, TLSError)


def may_be_repeated(error: HTTPError, *, timeouts: bool) -> bool:
    """Whether an error is one that the next attempt may not meet: the connection broke, or (if asked) was too slow."""
    if isinstance(error, TimeoutException):
        return timeouts and not isinstance(error, TotalTimeout)
    return isinstance(error, (ReadError, WriteError, RemoteProtocolError))


class RetryBudget:
    """A bucket of tokens: each request adds a share of one, each second some, each retry takes one.

    It keeps retries from multiplying the load on a server that is in trouble. Not safe between threads: its user
    holds a lock.
    """

    __slots__ = ("_at", "_max", "_per_second", "_reserve", "_share", "_tokens")

    def __init__(self, share: float, per_second: float) -> None:
        self._share = share
        self._per_second = per_second
        # What may be saved up: ten seconds, and the share of a hundred requests.
        self._reserve = 10 * per_second
        self._max = self._reserve + 100 * share
        self._tokens = self._reserve
        self._at: float | None = None

    @property
    def tokens(self) -> float:
        """How many retries may be made now."""
        return self._tokens

    def deposit(self) -> None:
        """Note one request."""
        self._tokens = min(self._tokens + self._share, self._max)

    def withdraw(self, now: float) -> bool:
        """Take a token for one retry; return whether there was one."""
        if self._at is not None and self._tokens < self._reserve:
            self._tokens = min(self._tokens + (now - self._at) * self._per_second, self._reserve)
        self._at = now
        # Shares that are no binary fractions must add up to a whole.
        if self._tokens < 1 - 1e-9:
            return False
        self._tokens = max(0.0, self._tokens - 1)
        return True
