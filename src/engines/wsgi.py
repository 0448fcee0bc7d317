"""A WSGI application in this process, instead of a server."""

from __future__ import annotations

from typing import Any

from ..values.checks import check_options
from .options import EngineOptions

__all__ = ["WsgiEngine"]


class WsgiEngine(EngineOptions):
    """Gives every request to a WSGI application (PEP 3333) in this process; no socket, no network.

    ::

        with Client(engine=WsgiEngine(app), base_url="http://app.test") as client:
            assert client.get("users/1").status_code == 200

    The application runs in threads, up to ``threads`` (40) at once; a request waits for a free one as it does for a
    connection. ``raise_app_exceptions`` (True) raises what the application raises; with False it is logged and
    answered with a 500, as a server would. ``root_path`` is where the application is mounted (SCRIPT_NAME); urls
    include it. ``client`` is the address that the application sees. An application that breaks the protocol is an
    ApplicationError. When a response is given up, reading and writing fail in the application, and its iterable is
    closed; a thread that does neither can't be ended, and runs on.
    """

    driver = "wsgi"

    def __init__(
        self,
        app: Any,
        *,
        threads: int = 40,
        raise_app_exceptions: bool = True,
        root_path: str = "",
        client: tuple[str, int] = ("127.0.0.1", 12345),
    ) -> None:
        check_options(WsgiEngine, locals())
        if not callable(app):
            raise TypeError(f"app is a WSGI application, called with environ and start_response, not {app!r}")
        if threads < 1:
            raise ValueError(f"threads must be at least 1, not {threads}")
        self.app = app
        self.threads = threads
        self.raise_app_exceptions = raise_app_exceptions
        self.root_path = root_path.rstrip("/")
        self.client = client
