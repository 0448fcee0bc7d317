"""Work on an executor of the user's: threads, processes, or a cluster."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextvars import copy_context
from functools import partial
from typing import Any

from .cancel import CancelToken, Shield, current_token
from .waiting import Event

__all__ = ["runner"]


def runner(executor: Executor | None, portable: Callable[[Any], Any] | None = None) -> Callable[..., Any]:
    """Return what runs ``function(*args)`` and returns its result: a plain call, or the executor.

    ``portable`` makes of each argument what stands for it in another process, when the work is pickled. When the
    thread that waits for an executor is cancelled, work that did not start never will, work in this process is
    interrupted, and work elsewhere is left to itself. Raises TypeError for what is no executor.
    """
    if executor is None:
        return lambda function, *args: function(*args)
    if not hasattr(executor, "submit"):
        raise TypeError(f"executor is a concurrent.futures.Executor, not {executor!r}")
    return partial(_run, executor, portable)


def _run(executor: Executor, portable: Callable[[Any], Any] | None, function: Callable[..., Any], *args: Any) -> Any:
    job = _Job(function, args, portable)
    future: Future[Any] = executor.submit(job)
    ended = Event()
    future.add_done_callback(lambda _: ended.set())
    try:
        ended.wait()
    except BaseException:
        job.token.cancel()
        if not future.cancel() and job.runs_here:
            with Shield():
                ended.wait()
        raise
    finally:
        job.token.close()
    return future.result()


class _Job:
    """A function and its arguments. In this process it runs under a token; pickled, it is just the function."""

    def __init__(
        self, function: Callable[..., Any], args: tuple[Any, ...], portable: Callable[[Any], Any] | None
    ) -> None:
        self.token = CancelToken(current_token())
        self.runs_here = False
        self._context = copy_context()
        self._function = function
        self._args = args
        self._portable = portable

    def __call__(self) -> Any:
        self.runs_here = True
        self.token.check()
        return self.token.run(self._context.run, self._function, *self._args)

    def __reduce__(self) -> tuple[Any, ...]:
        args = self._args if self._portable is None else map(self._portable, self._args)
        return partial, (self._function, *args)
