# Generated from src/_async/scope.py by scripts/generate_sync.py. Do not edit.
"""A block in which requests run side by side; Ktor's coroutineScope and supervisorScope."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from .._concurrency import Task, TaskGroup, call
from ..exceptions import InvalidURL, TimeoutException
from ..values.checks import check_options
from ..values.options import RequestOptions
from ..values.request import Request
from ..values.url import URLTypes, display_url, parse_url
from .batch import perform
from .response import Response

if TYPE_CHECKING:
    from typing import Self

    from typing_extensions import Unpack

    from .._concurrency import Job
    from .client import Client
    from .statement import Statement

__all__ = ["Deferred", "Scope"]

T = TypeVar("T")


class Deferred(Generic[T]):
    """The result of a job of a scope, which may be still to come."""

    __slots__ = ("_job", "_task")

    def __init__(self, task: Task[T], job: object) -> None:
        self._task = task
        self._job = job

    def result(self, timeout: float | None = None) -> T:
        """Wait for the end, and return the job's result or raise its exception.

        Raises TimeoutException after ``timeout`` seconds (None waits for ever), RequestCancelled if the job was
        cancelled.
        """
        self._wait(timeout)
        return self._task.value()

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait for the end, and return the job's exception; None if it has a result, or was cancelled."""
        self._wait(timeout)
        return self._task.exception()

    def _wait(self, timeout: float | None) -> None:
        if not self._task.wait(timeout):
            raise TimeoutException(f"{shown(self._job)} has not ended within {timeout:g} s")

    def cancel(self) -> None:
        """Interrupt the job, its request too, or keep it from starting; the others go on."""
        self._task.cancel()

    def done(self) -> bool:
        """Return whether the job has ended, in whatever way."""
        return self._task.done()

    def cancelled(self) -> bool:
        """Return whether the job ended by being cancelled."""
        return self._task.cancelled()

    def __repr__(self) -> str:
        task = self._task
        state = "running"
        if task.done():
            state = "cancelled" if task.cancelled() else "done" if task.exception() is None else "failed"
        return f"<{type(self).__name__} {shown(self._job)} {state}>"


class Scope:
    """A block in which jobs run side by side, and which ends when all of them have.

    ``scope.get(url)`` and the other verbs start a request and return a deferred result at once; ``scope.start``
    does so for any function. At most ``limit`` jobs run at once, the others wait for their turn: a job must not wait
    for the deferred of another if that many might do the same.

    The first failure, of a job or of the block itself, cancels all the rest, requests in flight included, and is
    raised from the block. With ``supervisor=True`` a job's failure is its own: only ``result()`` raises it. A failure
    of the block itself cancels all jobs in either case; so does ``cancel()``, which raises nothing.
    """

    def __init__(self, client: Client, *, limit: int | None = 32, supervisor: bool = False) -> None:
        check_options(Scope, locals())
        self._client = client
        self._supervisor = supervisor
        self._group = TaskGroup(limit=limit)

    def start(self, function: Job[T], *args: Any) -> Deferred[T]:
        """Start ``function(*args)`` as a job and return its result, deferred. Raises RuntimeError outside the block."""
        task: Task[T] = self._group.start_soon(call, function, *args, isolated=self._supervisor)
        return Deferred(task, function)

    def cancel(self) -> None:
        """Cancel all jobs and leave the block."""
        self._group.cancel()

    def __enter__(self) -> Self:
        self._group.__enter__()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        return self._group.__exit__(exc_type, exc, traceback)

    def _start(self, item: Any, into: Any, options: RequestOptions) -> Deferred[Any]:
        task = self._group.start_soon(perform, self._client, item, into, options, isolated=self._supervisor)
        return Deferred(task, item)

    @overload
    def send(self, request: Request | Statement, *, into: type[T]) -> Deferred[T]: ...
    @overload
    def send(self, request: Request | Statement, *, into: None = None) -> Deferred[Response]: ...
    def send(self, request: Request | Statement, *, into: Any = None) -> Deferred[Any]:
        """Start a request that is ready, or prepared; as the client's ``send`` and ``prepare(...).execute``."""
        return self._start(request, into, {})

    @overload
    def request(
        self, method: str, url: URLTypes, *, into: type[T], **options: Unpack[RequestOptions]
    ) -> Deferred[T]: ...
    @overload
    def request(
        self, method: str, url: URLTypes, *, into: None = None, **options: Unpack[RequestOptions]
    ) -> Deferred[Response]: ...
    def request(
        self, method: str, url: URLTypes, *, into: Any = None, **options: Unpack[RequestOptions]
    ) -> Deferred[Any]:
        """Start a request and return its result, deferred; arguments and result as of the client's ``request``."""
        return self._start((method, url), into, options)

    @overload
    def get(self, url: URLTypes, *, into: type[T], **options: Unpack[RequestOptions]) -> Deferred[T]: ...
    @overload
    def get(self, url: URLTypes, *, into: None = None, **options: Unpack[RequestOptions]) -> Deferred[Response]: ...
    def get(self, url: URLTypes, *, into: Any = None, **options: Unpack[RequestOptions]) -> Deferred[Any]:
        """Fetch a resource; as ``request("GET", …)``."""
        return self._start(("GET", url), into, options)

    @overload
    def head(self, url: URLTypes, *, into: type[T], **options: Unpack[RequestOptions]) -> Deferred[T]: ...
    @overload
    def head(self, url: URLTypes, *, into: None = None, **options: Unpack[RequestOptions]) -> Deferred[Response]: ...
    def head(self, url: URLTypes, *, into: Any = None, **options: Unpack[RequestOptions]) -> Deferred[Any]:
        """Fetch the head of a resource; as ``request("HEAD", …)``."""
        return self._start(("HEAD", url), into, options)

    @overload
    def options(self, url: URLTypes, *, into: type[T], **options: Unpack[RequestOptions]) -> Deferred[T]: ...
    @overload
    def options(self, url: URLTypes, *, into: None = None, **options: Unpack[RequestOptions]) -> Deferred[Response]: ...
    def options(self, url: URLTypes, *, into: Any = None, **options: Unpack[RequestOptions]) -> Deferred[Any]:
        """Ask what a resource allows; as ``request("OPTIONS", …)``."""
        return self._start(("OPTIONS", url), into, options)

    @overload
    def post(self, url: URLTypes, *, into: type[T], **options: Unpack[RequestOptions]) -> Deferred[T]: ...
    @overload
    def post(self, url: URLTypes, *, into: None = None, **options: Unpack[RequestOptions]) -> Deferred[Response]: ...
    def post(self, url: URLTypes, *, into: Any = None, **options: Unpack[RequestOptions]) -> Deferred[Any]:
        """Hand a body to a resource; as ``request("POST", …)``."""
        return self._start(("POST", url), into, options)

    @overload
    def put(self, url: URLTypes, *, into: type[T], **options: Unpack[RequestOptions]) -> Deferred[T]: ...
    @overload
    def put(self, url: URLTypes, *, into: None = None, **options: Unpack[RequestOptions]) -> Deferred[Response]: ...
    def put(self, url: URLTypes, *, into: Any = None, **options: Unpack[RequestOptions]) -> Deferred[Any]:
        """Replace a resource; as ``request("PUT", …)``."""
        return self._start(("PUT", url), into, options)

    @overload
    def patch(self, url: URLTypes, *, into: type[T], **options: Unpack[RequestOptions]) -> Deferred[T]: ...
    @overload
    def patch(self, url: URLTypes, *, into: None = None, **options: Unpack[RequestOptions]) -> Deferred[Response]: ...
    def patch(self, url: URLTypes, *, into: Any = None, **options: Unpack[RequestOptions]) -> Deferred[Any]:
        """Change a resource; as ``request("PATCH", …)``."""
        return self._start(("PATCH", url), into, options)

    @overload
    def delete(self, url: URLTypes, *, into: type[T], **options: Unpack[RequestOptions]) -> Deferred[T]: ...
    @overload
    def delete(self, url: URLTypes, *, into: None = None, **options: Unpack[RequestOptions]) -> Deferred[Response]: ...
    def delete(self, url: URLTypes, *, into: Any = None, **options: Unpack[RequestOptions]) -> Deferred[Any]:
        """Remove a resource; as ``request("DELETE", …)``."""
        return self._start(("DELETE", url), into, options)

    @overload
    def query(self, url: URLTypes, *, into: type[T], **options: Unpack[RequestOptions]) -> Deferred[T]: ...
    @overload
    def query(self, url: URLTypes, *, into: None = None, **options: Unpack[RequestOptions]) -> Deferred[Response]: ...
    def query(self, url: URLTypes, *, into: Any = None, **options: Unpack[RequestOptions]) -> Deferred[Any]:
        """Ask a resource a question that has a body; as ``request("QUERY", …)``."""
        return self._start(("QUERY", url), into, options)


def shown(job: Any) -> str:
    """Return what a job is, for messages: no credentials."""
    if isinstance(job, tuple):
        method, url = job
        try:
            return f"{method} {display_url(parse_url(url))}"
        except InvalidURL:
            return f"{method} of a url that is none"
    if callable(job):
        return str(getattr(job, "__qualname__", None) or type(job).__name__)
    return repr(job)
