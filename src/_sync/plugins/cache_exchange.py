# Generated from src/_async/plugins/cache_exchange.py by scripts/generate_sync.py. Do not edit.
"""One request to a cache: what is stored for it, and what the server says."""

from __future__ import annotations

from ..._concurrency import monotonic, wall_time
from ...exceptions import HTTPError
from ...rules.caching_answers import answer_of
from ...rules.caching_freshness import Stored
from ...rules.caching_request import Asked
from ...rules.caching_serving import Decision, stale_on_error
from ...values.cache_entry import CacheEntry
from ...values.cache_status import CacheOutcome, CacheStatus
from ...values.request import Request
from ..proceed import Proceed
from ..response import Response
from .cache_access import CacheAccess
from .cache_streams import stored_stream
from .state import SharedState

__all__ = ["CacheExchange"]


class CacheExchange:
    """A GET or HEAD, and what is stored for it.

    ``candidates`` are the stored responses that could answer it, ``found`` is the one that would. ``failure`` is the
    error in whose place a stale response stood.
    """

    __slots__ = (
        *("_started", "access", "asked", "candidates", "collapsed", "entries", "failure", "found"),
        *("proceed", "request", "state"),
    )

    def __init__(
        self, access: CacheAccess, state: SharedState, asked: Asked, request: Request, proceed: Proceed
    ) -> None:
        self.access = access
        self.state = state
        self.asked = asked
        self.request = request
        self.proceed = proceed
        self.entries: list[CacheEntry] = []
        self._started = monotonic()
        self.candidates: list[Stored] = []
        self.found: Stored | None = None
        self.collapsed = False
        self.failure: HTTPError | None = None

    def look(self) -> None:
        """Find what is stored."""
        self.entries = self.access.entries(self.asked.key)
        self.candidates = self.asked.candidates(self.entries)

    def forget(self) -> None:
        """Have nothing stored that could answer; what comes replaces it."""
        self.found = None

    def note(self, *, useful: bool) -> None:
        """Remember whether others have a use for what came."""
        if not self.asked.may_wait:
            return  # it says nothing about requests that may
        with self.state.lock:
            self.state.value.note(self.asked.key, useful=useful)

    # From the cache.

    def refusal(self, reason: str) -> Response:
        """Return the 504 for ``only-if-cached`` (RFC 9111 section 5.2.1.7)."""
        response = Response(504, [(b"Content-Length", b"0")], None, self.request)
        response.fill(b"", [])
        response.cache_status = CacheStatus("miss", fwd=self.reason(reason), detail="only-if-cached")
        return response

    def reason(self, reason: str) -> str:
        """Return why the request is forwarded, in the words of RFC 9211."""
        if reason != "miss":
            return reason
        return "vary-miss" if self.entries else "uri-miss"

    def answer(
        self, decision: Decision, *, fwd_status: int = 0, detail: str = "", in_memory: bool = False
    ) -> Response | None:
        """Return the stored response as the answer; None where its body is gone.

        ``fwd_status`` is the status that the server answered meanwhile: 304 where it confirmed the response.
        """
        found = self.found
        assert found is not None
        now = wall_time()
        validated = fwd_status == 304
        answer = answer_of(found, self.asked, now, validated=validated)
        response = Response(answer.status_code, answer.raw_headers, None, self.request)
        if answer.status_code == found.entry.status_code:
            response.reason_phrase = found.entry.reason_phrase
        response.http_version = found.entry.http_version
        trailers = list(found.entry.trailers)
        if answer.size == 0:
            response.fill(b"", [])
        elif self.request.stream and not in_memory:
            stream = stored_stream(self.access, (found.entry, answer.start, answer.size), trailers)
            if stream is None:
                return None
            response.attach(stream)
        else:
            data = self.access.read((found.entry, answer.start, answer.size))
            if data is None:
                return None
            response.fill(data, trailers)
        outcome: CacheOutcome = "revalidated" if validated else "stale" if decision.stale else "hit"
        response.cache_status = CacheStatus(
            outcome,
            age=found.age(now),
            fwd=decision.reason if fwd_status or detail else "",
            fwd_status=fwd_status,
            ttl=int(found.left(now)),
            stored=validated,
            collapsed=self.collapsed,
            detail=detail,
        )
        response.elapsed_seconds = monotonic() - self._started
        if self.request.call.events is not None:
            self.request.call.events.emit("from_cache", self.request, response)
        return response

    def instead(self, error: HTTPError, status_code: int = 0) -> Response | None:
        """Return a stale response in place of an error, where that is allowed (RFC 5861 section 4)."""
        if not self.may_stand_in():
            return None
        decision = Decision("use", "stale", stale=True)
        return self.answer(decision, fwd_status=status_code, detail=type(error).__name__)

    def may_stand_in(self) -> bool:
        """Whether the stored response may be used where the server fails."""
        asked, found = self.asked, self.found
        return stale_on_error(asked.directives, asked.range_for(found), found, wall_time())
