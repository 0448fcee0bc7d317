"""The helpers a client has for many requests at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast, overload

from ..values.options import RequestOptions
from ..values.url import URLTypes
from .response import AsyncResponse

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from typing_extensions import Unpack

    from .._concurrency import AsyncSource
    from .._concurrency.progress import ProgressTypes
    from .batch import AsyncRequestTypes
    from .client import AsyncClient
    from .results import AsyncResults
    from .scope import AsyncScope

__all__ = ["AsyncParallel"]

T = TypeVar("T")


class AsyncParallel:
    """What AsyncClient can do with many requests: all at once, as they come, or in a scope.

    A request is a url (for a GET), ``(method, url)``, ``(method, url, options)``, what ``prepare()`` returns, or a
    Request. ``options`` are those of ``request``, for all of them that are not prepared. At most ``limit`` run at
    once; while several origins are to be asked, none holds more places than its share.

    The first failure cancels all the rest, requests in flight included, and is raised; with
    ``return_exceptions=True`` each request succeeds or fails on its own, and a failure is a result. What counts as a
    failure is what the client's ``request`` raises: without ``into`` and ``expect_success`` a 404 is a response.

    ``progress=True`` shows a bar (with rich, else a line) where stderr is a terminal; a function is called with the
    number of requests done and of all, or None. ``executor`` is for the blocking client: any
    ``concurrent.futures.Executor`` runs the requests; one that runs them elsewhere needs a client, requests and
    results that pickle.
    """

    __slots__ = ()

    @overload
    async def parallel(
        self,
        requests: AsyncSource[AsyncRequestTypes],
        *,
        into: type[T],
        limit: int = 32,
        return_exceptions: Literal[False] = False,
        progress: ProgressTypes = False,
        executor: Executor | None = None,
        **options: Unpack[RequestOptions],
    ) -> list[T]: ...
    @overload
    async def parallel(
        self,
        requests: AsyncSource[AsyncRequestTypes],
        *,
        into: None = None,
        limit: int = 32,
        return_exceptions: Literal[False] = False,
        progress: ProgressTypes = False,
        executor: Executor | None = None,
        **options: Unpack[RequestOptions],
    ) -> list[AsyncResponse]: ...
    @overload
    async def parallel(
        self,
        requests: AsyncSource[AsyncRequestTypes],
        *,
        into: type[T],
        limit: int = 32,
        return_exceptions: bool,
        progress: ProgressTypes = False,
        executor: Executor | None = None,
        **options: Unpack[RequestOptions],
    ) -> list[T | Exception]: ...
    @overload
    async def parallel(
        self,
        requests: AsyncSource[AsyncRequestTypes],
        *,
        into: None = None,
        limit: int = 32,
        return_exceptions: bool,
        progress: ProgressTypes = False,
        executor: Executor | None = None,
        **options: Unpack[RequestOptions],
    ) -> list[AsyncResponse | Exception]: ...
    async def parallel(
        self,
        requests: AsyncSource[AsyncRequestTypes],
        *,
        into: Any = None,
        limit: int = 32,
        return_exceptions: bool = False,
        progress: ProgressTypes = False,
        executor: Executor | None = None,
        **options: Unpack[RequestOptions],
    ) -> list[Any]:
        """Run requests at once and return their responses, or their bodies as T with ``into=T``, in input order.

        The input is read to its end first. See the class for the arguments. Raises the first failure.
        """
        from .batch import AsyncBatch, all_of

        batch = AsyncBatch(
            cast("AsyncClient", self),
            await all_of(requests),
            limit=limit,
            into=into,
            return_exceptions=return_exceptions,
            executor=executor,
            options=options,
        )
        return await batch.run(progress)

    @overload
    async def parallel_get(
        self,
        urls: AsyncSource[URLTypes],
        *,
        into: type[T],
        limit: int = 32,
        return_exceptions: Literal[False] = False,
        progress: ProgressTypes = False,
        executor: Executor | None = None,
        **options: Unpack[RequestOptions],
    ) -> list[T]: ...
    @overload
    async def parallel_get(
        self,
        urls: AsyncSource[URLTypes],
        *,
        into: None = None,
        limit: int = 32,
        return_exceptions: Literal[False] = False,
        progress: ProgressTypes = False,
        executor: Executor | None = None,
        **options: Unpack[RequestOptions],
    ) -> list[AsyncResponse]: ...
    @overload
    async def parallel_get(
        self,
        urls: AsyncSource[URLTypes],
        *,
        into: type[T],
        limit: int = 32,
        return_exceptions: bool,
        progress: ProgressTypes = False,
        executor: Executor | None = None,
        **options: Unpack[RequestOptions],
    ) -> list[T | Exception]: ...
    @overload
    async def parallel_get(
        self,
        urls: AsyncSource[URLTypes],
        *,
        into: None = None,
        limit: int = 32,
        return_exceptions: bool,
        progress: ProgressTypes = False,
        executor: Executor | None = None,
        **options: Unpack[RequestOptions],
    ) -> list[AsyncResponse | Exception]: ...
    async def parallel_get(
        self,
        urls: AsyncSource[URLTypes],
        *,
        into: Any = None,
        limit: int = 32,
        return_exceptions: bool = False,
        progress: ProgressTypes = False,
        executor: Executor | None = None,
        **options: Unpack[RequestOptions],
    ) -> list[Any]:
        """Fetch urls at once and return the responses, or the bodies as T with ``into=T``, in input order.

        As ``parallel``.
        """
        results: list[Any] = await self.parallel(
            urls,
            into=into,
            limit=limit,
            return_exceptions=return_exceptions,
            progress=progress,
            executor=executor,
            **options,
        )
        return results

    @overload
    def parallel_iter(
        self,
        requests: AsyncSource[AsyncRequestTypes],
        *,
        into: type[T],
        limit: int = 32,
        return_exceptions: Literal[False] = False,
        progress: ProgressTypes = False,
        executor: Executor | None = None,
        **options: Unpack[RequestOptions],
    ) -> AsyncResults[T]: ...
    @overload
    def parallel_iter(
        self,
        requests: AsyncSource[AsyncRequestTypes],
        *,
        into: None = None,
        limit: int = 32,
        return_exceptions: Literal[False] = False,
        progress: ProgressTypes = False,
        executor: Executor | None = None,
        **options: Unpack[RequestOptions],
    ) -> AsyncResults[AsyncResponse]: ...
    @overload
    def parallel_iter(
        self,
        requests: AsyncSource[AsyncRequestTypes],
        *,
        into: type[T],
        limit: int = 32,
        return_exceptions: bool,
        progress: ProgressTypes = False,
        executor: Executor | None = None,
        **options: Unpack[RequestOptions],
    ) -> AsyncResults[T | Exception]: ...
    @overload
    def parallel_iter(
        self,
        requests: AsyncSource[AsyncRequestTypes],
        *,
        into: None = None,
        limit: int = 32,
        return_exceptions: bool,
        progress: ProgressTypes = False,
        executor: Executor | None = None,
        **options: Unpack[RequestOptions],
    ) -> AsyncResults[AsyncResponse | Exception]: ...
    def parallel_iter(
        self,
        requests: AsyncSource[AsyncRequestTypes],
        *,
        into: Any = None,
        limit: int = 32,
        return_exceptions: bool = False,
        progress: ProgressTypes = False,
        executor: Executor | None = None,
        **options: Unpack[RequestOptions],
    ) -> AsyncResults[Any]:
        """Return an iterator over the responses, or the bodies as T with ``into=T``, as they complete.

        The input may be endless: it is read as far ahead as is needed to keep ``limit`` requests running, by a task
        (in the blocking client: a thread) of its own, and no more than twice the limit of results wait to be taken.
        A response tells by ``response.request`` what it answers, a failure by ``error.request``; ``.indexed()``
        yields each result with its position in the input. Leaving the loop early cancels what runs; as a context
        manager the iterator also waits for that. A failure is raised from the step that would yield it. See the
        class for the arguments.
        """
        from .results import results_of

        return results_of(
            cast("AsyncClient", self),
            requests,
            limit=limit,
            into=into,
            return_exceptions=return_exceptions,
            progress=progress,
            executor=executor,
            options=options,
        )

    def scope(self, *, limit: int | None = 32, supervisor: bool = False) -> AsyncScope:
        """Return a block whose requests and jobs run side by side, and end with it; see the scope's own description."""
        from .scope import AsyncScope

        return AsyncScope(cast("AsyncClient", self), limit=limit, supervisor=supervisor)
