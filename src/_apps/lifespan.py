"""The lifespan of an ASGI application: its startup and its shutdown."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from .._concurrency import AsyncEvent, AsyncTask, async_spawn
from ..exceptions import ApplicationError

__all__ = ["Lifespan"]

Message = MutableMapping[str, Any]


class Lifespan:
    """Runs an application's lifespan in a task of its own, from the first request to the client's end.

    With ``required`` an application that knows no lifespan is an error.
    """

    def __init__(self, app: Any, name: str, *, required: bool, timeout: float) -> None:
        self._state: dict[str, Any] = {}
        self._app = app
        self._name = name
        self._required = required
        self._timeout = timeout
        self._task: AsyncTask[None] | None = None
        self._told = False
        self._decided = AsyncEvent()
        self._ending = AsyncEvent()
        self._ended = AsyncEvent()
        self._supported = False
        self._failure: ApplicationError | None = None

    async def startup(self, timeout: float | None) -> dict[str, Any] | None:
        """Wait until the application has started, at most ``timeout`` seconds. Raises ApplicationError, TimeoutError.

        The first who comes starts it. Returns what the application keeps for its requests; None without lifespan.
        """
        if self._task is None:
            self._task = async_spawn(self._run)
        limit = self._timeout if timeout is None else min(timeout, self._timeout)
        if not await self._decided.wait(limit):
            if limit < self._timeout:
                raise TimeoutError
            raise ApplicationError(f"the application {self._name} did not start within {self._timeout:g} s")
        if self._failure is not None:
            raise ApplicationError(self._failure.message) from self._failure.__cause__
        return self._state if self._supported else None

    async def shutdown(self) -> None:
        """Let the application shut down. Raises ApplicationError when that fails, or takes too long."""
        task = self._task
        if task is None:
            return
        started = self._supported and self._failure is None
        self._ending.set()
        in_time = await self._ended.wait(self._timeout)
        task.cancel()
        await task.wait()
        if started and not in_time:
            raise ApplicationError(f"the application {self._name} did not shut down within {self._timeout:g} s")
        if started and self._failure is not None:
            raise self._failure

    def cancel(self) -> None:
        """End it without waiting."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self._state}
        try:
            await self._app(scope, self._receive, self._send)
        except Exception as error:
            self._raised(error)
        finally:
            if not self._decided.is_set() and self._required and self._failure is None:
                self._failure = ApplicationError(f"the application {self._name} knows no lifespan, which is demanded")
            self._decided.set()
            self._ended.set()

    def _raised(self, error: Exception) -> None:
        if self._failure is not None:  # it told of it before
            self._failure.__cause__ = error
        elif self._decided.is_set():
            self._failure = ApplicationError(f"the application {self._name} failed in its lifespan: {error!r}")
            self._failure.__cause__ = error
        elif self._required:
            self._failure = ApplicationError(f"the application {self._name} failed in its startup: {error!r}")
            self._failure.__cause__ = error

    async def _receive(self) -> Message:
        if not self._told:
            self._told = True
            return {"type": "lifespan.startup"}
        await self._ending.wait()
        return {"type": "lifespan.shutdown"}

    async def _send(self, message: Message) -> None:
        kind = message.get("type")
        if kind == "lifespan.startup.complete" and not self._decided.is_set():
            self._supported = True
            self._decided.set()
        elif kind == "lifespan.startup.failed" and not self._decided.is_set():
            self._fail("startup", message)
        elif kind == "lifespan.shutdown.complete" and self._ending.is_set():
            self._ended.set()
        elif kind == "lifespan.shutdown.failed" and self._ending.is_set():
            self._fail("shutdown", message)
        else:
            raise ApplicationError(f"the application {self._name} sent {kind!r} in its lifespan, or too late")

    def _fail(self, what: str, message: Message) -> None:
        said = str(message.get("message", "")).strip()
        # Some put a whole traceback there; its last line is what happened.
        why = said.rsplit("\n", 1)[-1] or "it did not say why"
        self._failure = ApplicationError(f"the application {self._name} failed in its {what}: {why}")
        if what == "startup":
            self._decided.set()
