"""Module-level verbs, for scripts: each makes a client, sends one request and closes the client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, overload

from ._sync.client import Client
from ._sync.response import Response
from .values.hints import misplaced_body
from .values.options import RequestOptions
from .values.settings import TrustTypes
from .values.url import URLTypes

if TYPE_CHECKING:
    from typing_extensions import TypeForm, Unpack

__all__ = ["delete", "get", "head", "options", "patch", "post", "put", "query", "request", "stream"]

T = TypeVar("T")


class ScriptOptions(RequestOptions, total=False):
    """What the verbs take: the options of a request, and those of a client that a script needs."""

    http2: bool
    trust_env: TrustTypes


_CLIENT_OPTIONS = ("verify", "cert", "http2", "trust_env")


def client_and_options(options: ScriptOptions) -> tuple[Client, RequestOptions]:
    given: dict[str, Any] = dict(options)
    client = Client(**{name: given.pop(name) for name in _CLIENT_OPTIONS if name in given})
    return client, given  # type: ignore[return-value]


@overload
def request(method: str, url: URLTypes, *, into: None = None, **options: Unpack[ScriptOptions]) -> Response: ...
@overload
def request(method: str, url: URLTypes, *, into: TypeForm[T], **options: Unpack[ScriptOptions]) -> T: ...
def request(method: str, url: URLTypes, *, into: Any = None, **options: Unpack[ScriptOptions]) -> Any:
    """Send one request with a client of its own; for several requests a Client is faster. See Client.request."""
    client, given = client_and_options(options)
    with client:
        return client.request(method, url, into=into, **given)


@contextmanager
def stream(method: str, url: URLTypes, **options: Unpack[ScriptOptions]) -> Iterator[Response]:
    """Send one request with a client of its own, and stream the response inside the block. See Client.stream."""
    client, given = client_and_options(options)
    with client, client.stream(method, url, **given) as response:
        yield response


@overload
def get(url: URLTypes, *, into: None = None, **options: Unpack[ScriptOptions]) -> Response: ...
@overload
def get(url: URLTypes, *, into: TypeForm[T], **options: Unpack[ScriptOptions]) -> T: ...
def get(url: URLTypes, *, into: Any = None, **options: Unpack[ScriptOptions]) -> Any:
    """Fetch a resource; as ``request("GET", …)``."""
    return request("GET", url, into=into, **options)


@overload
def head(url: URLTypes, *, into: None = None, **options: Unpack[ScriptOptions]) -> Response: ...
@overload
def head(url: URLTypes, *, into: TypeForm[T], **options: Unpack[ScriptOptions]) -> T: ...
def head(url: URLTypes, *, into: Any = None, **options: Unpack[ScriptOptions]) -> Any:
    """Fetch the head of a resource; as ``request("HEAD", …)``."""
    return request("HEAD", url, into=into, **options)


@overload
def options(url: URLTypes, *, into: None = None, **options: Unpack[ScriptOptions]) -> Response: ...
@overload
def options(url: URLTypes, *, into: TypeForm[T], **options: Unpack[ScriptOptions]) -> T: ...
def options(url: URLTypes, *, into: Any = None, **options: Unpack[ScriptOptions]) -> Any:
    """Ask what a resource allows; as ``request("OPTIONS", …)``."""
    return request("OPTIONS", url, into=into, **options)


@overload
def post(url: URLTypes, *, into: None = None, **options: Unpack[ScriptOptions]) -> Response: ...
@overload
def post(url: URLTypes, *, into: TypeForm[T], **options: Unpack[ScriptOptions]) -> T: ...
def post(url: URLTypes, *misplaced: Any, into: Any = None, **options: Unpack[ScriptOptions]) -> Any:
    """Hand a body to a resource; as ``request("POST", …)``."""
    if misplaced:
        raise misplaced_body("post", misplaced[0])
    return request("POST", url, into=into, **options)


@overload
def put(url: URLTypes, *, into: None = None, **options: Unpack[ScriptOptions]) -> Response: ...
@overload
def put(url: URLTypes, *, into: TypeForm[T], **options: Unpack[ScriptOptions]) -> T: ...
def put(url: URLTypes, *misplaced: Any, into: Any = None, **options: Unpack[ScriptOptions]) -> Any:
    """Replace a resource; as ``request("PUT", …)``."""
    if misplaced:
        raise misplaced_body("put", misplaced[0])
    return request("PUT", url, into=into, **options)


@overload
def patch(url: URLTypes, *, into: None = None, **options: Unpack[ScriptOptions]) -> Response: ...
@overload
def patch(url: URLTypes, *, into: TypeForm[T], **options: Unpack[ScriptOptions]) -> T: ...
def patch(url: URLTypes, *misplaced: Any, into: Any = None, **options: Unpack[ScriptOptions]) -> Any:
    """Change a resource; as ``request("PATCH", …)``."""
    if misplaced:
        raise misplaced_body("patch", misplaced[0])
    return request("PATCH", url, into=into, **options)


@overload
def delete(url: URLTypes, *, into: None = None, **options: Unpack[ScriptOptions]) -> Response: ...
@overload
def delete(url: URLTypes, *, into: TypeForm[T], **options: Unpack[ScriptOptions]) -> T: ...
def delete(url: URLTypes, *, into: Any = None, **options: Unpack[ScriptOptions]) -> Any:
    """Remove a resource; as ``request("DELETE", …)``."""
    return request("DELETE", url, into=into, **options)


@overload
def query(url: URLTypes, *, into: None = None, **options: Unpack[ScriptOptions]) -> Response: ...
@overload
def query(url: URLTypes, *, into: TypeForm[T], **options: Unpack[ScriptOptions]) -> T: ...
def query(url: URLTypes, *misplaced: Any, into: Any = None, **options: Unpack[ScriptOptions]) -> Any:
    """Ask a resource a question that has a body; as ``request("QUERY", …)``."""
    if misplaced:
        raise misplaced_body("query", misplaced[0])
    return request("QUERY", url, into=into, **options)
