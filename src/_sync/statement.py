# Generated from src/_async/statement.py by scripts/generate_sync.py. Do not edit.
"""A request that can be run again and again."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, overload

from ..exceptions import ClientClosed
from ..values.options import RequestOptions
from ..values.request import Request
from ..values.timeout import Deadline
from .chain import converted
from .response import Response

if TYPE_CHECKING:
    from typing_extensions import TypeForm

    from .client import Client

__all__ = ["Statement", "Streaming"]

T = TypeVar("T")


class Statement:
    """A prepared request: ``execute()`` runs it with a saved response, ``stream()`` with a streamed one."""

    __slots__ = ("_client", "_options", "request")

    def __init__(self, client: Client, request: Request, options: RequestOptions) -> None:
        self._client = client
        self._options = options
        self.request = request

    @overload
    def execute(self, *, into: None = None) -> Response: ...
    @overload
    def execute(self, *, into: TypeForm[T]) -> T: ...
    def execute(self, *, into: Any = None) -> Any:
        """Run the request once and return its saved response, or the body as a T; errors as ``client.request``."""
        response = self._run(stream=False)
        if into is None:
            return response
        chain = self._client._chain_for(self._options)
        if chain.validator is not None:
            return chain.convert(response, into, self._options.get("expect_success"))
        return converted(response, into, self._options.get("expect_success"))

    def stream(self) -> Streaming:
        """Return a context manager that runs the request once and streams its response."""
        return Streaming(self)

    def _run(self, *, stream: bool) -> Response:
        request = self.request.again()
        request.stream = stream
        total = request.timeout.total
        # A stream may go on for as long as it likes, unless its own timeout says otherwise.
        if total is not None and (not stream or "timeout" in self._options):
            request.deadline = Deadline(total)
        return self._start(request)

    def _start(self, request: Request) -> Response:
        if self._client.is_closed:
            raise ClientClosed("the client is closed; make another one", request=request)
        return self._client._chain_for(self._options).run(request)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.request.method} {self.request.shown_url}>"


class Streaming:
    """The block of a streamed response: entering sends, leaving frees the connection whatever happened."""

    __slots__ = ("_response", "_statement")

    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        self._response: Response | None = None

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            text = f"{type(self).__name__!r} object has no attribute {name!r}; use client.stream() in a with block"
            raise AttributeError(text, name=name, obj=self)

    def __enter__(self) -> Response:
        if self._response is not None:
            raise RuntimeError("this block was entered already; call stream() again")
        self._response = self._statement._run(stream=True)
        return self._response

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        response = self._response
        if response is not None:
            response.close()
