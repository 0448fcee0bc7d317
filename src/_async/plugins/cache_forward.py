"""A request that the cache sends to the server, and what the answer changes."""

from __future__ import annotations

from functools import partial
from uuid import uuid4

from ..._concurrency import wall_time
from ...exceptions import TotalTimeout, TransportError
from ...plugins.cache_body import BodyStore
from ...rules.caching_answers import completed_head, entry_of, expected_length, supersedes, why_not_kept
from ...rules.caching_freshness import Stored
from ...rules.caching_ranges import Joint, covers, joint_of, missing, parse_content_range
from ...rules.caching_serving import STALE_STATUSES, Decision
from ...rules.caching_state import Pending
from ...rules.caching_storing import kept_trailers, why_not_stored
from ...rules.caching_validation import conditions, freshened, head_agrees, updated_by
from ...values.cache_entry import CacheEntry
from ...values.cache_status import CacheStatus
from ...values.response import status_error
from ..response import AsyncBodyStream, AsyncBytesStream, AsyncResponse
from .cache_exchange import AsyncCacheExchange
from .cache_streams import AsyncJoinedStream, AsyncStoringStream, async_stored_stream
from .state import SharedState

__all__ = ["AsyncCacheForward"]

MAX_VARIANTS = 64
"""So many variants of one key are kept; a header that differs in each request would fill the storage."""


class AsyncCacheForward:
    """Sends the request of an exchange; ``run`` returns the response to it, which may be the stored one."""

    __slots__ = ("_access", "_asked", "_conditional", "_decision", "_exchange", "_gap", "_part", "_pending", "_times")

    def __init__(self, exchange: AsyncCacheExchange, decision: Decision) -> None:
        self._exchange = exchange
        self._access = exchange.access
        self._asked = exchange.asked
        self._decision = decision
        self._conditional = False
        self._gap: tuple[int, int] | None = None
        self._part: AsyncBodyStream | None = None
        self._pending: Pending | None = None
        self._times = (0.0, 0.0)

    async def run(self) -> AsyncResponse:
        """Send, and return the response."""
        exchange = self._exchange
        try:
            added = await self._added()
            request = exchange.request
            if added:
                request = request.copy()
                request.headers.update(added)
            with exchange.state.lock:
                self._pending = exchange.state.value.begin(self._asked.key)
            sent = wall_time()
            try:
                response = await exchange.proceed(request)
            except TransportError as error:
                instead = None if isinstance(error, TotalTimeout) else await exchange.instead(error)
                if instead is None:
                    raise
                exchange.failure = error
                return instead
            now = wall_time()
            # What was waited for before it was sent (a rate limit, say) makes no response older.
            self._times = (max(sent, now - response.elapsed_seconds), now)
            try:
                return await self._received(response)
            except BaseException:
                await response.aclose()
                raise
        finally:
            if self._part is not None:
                await self._part.aclose()
            self._ended()

    def _ended(self) -> None:
        pending, self._pending = self._pending, None
        if pending is not None:
            with self._exchange.state.lock:
                self._exchange.state.value.end(pending)

    async def _added(self) -> dict[str, str]:
        """Return the headers that make the server send less (RFC 9111 sections 3.4 and 4.3.1)."""
        asked, found = self._asked, self._exchange.found
        if found is None or asked.conditional or "no-store" in asked.directives:
            return {}
        if covers(found.entry, asked.range_for(found)):
            added = conditions(found)
            self._conditional = bool(added)
            return added
        gap = missing(found)
        if gap is None or asked.method != "GET" or "range" in asked.headers:
            return {}
        self._part = await self._stored_part(found.entry)
        if self._part is None:
            return {}
        self._gap = gap
        return {"Range": f"bytes={gap[0]}-{gap[1] - 1}", "If-Range": found.strong_etag}

    async def _stored_part(self, entry: CacheEntry) -> AsyncBodyStream | None:
        wanted = entry, 0, entry.size
        if self._exchange.request.stream:
            return await async_stored_stream(self._access, wanted, [])
        data = await self._access.read(wanted)
        return None if data is None else AsyncBytesStream(data)

    async def _received(self, response: AsyncResponse) -> AsyncResponse:
        exchange, asked, status = self._exchange, self._asked, response.status_code
        self._tell(response)
        if status == 304 and self._conditional:
            return await self._confirmed(response)
        if status in STALE_STATUSES and exchange.may_stand_in():
            instead = await exchange.instead(status_error(response), status)
            if instead is not None:
                await response.aclose()
                exchange.failure = status_error(response)
                return instead
        if self._gap is not None and status in (206, 416):
            if status == 206 and self._fits(response):
                return await self._completed(response)
            return await self._again(response)
        if asked.method == "HEAD":
            await self._head(response)
        elif status == 304:
            # The client's own condition: what is stored may be confirmed by the way (section 4.3.4).
            await self._update(response, updated_by(response.headers, exchange.candidates, None))
        else:
            await self._keep(response)
        return response

    def _tell(self, response: AsyncResponse, *, stored: bool = False, detail: str = "") -> None:
        response.cache_status = CacheStatus(
            "miss",
            fwd=self._exchange.reason(self._decision.reason),
            fwd_status=response.status_code,
            stored=stored,
            collapsed=self._exchange.collapsed,
            detail=detail,
        )

    async def _again(self, response: AsyncResponse) -> AsyncResponse:
        """Send once more, as if nothing were stored: what is stored is of another version, or gone."""
        await response.aclose()
        exchange = self._exchange
        found, exchange.found = exchange.found, None
        if found is not None:
            await self._access.remove(self._asked.key, [found.entry.id])
        return await AsyncCacheForward(exchange, self._decision).run()

    # Validation.

    async def _confirmed(self, response: AsyncResponse) -> AsyncResponse:
        """Use what is stored, with the head that a 304 gives it (section 4.3.3)."""
        exchange, found = self._exchange, self._exchange.found
        updated = updated_by(response.headers, exchange.candidates, found)
        if found not in updated:
            return await self._again(response)
        await response.aclose()
        kept = await self._update(response, updated)
        exchange.found = Stored(self._freshened(response, found), self._asked.policy)
        useful = exchange.found.left(wall_time()) > 0 and not exchange.found.always_validated
        exchange.note(useful=useful and kept)
        answer = await exchange.answer(self._decision, fwd_status=304, in_memory=not kept)
        if not kept:
            await self._access.remove(self._asked.key, [found.entry.id])
        return await self._again(response) if answer is None else answer

    def _freshened(self, response: AsyncResponse, stored: Stored) -> CacheEntry:
        return freshened(stored.entry, response.raw_headers, self._asked.headers, self._times, self._asked.policy)

    async def _update(self, response: AsyncResponse, updated: list[Stored]) -> bool:
        """Give stored responses the head that a 304 brings; return False where it forbids to keep them."""
        asked = self._asked
        for stored in updated:
            entry = self._freshened(response, stored)
            headers = Stored(entry, asked.policy).headers
            if why_not_stored(asked.headers, asked.directives, entry.status_code, headers, asked.policy):
                return False
            await self._access.update(entry)
        return True

    async def _head(self, response: AsyncResponse) -> None:
        """Freshen what is stored by the answer to a HEAD, or remove what it contradicts (section 4.3.5)."""
        if response.status_code != 200 or "no-store" in self._asked.directives:
            return
        candidates = self._exchange.candidates
        agreeing = [stored for stored in candidates if head_agrees(stored, response.headers)]
        outdated = [stored.entry.id for stored in candidates if stored not in agreeing]
        if outdated:
            await self._access.remove(self._asked.key, outdated)
        await self._update(response, agreeing)

    # Storing.

    async def _keep(self, response: AsyncResponse) -> None:
        """Store a response, at once or while it is read."""
        exchange, asked = self._exchange, self._asked
        candidates = exchange.candidates
        status = response.status_code
        why = why_not_kept(asked, status, response.headers, response.request.headers)
        entry = None
        if not why:
            head = (status, response.raw_headers, response.reason_phrase, response.http_version)
            entry = entry_of(uuid4().hex, asked, head, self._times)
            if entry is None:
                why = "no content-range"
            elif not Stored(entry, asked.policy).is_useful:
                why = "neither lifetime nor validator"
        if entry is None or why:
            exchange.note(useful=False)
            self._tell(response, detail=why)
            if candidates and supersedes(status) and "no-store" not in asked.directives:
                await self._access.remove(asked.key, [stored.entry.id for stored in candidates])
            return
        store = self._store_of(entry, response)
        if response.is_read:
            stored = await self._access.store(store, response.raw_content, response.raw_trailers)
            made = Stored(store.entry, asked.policy)
            useful = stored and made.left(wall_time()) > 0 and not made.always_validated
            exchange.note(useful=useful)
            self._tell(response, stored=stored, detail="" if stored else "the storage does not keep it")
        elif (stream := response._stream) is not None:
            self._tell(response, stored=True)
            self._pending, pending = None, store.pending  # it ends with the stream
            ended = AsyncEnding(exchange.state, pending)
            response.attach(AsyncStoringStream(stream, self._access, store, ended))

    def _store_of(self, entry: CacheEntry, response: AsyncResponse) -> BodyStore:
        exchange, candidates = self._exchange, self._exchange.candidates
        assert self._pending is not None
        joint = Joint(0, None, None, ())
        replaced = [stored.entry for stored in candidates]
        if entry.status_code == 206:
            headers = response.headers
            joint = joint_of(entry.start, entry.start + entry.size, entry.length, candidates, headers)
            etag = Stored(entry, self._asked.policy).strong_etag
            others = [each.entry for each in candidates if not etag or each.strong_etag != etag]
            replaced = [*joint.used, *others]
            entry = entry.replace(start=joint.start)
        ids = [each.id for each in replaced]
        rest = [each.id for each in exchange.entries if each.id not in ids]
        return BodyStore(
            self._access.storage,
            entry,
            self._pending,
            replaces=[*ids, *rest[MAX_VARIANTS - 1 :]],
            before=joint.before,
            after=joint.after,
            kept_trailers=partial(kept_trailers, headers=response.headers, policy=self._asked.policy),
            expected=entry.size if entry.status_code == 206 else expected_length(response.headers),
        )

    # Parts.

    def _fits(self, response: AsyncResponse) -> bool:
        """Whether a 206 is what was missing of the same body (section 3.4)."""
        found = self._exchange.found
        assert found is not None
        assert self._gap is not None
        part = parse_content_range(response.headers.get("content-range", ""))
        etag = response.headers.get("etag", "").strip()
        return part == (*self._gap, found.entry.length) and etag == found.strong_etag

    async def _completed(self, response: AsyncResponse) -> AsyncResponse:
        """Return the whole: what was stored, and what came."""
        found, part = self._exchange.found, self._part
        assert found is not None
        assert part is not None
        new = AsyncBytesStream(response.raw_content) if response.is_read else response.detach()
        assert new is not None
        self._part = None
        streams = [part, new] if found.entry.start == 0 else [new, part]
        headers = completed_head(found, response.raw_headers, self._asked)
        whole = AsyncResponse(200, headers, AsyncJoinedStream(streams, new), response.request)
        whole.http_version = response.http_version
        whole.elapsed_seconds = response.elapsed_seconds
        try:
            await self._keep(whole)
            if not self._exchange.request.stream:
                await whole.load()
        except BaseException:
            await whole.aclose()
            raise
        assert whole.cache_status is not None
        whole.cache_status = whole.cache_status.replace(fwd_status=206)
        return whole


class AsyncEnding:
    """Notes that a streamed response is stored, or will not be."""

    __slots__ = ("_pending", "_state")

    def __init__(self, state: SharedState, pending: Pending) -> None:
        self._state = state
        self._pending = pending

    def __call__(self) -> None:
        with self._state.lock:
            self._state.value.end(self._pending)
