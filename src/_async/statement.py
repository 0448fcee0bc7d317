"""A request that can be run again and again."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, overload

from ..exceptions import ClientClosed
from ..values.options import RequestOptions
from ..values.request import Request
from ..values.timeout import Deadline
from .chain import converted
from .response import AsyncResponse

if TYPE_CHECKING:
    from typing_extensions import TypeForm

    from .client import AsyncClient

__all__ = ["AsyncStatement", "AsyncStreaming"]

T = TypeVar("T")


class AsyncStatement:
    """A prepared request: ``execute()`` runs it with a saved response, ``stream()`` with a streamed one."""

    __slots__ = ("_client", "_options", "request")

    def __init__(self, client: AsyncClient, request: Request, options: RequestOptions) -> None:
        self._client = client
        self._options = options
        self.request = request

    @overload
    async def execute(self, *, into: None = None) -> AsyncResponse: ...
    @overload
    async def execute(self, *, into: TypeForm[T]) -> T: ...
    async def execute(self, *, into: Any = None) -> Any:
        """Run the request once and return its saved response, or the body as a T; errors as ``client.request``."""
        response = await self._run(stream=False)
        if into is None:
            return response
        chain = self._client._chain_for(self._options)
        if chain.validator is not None:
            return await chain.convert(response, into, self._options.get("expect_success"))
        return converted(response, into, self._options.get("expect_success"))

    def stream(self) -> AsyncStreaming:
        """Return a context manager that runs the request once and streams its response."""
        return AsyncStreaming(self)

    async def _run(self, *, stream: bool) -> AsyncResponse:
        request = self.request.again()
        request.stream = stream
        total = request.timeout.total
        # A stream may go on for as long as it likes, unless its own timeout says otherwise.
        if total is not None and (not stream or "timeout" in self._options):
            request.deadline = Deadline(total)
        return await self._start(request)

    async def _start(self, request: Request) -> AsyncResponse:
        if self._client.is_closed:
            raise ClientClosed("the client is closed; make another one", request=request)
        return await self._client._chain_for(self._options).run(request)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.request.method} {self.request.shown_url}>"


class AsyncStreaming:
    """The block of a streamed response: entering sends, leaving frees the connection whatever happened."""

    __slots__ = ("_response", "_statement")

    def __init__(self, statement: AsyncStatement) -> None:
        self._statement = statement
        self._response: AsyncResponse | None = None

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            text = f"{type(self).__name__!r} object has no attribute {name!r}; use client.stream() in a with block"
            raise AttributeError(text, name=name, obj=self)

    async def __aenter__(self) -> AsyncResponse:
        if self._response is not None:
            raise RuntimeError("this block was entered already; call stream() again")
        self._response = await self._statement._run(stream=True)
        return self._response

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        response = self._response
        if response is not None:
            await response.aclose()
