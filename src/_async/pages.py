"""A list that comes in pages, as one iterator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from yarl import URL

from ..exceptions import HTTPError
from ..rules.pagination import PageStrategy, raw_items
from ..values.options import RequestOptions
from ..values.response import status_error
from .response import AsyncResponse
from .statement import AsyncStatement

if TYPE_CHECKING:
    from typing import Self

    from .client import AsyncClient

__all__ = ["AsyncPages"]

T = TypeVar("T")


class AsyncPages(AsyncIterator[T], Generic[T]):
    """The items of ``client.paginate(url)``, page after page; ``pages()`` iterates over the responses instead.

    A page is asked for when the items of the one before are used up; at most one is in memory.
    """

    def __init__(
        self,
        client: AsyncClient,
        statement: AsyncStatement,
        options: RequestOptions,
        *,
        into: Any,
        strategy: PageStrategy,
        max_pages: int | None,
    ) -> None:
        self._client = client
        self._statement = statement
        self._options = options
        self._into = list[into]
        self._strategy = strategy
        self._max_pages = max_pages
        self._count = 0
        self._start = statement.request.url
        self._next: URL | None = strategy.first(self._start)
        self._items: Any = iter(())

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        while True:
            for item in self._items:
                return cast("T", item)
            page = await self._page()
            if page is None:
                break
            self._items = iter(page[1])
        raise StopAsyncIteration

    def pages(self) -> AsyncIterator[AsyncResponse]:
        """Return an iterator over the responses, in place of their items."""
        return AsyncPageResponses(self)

    async def _page(self) -> tuple[AsyncResponse, list[Any]] | None:
        """Ask for the next page. Raises StatusError for all but 2xx, DecodingError."""
        url = self._next
        if url is None or (self._max_pages is not None and self._count >= self._max_pages):
            return None
        self._next = None  # an error is the end
        request = self._statement.request.again()
        request.url = url
        response = await AsyncStatement(self._client, request, self._options).execute()
        if response.status_code >= 300:
            raise status_error(response)
        self._count += 1
        try:
            items = self._decoded(response)
            self._next = self._strategy.following(response, self._start, self._count, len(items))
        except HTTPError as error:
            raise response._located(error) from error.__cause__
        return response, items

    def _decoded(self, response: AsyncResponse) -> list[Any]:
        from ..converters import DEFAULT_CONVERTERS

        converters = response.request.settings.converters or DEFAULT_CONVERTERS
        content = raw_items(response, self._strategy.items)
        items: list[Any] = converters.decode(content, self._into, "application/json", "utf-8")
        return items


class AsyncPageResponses(AsyncIterator[AsyncResponse]):
    """The same pages, as responses."""

    def __init__(self, pages: AsyncPages[Any]) -> None:
        self._pages = pages

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> AsyncResponse:
        page = await self._pages._page()
        if page is None:
            raise StopAsyncIteration
        return page[0]
