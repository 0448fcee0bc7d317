"""An ASGI application in this process, instead of a server."""

from __future__ import annotations

from typing import Any, Literal

from ..values.checks import check_options
from .options import EngineOptions

__all__ = ["AsgiEngine"]


class AsgiEngine(EngineOptions):
    """Gives every request to an ASGI application in this process; no socket, no network.

    ::

        with Client(engine=AsgiEngine(app), base_url="http://app.test") as client:
            assert client.get("users/1").status_code == 200

    ``lifespan`` runs the application's startup before the first request and its shutdown when the client closes;
    "auto" does so where the application knows lifespan, "on" demands it, "off" leaves it out. Each may take
    ``lifespan_timeout`` seconds. ``raise_app_exceptions`` (True) raises what the application raises; with False it is
    logged and answered with a 500, as a server would. ``root_path`` is where the application is mounted; urls include
    it. ``client`` is the address that the application sees.

    The blocking client runs the application in an event loop (asyncio) of its own, in a thread that ends with the
    client. A response's end is told when the application has returned, its background work included, as long as
    that takes no longer than the read timeout. An application that breaks the protocol is an ApplicationError.
    When a response is given up, the application gets ``http.disconnect``, and a second later it is cancelled.
    WebSockets need the extra ``ws``.
    """

    driver = "asgi"

    def __init__(
        self,
        app: Any,
        *,
        lifespan: Literal["auto", "on", "off"] = "auto",
        lifespan_timeout: float = 60.0,
        raise_app_exceptions: bool = True,
        root_path: str = "",
        client: tuple[str, int] = ("127.0.0.1", 12345),
    ) -> None:
        check_options(AsgiEngine, locals())
        if not callable(app):
            raise TypeError(f"app is an ASGI application, called with scope, receive and send, not {app!r}")
        if lifespan not in ("auto", "on", "off"):
            raise ValueError(f"lifespan is 'auto', 'on' or 'off', not {lifespan!r}")
        self.app = app
        self.lifespan = lifespan
        self.lifespan_timeout = lifespan_timeout
        self.raise_app_exceptions = raise_app_exceptions
        self.root_path = root_path.rstrip("/")
        self.client = client
