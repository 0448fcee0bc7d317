"""One id for a call, for both sides' logs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any, ClassVar, TypeAlias

from ..values.attributes import AttributeKey
from ..values.call import CALL_ID
from ..values.checks import check_options
from ..values.headers import encode_header
from ..values.request import Request
from .plugin import Plugin, Stage

__all__ = ["CallId"]

Source: TypeAlias = "ContextVar[str] | ContextVar[str | None] | Callable[[], str | None]"


class CallId(Plugin):
    """Gives each call an id and sends it: all its redirects and retries have the same.

    - ``source``: where the id comes from: a context variable, or a function, or several, asked in their order until
      one has an id. The default is ``CallId.CURRENT``, a context variable that a server sets to the id of the request
      it is serving, so that the calls it makes for it have the same.
    - ``generate``: a function that makes one where the sources have none; by default 32 random hexadecimal digits.
      None sends none then.
    - ``header``: what it is sent as, default ``X-Request-ID``; None for none. A request that has the header already
      keeps it, and that is its id.
    - ``on_id``: a function of the request and the id, for other ways to send it.

    ``CallId.of(response)`` is the id of a response, a request or an error; Logging writes it as ``http_call_id``.
    Raises TypeError for an id that is no str, InvalidHeader for one that can't be sent.
    """

    stage = Stage.VALIDATION
    CURRENT: ClassVar[ContextVar[str | None]] = ContextVar("duohttp_call_id", default=None)
    KEY: ClassVar[AttributeKey[str]] = CALL_ID

    def __init__(
        self,
        source: Source | Iterable[Source] | None = None,
        *,
        generate: Callable[[], str | None] | None = lambda: _random(),
        header: str | None = "X-Request-ID",
        on_id: Callable[[Request, str], object] | None = None,
    ) -> None:
        check_options(CallId, locals())
        if source is None:
            source = self.CURRENT
        self._sources: list[Any] = [source] if isinstance(source, ContextVar) or callable(source) else list(source)
        for each in self._sources:
            if not isinstance(each, ContextVar) and not callable(each):
                raise TypeError(f"a source is a context variable or a function, not {each!r}")
        if header is not None:
            encode_header(header, "")
        self._generate = generate
        self.header = header
        self._on_id = on_id

    def on_request(self, request: Request) -> None:
        """Find the id and note it."""
        identity = self._own(request) or self._found()
        if identity is None:
            return
        if self.header is not None:
            encode_header(self.header, identity)
            request.headers[self.header] = identity
        request.attributes[CALL_ID] = identity
        if self._on_id is not None:
            self._on_id(request, identity)

    def _own(self, request: Request) -> str | None:
        """Return the id the user gave; one that is left from another call of the same request is none."""
        if self.header is None:
            return None
        own = (request.shared_headers or request.headers).get(self.header)
        return None if own == request.attribute(CALL_ID) else own

    def _found(self) -> str | None:
        makers = [*self._sources, self._generate] if self._generate is not None else self._sources
        for maker in makers:
            identity = maker.get(None) if isinstance(maker, ContextVar) else maker()
            if identity is not None:
                if not isinstance(identity, str):
                    raise TypeError(f"CallId: an id is a str, not {type(identity).__name__} from {maker!r}")
                return identity
        return None

    @staticmethod
    def of(message: Any) -> str | None:
        """Return the id of the call that a response, a request or an error belongs to; None where there is none."""
        request = message if isinstance(message, Request) else getattr(message, "request", None)
        return request.attribute(CALL_ID) if isinstance(request, Request) else None

    def __repr__(self) -> str:
        return f"CallId(header={self.header!r})"


def _random() -> str:
    from os import urandom

    return urandom(16).hex()
