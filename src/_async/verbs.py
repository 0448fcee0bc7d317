"""The verbs of HTTP as methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

from ..values.hints import misplaced_body
from ..values.options import RequestOptions
from .response import AsyncResponse

if TYPE_CHECKING:
    from typing_extensions import TypeForm, Unpack

    from ..values.url import URLTypes

__all__ = ["AsyncVerbs"]

T = TypeVar("T")


class AsyncVerbs:
    """What AsyncClient can do in one word; each is ``request`` with its method."""

    __slots__ = ()

    async def _call(self, method: str, url: Any, into: Any, options: RequestOptions) -> Any:
        raise NotImplementedError

    @overload
    async def get(self, url: URLTypes, *, into: None = None, **options: Unpack[RequestOptions]) -> AsyncResponse: ...
    @overload
    async def get(self, url: URLTypes, *, into: TypeForm[T], **options: Unpack[RequestOptions]) -> T: ...
    def get(self, url: URLTypes, *, into: Any = None, **options: Unpack[RequestOptions]) -> Any:
        """Fetch a resource; as ``request("GET", …)``."""
        return self._call("GET", url, into, options)

    @overload
    async def head(self, url: URLTypes, *, into: None = None, **options: Unpack[RequestOptions]) -> AsyncResponse: ...
    @overload
    async def head(self, url: URLTypes, *, into: TypeForm[T], **options: Unpack[RequestOptions]) -> T: ...
    def head(self, url: URLTypes, *, into: Any = None, **options: Unpack[RequestOptions]) -> Any:
        """Fetch the head of a resource; as ``request("HEAD", …)``."""
        return self._call("HEAD", url, into, options)

    @overload
    async def options(
        self, url: URLTypes, *, into: None = None, **options: Unpack[RequestOptions]
    ) -> AsyncResponse: ...
    @overload
    async def options(self, url: URLTypes, *, into: TypeForm[T], **options: Unpack[RequestOptions]) -> T: ...
    def options(self, url: URLTypes, *, into: Any = None, **options: Unpack[RequestOptions]) -> Any:
        """Ask what a resource allows; as ``request("OPTIONS", …)``."""
        return self._call("OPTIONS", url, into, options)

    @overload
    async def post(self, url: URLTypes, *, into: None = None, **options: Unpack[RequestOptions]) -> AsyncResponse: ...
    @overload
    async def post(self, url: URLTypes, *, into: TypeForm[T], **options: Unpack[RequestOptions]) -> T: ...
    def post(self, url: URLTypes, *misplaced: Any, into: Any = None, **options: Unpack[RequestOptions]) -> Any:
        """Hand a body to a resource; as ``request("POST", …)``."""
        if misplaced:
            raise misplaced_body("post", misplaced[0])
        return self._call("POST", url, into, options)

    @overload
    async def put(self, url: URLTypes, *, into: None = None, **options: Unpack[RequestOptions]) -> AsyncResponse: ...
    @overload
    async def put(self, url: URLTypes, *, into: TypeForm[T], **options: Unpack[RequestOptions]) -> T: ...
    def put(self, url: URLTypes, *misplaced: Any, into: Any = None, **options: Unpack[RequestOptions]) -> Any:
        """Replace a resource; as ``request("PUT", …)``."""
        if misplaced:
            raise misplaced_body("put", misplaced[0])
        return self._call("PUT", url, into, options)

    @overload
    async def patch(self, url: URLTypes, *, into: None = None, **options: Unpack[RequestOptions]) -> AsyncResponse: ...
    @overload
    async def patch(self, url: URLTypes, *, into: TypeForm[T], **options: Unpack[RequestOptions]) -> T: ...
    def patch(self, url: URLTypes, *misplaced: Any, into: Any = None, **options: Unpack[RequestOptions]) -> Any:
        """Change a resource; as ``request("PATCH", …)``."""
        if misplaced:
            raise misplaced_body("patch", misplaced[0])
        return self._call("PATCH", url, into, options)

    @overload
    async def delete(self, url: URLTypes, *, into: None = None, **options: Unpack[RequestOptions]) -> AsyncResponse: ...
    @overload
    async def delete(self, url: URLTypes, *, into: TypeForm[T], **options: Unpack[RequestOptions]) -> T: ...
    def delete(self, url: URLTypes, *, into: Any = None, **options: Unpack[RequestOptions]) -> Any:
        """Remove a resource; as ``request("DELETE", …)``."""
        return self._call("DELETE", url, into, options)

    @overload
    async def query(self, url: URLTypes, *, into: None = None, **options: Unpack[RequestOptions]) -> AsyncResponse: ...
    @overload
    async def query(self, url: URLTypes, *, into: TypeForm[T], **options: Unpack[RequestOptions]) -> T: ...
    def query(self, url: URLTypes, *misplaced: Any, into: Any = None, **options: Unpack[RequestOptions]) -> Any:
        """Ask a resource a question that has a body; safe and idempotent; as ``request("QUERY", …)``."""
        if misplaced:
            raise misplaced_body("query", misplaced[0])
        return self._call("QUERY", url, into, options)
