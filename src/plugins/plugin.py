"""What a plugin is: one concern, with options, hooks and a place in the chain."""

from __future__ import annotations

from collections.abc import Generator
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from ..values.request import Request

if TYPE_CHECKING:
    from ..values.response import BaseResponse

__all__ = ["Flow", "Plugin", "Stage", "check_pair", "has_hook"]

T = TypeVar("T")

Flow = Generator[Any, Any, "BaseResponse"]
"""A generator that yields requests and flow commands, and returns a response."""


class Stage(IntEnum):
    """Where a plugin stands in the chain, outermost first."""

    VALIDATION = 10
    REDIRECT = 20
    COOKIES = 30
    RETRY = 40
    AUTH = 50
    CACHE = 60
    COALESCING = 70
    RATE_LIMIT = 80
    CIRCUIT_BREAKER = 90
    ATTEMPT = 100


class Plugin:
    """One concern: subclass it, set ``stage``, and write the hooks you need. Unwritten hooks cost nothing.

    One object configures both clients. Plugins of one stage run in the order they were installed. Two plugins of
    one ``family`` are refused unless ``repeatable`` is set; the family is the class itself by default.
    """

    stage: ClassVar[Stage] = Stage.ATTEMPT
    repeatable: ClassVar[bool] = False
    joint: ClassVar[bool] = False
    """Whether plugins with one handler act as one: it is made once, with all of them."""
    handler: ClassVar[str] = ""
    """For plugins of this package: the module of the clients that does their waiting, loaded when one is installed."""

    @property
    def name(self) -> str:
        """The name in ``client.describe()`` and in errors."""
        return type(self).__name__

    @property
    def calls_back(self) -> bool:
        """For plugins of this package: whether they call functions of the user's that may wait."""
        return False

    @property
    def family(self) -> type[Plugin]:
        """Plugins of one family exclude each other, and one replaces the other for a single request."""
        return type(self)

    def on_request(self, request: Request) -> None:
        """Change the request, once per call, before the body is rendered."""
        raise NotImplementedError

    def render_body(self, value: Any, request: Request) -> Any:
        """Return a Body for the value given as ``body=``, or None to pass."""
        raise NotImplementedError

    def flow(self, request: Request) -> Flow:
        """Act around the call, in both clients: ``response = yield request`` as often as needed; return a response."""
        raise NotImplementedError

    def send(self, request: Request, proceed: Any) -> Any:
        """Act around the call in the blocking client: ``response = proceed(request)``."""
        raise NotImplementedError

    def send_async(self, request: Request, proceed: Any) -> Any:
        """Act around the call in the async client: ``response = await proceed(request)``; an ``async def``."""
        raise NotImplementedError

    def on_attempt(self, request: Request) -> None:
        """Look at what goes on the wire, or add headers, before each attempt."""
        raise NotImplementedError

    def on_response(self, response: BaseResponse) -> None:
        """Look at each response head, or raise."""
        raise NotImplementedError

    def parse_body(self, response: BaseResponse, into: Any) -> Any:
        """Return ``into`` made of the body, or NotImplemented to pass."""
        raise NotImplementedError

    def on_close(self) -> None:
        """Free resources when the client closes; may be a generator that yields ``call()`` and ``sleep()``."""
        raise NotImplementedError

    def __repr__(self) -> str:
        options = ", ".join(f"{key}={value!r}" for key, value in vars(self).items() if not key.startswith("_"))
        return f"{self.name}({options})"


def has_hook(plugin: Plugin, hook: str) -> bool:
    """Whether a plugin has written a hook."""
    return getattr(type(plugin), hook) is not getattr(Plugin, hook)


def check_pair(plugin: Plugin, wanted: str) -> None:
    """Raise TypeError for a plugin that has only the other one of ``send`` and ``send_async``."""
    other = "send" if wanted == "send_async" else "send_async"
    if has_hook(plugin, other) and not has_hook(plugin, wanted):
        raise TypeError(
            f"{plugin.name} has {other} but not {wanted}, so it works in the other client only; "
            "write both, or one flow()"
        )
