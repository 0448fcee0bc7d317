"""Many requests at once, with their results in input order."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from yarl import URL

from .._concurrency import AsyncStateLock, AsyncTaskGroup, async_iterate, async_runner, progress_of
from ..exceptions import InvalidRequest, RequestCancelled
from ..rules.fair_queue import FairQueue
from ..rules.travel import portable
from ..values.options import RequestOptions
from ..values.request import Request
from ..values.resource import is_resource
from ..values.url import URLTypes, parse_url
from .statement import AsyncStatement

if TYPE_CHECKING:
    from .._concurrency import AsyncSource
    from .client import AsyncClient

__all__ = [
    "AsyncBatch",
    "AsyncRequestTypes",
    "all_of",
    "checked_limit",
    "origin_of",
    "perform",
]

AsyncRequestTypes: TypeAlias = (
    "URLTypes | tuple[str, URLTypes] | tuple[str, URLTypes, RequestOptions] | Request | AsyncStatement"
)


def checked_limit(limit: int) -> int:
    """Return the limit. Raises ValueError unless it is a whole number from 1 on."""
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise ValueError(f"limit is a whole number from 1 on, not {limit!r}")
    return limit


def origin_of(item: object) -> Hashable:
    """Return what tells the servers of two requests apart; None where it can't be told."""
    if isinstance(item, tuple):
        item = item[1] if len(item) > 1 else None
    elif isinstance(item, AsyncStatement):
        item = item.request.url
    elif isinstance(item, Request):
        item = item.url
    if not isinstance(item, (str, URL)):
        return None
    try:
        url = parse_url(item)
    except InvalidRequest:  # it fails when its turn comes
        return None
    return (url.scheme, url.raw_host, url.port)


async def perform(client: Any, item: Any, into: Any, options: RequestOptions) -> Any:
    """Run one request, whatever it was given as. Raises InvalidRequest for what is none."""
    if isinstance(item, (str, URL)) or is_resource(item):
        return await client.request("GET", item, into=into, **options)
    if isinstance(item, tuple) and len(item) in (2, 3) and isinstance(item[-1], dict) == (len(item) == 3):
        own: RequestOptions = item[2] if len(item) == 3 else {}
        return await client.request(item[0], item[1], into=into, **{**options, **own})
    if isinstance(item, (AsyncStatement, Request)):
        if options:
            raise InvalidRequest(
                f"{item!r} is prepared; {', '.join(sorted(options))} can be given only for urls and tuples"
            )
        if isinstance(item, AsyncStatement):
            return await item.execute(into=into)
        request = item.again()
        request.stream = False
        return await client.send(request, into=into)
    raise InvalidRequest(
        f"a request is a url, (method, url), (method, url, options), a Request or what prepare() returns, not {item!r}"
    )


class AsyncBatch:
    """Runs requests that are all known, at most ``limit`` at once."""

    def __init__(
        self,
        client: AsyncClient,
        items: list[Any],
        *,
        limit: int,
        into: Any,
        return_exceptions: bool,
        executor: Any,
        options: RequestOptions,
    ) -> None:
        self._client = client
        self._into = into
        self._options = options
        self._return_exceptions = return_exceptions
        self._limit = checked_limit(limit)
        self._run = async_runner(executor, portable)
        self._lock = AsyncStateLock()
        self._queue: FairQueue[int] = FairQueue()
        self._items = items
        self._results: list[Any] = [None] * len(items)
        for index, item in enumerate(items):
            self._queue.push(origin_of(item), index)

    async def run(self, progress: Any) -> list[Any]:
        """Run all, and return the results in order. Raises the first failure, unless failures are results."""
        with progress_of(progress, len(self._items)) as shown:
            await self._run_all(shown)
        return self._results

    async def _run_all(self, shown: Any) -> None:
        async with AsyncTaskGroup() as group:
            for _ in range(min(self._limit, len(self._items))):
                group.start_soon(self._work, shown)

    async def _work(self, shown: Any) -> None:
        while True:
            with self._lock:
                taken = self._queue.pop()
            if taken is None:
                return
            origin, index = taken
            item = self._items[index]
            try:
                self._results[index] = await self._run(perform, self._client, item, self._into, self._options)
            except RequestCancelled:
                raise
            except Exception as error:
                if not self._return_exceptions:
                    raise
                self._results[index] = error
            with self._lock:
                self._queue.done(origin)
            shown.advance()


async def all_of(requests: AsyncSource[Any]) -> list[Any]:
    """Return what an iterable of requests holds. A single url is refused: it would be taken for its letters."""
    if isinstance(requests, (str, URL, tuple)) and origin_of(requests) is not None:
        raise TypeError(f"requests are a list (or another iterable) of requests, not a single one: {requests!r}")
    if isinstance(requests, Mapping) or not (isinstance(requests, Iterable) or hasattr(requests, "__aiter__")):
        kind = type(requests).__name__
        raise TypeError(f"requests are a list (or another iterable) of requests, not {kind}: {requests!r}")
    items = []
    async for item in async_iterate(requests):
        items.append(item)
    return items
