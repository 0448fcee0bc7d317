"""Look at responses beside their use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..values.checks import check_options
from ..values.request import Request
from .plugin import Stage
from .shared_state import StatefulPlugin

__all__ = ["ResponseObserver"]


class ResponseObserver(StatefulPlugin):
    """Calls a function with a copy of each response, beside the one who asked for it.

    ``on_response`` gets a saved response of its own, of each attempt, as soon as the body is there; of a streamed
    one when it was read to its end. It runs in a task of the loop, or in a thread; who asked waits for nothing of it,
    and what it raises is logged (logger ``duohttp``), not raised. It may be async for an AsyncClient.

    - ``filter``: a function of the request that says whether to call it.
    - ``max_body``: bodies that are streamed and longer (10 MiB) are not kept: the copy has its head only, and
      ``content`` raises ResponseNotRead; likewise where the body was given up or failed. None keeps all.
    - ``limit``: how many may run at once (32); what comes beyond is left out, which is logged.

    - ``close_timeout``: how many seconds (5) the closing of the last client that has this plugin waits for those that
      still run; then they are interrupted, which is logged.

    The end of the process or of the event loop waits for none of them. Raises TypeError for what is no function,
    ValueError for another option that is none.
    """

    stage = Stage.ATTEMPT
    handler = "response_observer"
    repeatable = True

    def __init__(
        self,
        on_response: Callable[[Any], Any],
        *,
        filter: Callable[[Request], Any] | None = None,  # noqa: A002
        max_body: int | None = 10 * 1024 * 1024,
        limit: int = 32,
        close_timeout: float = 5.0,
    ) -> None:
        check_options(ResponseObserver, locals())
        if limit < 1:
            raise ValueError(f"limit is a number from 1 on, not {limit!r}")
        if max_body is not None and max_body < 0:
            raise ValueError(f"max_body is a number of bytes from 0 on, or None, not {max_body!r}")
        if not close_timeout >= 0:
            raise ValueError(f"close_timeout is a number of seconds from 0 on, not {close_timeout!r}")
        self.on_response_function = on_response
        self.filter = filter
        self.max_body = max_body
        self.limit = limit
        self.close_timeout = close_timeout

    def new_state(self) -> dict[Any, set[Any]]:
        """Return what runs: tasks by what runs them."""
        return {}

    def report(self, message: str, error: BaseException | None = None) -> None:
        """Write to the log what nobody else would hear of."""
        import logging

        logging.getLogger("duohttp").error("%s: %s", self.name, message, exc_info=error)

    def __repr__(self) -> str:
        name = getattr(self.on_response_function, "__qualname__", repr(self.on_response_function))
        return f"ResponseObserver({name})"
