"""Module-level helpers for many requests, for scripts: each makes a client for them and closes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from ._sync.response import Response
from .values.url import URLTypes
from .verbs import ScriptOptions, client_and_options

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from typing_extensions import Unpack

    from ._concurrency.progress import ProgressTypes
    from ._sync.batch import RequestTypes
    from ._sync.client import Client
    from ._sync.results import Results

__all__ = ["parallel", "parallel_get", "parallel_iter"]

T = TypeVar("T")


@overload
def parallel(
    requests: Iterable[RequestTypes],
    *,
    into: type[T],
    limit: int = 32,
    return_exceptions: Literal[False] = False,
    progress: ProgressTypes = False,
    executor: Executor | None = None,
    **options: Unpack[ScriptOptions],
) -> list[T]: ...


@overload
def parallel(
    requests: Iterable[RequestTypes],
    *,
    into: None = None,
    limit: int = 32,
    return_exceptions: Literal[False] = False,
    progress: ProgressTypes = False,
    executor: Executor | None = None,
    **options: Unpack[ScriptOptions],
) -> list[Response]: ...


@overload
def parallel(
    requests: Iterable[RequestTypes],
    *,
    into: type[T],
    limit: int = 32,
    return_exceptions: bool,
    progress: ProgressTypes = False,
    executor: Executor | None = None,
    **options: Unpack[ScriptOptions],
) -> list[T | Exception]: ...


@overload
def parallel(
    requests: Iterable[RequestTypes],
    *,
    into: None = None,
    limit: int = 32,
    return_exceptions: bool,
    progress: ProgressTypes = False,
    executor: Executor | None = None,
    **options: Unpack[ScriptOptions],
) -> list[Response | Exception]: ...
def parallel(
    requests: Iterable[RequestTypes],
    *,
    into: Any = None,
    limit: int = 32,
    return_exceptions: bool = False,
    progress: ProgressTypes = False,
    executor: Executor | None = None,
    **options: Unpack[ScriptOptions],
) -> list[Any]:
    """Run requests at once, in threads, and return the responses, or the bodies as T, in input order.

    See Client.parallel.
    """
    client, given = client_and_options(options)
    with client:
        results: list[Any] = client.parallel(
            requests,
            into=into,
            limit=limit,
            return_exceptions=return_exceptions,
            progress=progress,
            executor=executor,
            **given,
        )
    return results


@overload
def parallel_get(
    urls: Iterable[URLTypes],
    *,
    into: type[T],
    limit: int = 32,
    return_exceptions: Literal[False] = False,
    progress: ProgressTypes = False,
    executor: Executor | None = None,
    **options: Unpack[ScriptOptions],
) -> list[T]: ...


@overload
def parallel_get(
    urls: Iterable[URLTypes],
    *,
    into: None = None,
    limit: int = 32,
    return_exceptions: Literal[False] = False,
    progress: ProgressTypes = False,
    executor: Executor | None = None,
    **options: Unpack[ScriptOptions],
) -> list[Response]: ...


@overload
def parallel_get(
    urls: Iterable[URLTypes],
    *,
    into: type[T],
    limit: int = 32,
    return_exceptions: bool,
    progress: ProgressTypes = False,
    executor: Executor | None = None,
    **options: Unpack[ScriptOptions],
) -> list[T | Exception]: ...


@overload
def parallel_get(
    urls: Iterable[URLTypes],
    *,
    into: None = None,
    limit: int = 32,
    return_exceptions: bool,
    progress: ProgressTypes = False,
    executor: Executor | None = None,
    **options: Unpack[ScriptOptions],
) -> list[Response | Exception]: ...
def parallel_get(
    urls: Iterable[URLTypes],
    *,
    into: Any = None,
    limit: int = 32,
    return_exceptions: bool = False,
    progress: ProgressTypes = False,
    executor: Executor | None = None,
    **options: Unpack[ScriptOptions],
) -> list[Any]:
    """Fetch urls at once, in threads, and return the responses, or the bodies as T, in input order.

    See Client.parallel.
    """
    client, given = client_and_options(options)
    with client:
        results: list[Any] = client.parallel_get(
            urls,
            into=into,
            limit=limit,
            return_exceptions=return_exceptions,
            progress=progress,
            executor=executor,
            **given,
        )
    return results


@overload
def parallel_iter(
    requests: Iterable[RequestTypes],
    *,
    into: type[T],
    limit: int = 32,
    return_exceptions: Literal[False] = False,
    progress: ProgressTypes = False,
    executor: Executor | None = None,
    **options: Unpack[ScriptOptions],
) -> Iterator[T]: ...


@overload
def parallel_iter(
    requests: Iterable[RequestTypes],
    *,
    into: None = None,
    limit: int = 32,
    return_exceptions: Literal[False] = False,
    progress: ProgressTypes = False,
    executor: Executor | None = None,
    **options: Unpack[ScriptOptions],
) -> Iterator[Response]: ...


@overload
def parallel_iter(
    requests: Iterable[RequestTypes],
    *,
    into: type[T],
    limit: int = 32,
    return_exceptions: bool,
    progress: ProgressTypes = False,
    executor: Executor | None = None,
    **options: Unpack[ScriptOptions],
) -> Iterator[T | Exception]: ...


@overload
def parallel_iter(
    requests: Iterable[RequestTypes],
    *,
    into: None = None,
    limit: int = 32,
    return_exceptions: bool,
    progress: ProgressTypes = False,
    executor: Executor | None = None,
    **options: Unpack[ScriptOptions],
) -> Iterator[Response | Exception]: ...
def parallel_iter(
    requests: Iterable[RequestTypes],
    *,
    into: Any = None,
    limit: int = 32,
    return_exceptions: bool = False,
    progress: ProgressTypes = False,
    executor: Executor | None = None,
    **options: Unpack[ScriptOptions],
) -> Iterator[Any]:
    """Return an iterator over the responses of requests, or the bodies as T, as they complete.

    See Client.parallel_iter.
    """
    client, given = client_and_options(options)
    results: Any = client.parallel_iter(
        requests,
        into=into,
        limit=limit,
        return_exceptions=return_exceptions,
        progress=progress,
        executor=executor,
        **given,
    )
    return _through(client, results)


def _through(client: Client, results: Results[Any]) -> Iterator[Any]:
    with client, results:
        yield from results
