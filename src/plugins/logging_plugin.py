"""Write requests and responses to a log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ..rules.log_formats import DefaultFormat, LogFormat, OkHttpFormat
from ..rules.log_urls import is_secret_parameter
from ..values.checks import check_options
from ..values.headers import SECRETS
from ..values.request import Request
from .plugin import Plugin, Stage

if TYPE_CHECKING:
    from ..values.response import BaseResponse

__all__ = ["Logging"]

Level: TypeAlias = Literal["none", "info", "headers", "body", "all", "NONE", "INFO", "HEADERS", "BODY", "ALL"]
LEVELS = ("none", "info", "headers", "body", "all")
INFO = 20
WARNING = 30


class Logging(Plugin):
    """Writes each attempt and its response to a log: two records, or one with a failure, each a block of lines.

    - ``level``: ``"none"``, ``"info"`` (method, url, status), ``"headers"`` (default), ``"body"`` (with bodies) or
      ``"all"`` (headers and bodies; in the okhttp format as ``"body"``).
    - ``format``: ``"default"`` (Ktor's), ``"okhttp"``, or a LogFormat.
    - ``logger``: the name of a logger of ``logging`` (default ``"duohttp"``), a logger, one of structlog, or a
      function that takes the text (``print``, say). Records of ``logging`` have the facts as attributes:
      ``http_event`` (request, response, failure), ``http_method``, ``http_url``, ``http_status``, ``http_headers``,
      ``http_body``, ``http_elapsed_ms``, ``http_request_bytes``, ``http_response_bytes``, ``http_error``,
      ``http_call_id``; structlog gets them as key-value pairs.
    - ``sanitize``: more names of headers whose values are not written. Credentials and cookies never are:
      Authorization, Proxy-Authorization, Cookie, Set-Cookie, X-Api-Key and the like. A function of the name decides
      alone; None writes everything.
    - ``sanitize_query``: more names of parameters of urls whose values are not written. What is usually a secret never
      is: ``token``, ``access_token``, ``api_key``, ``key``, ``signature``, ``password``, ``secret``, ``code`` and the
      like, in upper or lower case, with ``_``, ``-`` or neither. A function of the name decides alone; None writes all.
    - ``filter``: a function of the request, or several; what none of them is true for is not written.
    - ``max_body``: how many bytes of a body are written. None (default) means all of a body that is in memory, and
      1 MiB of one that is streamed. ``body_filter``: a function of the text and of the Request or response it
      belongs to, which returns the text to write, or None to leave it out.
    - ``log_level`` (INFO) and ``failure_level`` (WARNING): of the records.

    Bodies are neither read nor delayed for it: what is streamed is watched on its way, and written at its end. Bodies
    that are no text are left out, as are streams of events. Raises ValueError and TypeError for wrong options.
    """

    stage = Stage.ATTEMPT
    handler = "logging_plugin"
    repeatable = True

    def __init__(
        self,
        level: Level = "headers",
        *,
        format: Literal["default", "okhttp"] | LogFormat = "default",  # noqa: A002
        logger: Any = "duohttp",
        sanitize: Iterable[str] | Callable[[str], bool] | None = (),
        sanitize_query: Iterable[str] | Callable[[str], bool] | None = (),
        filter: Callable[[Request], Any] | Iterable[Callable[[Request], Any]] = (),  # noqa: A002
        max_body: int | None = None,
        body_filter: Callable[[str, Request | BaseResponse], str | None] | None = None,
        log_level: int = INFO,
        failure_level: int = WARNING,
    ) -> None:
        check_options(Logging, locals())
        if level.lower() not in LEVELS:
            raise ValueError(f"level must be one of {', '.join(LEVELS)}, not {level!r}")
        if max_body is not None and max_body < 0:
            raise ValueError(f"max_body is a number of bytes from 0 on, or None, not {max_body!r}")
        self.level = level.lower()
        self.format = _format(format)
        self.logger = logger
        self.sanitize = _names(sanitize)
        self.sanitize_query = _parameters(sanitize_query)
        self.filter = (filter,) if callable(filter) else tuple(filter)
        self.max_body = max_body
        self.body_filter = body_filter
        self.log_level = log_level
        self.failure_level = failure_level
        self._sink = _sink(logger)

    @property
    def with_headers(self) -> bool:
        """Whether headers are written."""
        return self.level in ("headers", "all") or (self.level == "body" and isinstance(self.format, OkHttpFormat))

    @property
    def with_bodies(self) -> bool:
        """Whether bodies are written."""
        return self.level in ("body", "all")

    def wants(self, request: Request) -> bool:
        """Whether this request is written."""
        if self.level == "none":
            return False
        return not self.filter or any(accepts(request) for accepts in self.filter)

    def is_secret(self, name: str) -> bool:
        """Whether the value of a header must not be written."""
        sanitize = self.sanitize
        if sanitize is None:
            return False
        return bool(sanitize(name)) if callable(sanitize) else name.lower() in sanitize

    def is_secret_parameter(self, name: str) -> bool:
        """Whether the value of a parameter in a url must not be written."""
        sanitize = self.sanitize_query
        if sanitize is None:
            return False
        return bool(sanitize(name)) if callable(sanitize) else name.lower() in sanitize or is_secret_parameter(name)

    def write(self, lines: list[str], fields: Mapping[str, Any], *, failed: bool = False) -> None:
        """Write one block."""
        self._sink(self.failure_level if failed else self.log_level, "\n".join(lines), fields)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_sink"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._sink = _sink(self.logger)

    def __repr__(self) -> str:
        chosen = type(self.format).__name__.removesuffix("Format").lower()
        return f"{self.name}({self.level!r}, format={chosen!r})"


def _format(given: Any) -> LogFormat:
    if given in ("default", "okhttp"):
        return DefaultFormat() if given == "default" else OkHttpFormat()
    if not isinstance(given, LogFormat):
        raise ValueError(f"format must be 'default', 'okhttp' or a LogFormat, not {given!r}")
    return given


def _parameters(sanitize: Any) -> Any:
    if sanitize is None or callable(sanitize):
        return sanitize
    return frozenset(name.lower() for name in sanitize)


def _names(sanitize: Any) -> Any:
    if sanitize is None or callable(sanitize):
        return sanitize
    if isinstance(sanitize, str):
        raise TypeError("sanitize takes several names of headers: write {'X-Key'}")
    return SECRETS | {name.lower() for name in sanitize}


Sink: TypeAlias = "Callable[[int, str, Mapping[str, Any]], object]"


def _sink(logger: Any) -> Sink:
    """Return what writes a block at a level, with the facts."""
    import logging

    if isinstance(logger, str):
        logger = logging.getLogger(logger)
    if isinstance(logger, (logging.Logger, logging.LoggerAdapter)):
        return lambda level, text, facts: logger.log(level, "%s", text, extra=dict(facts))
    if hasattr(logger, "bind") and hasattr(logger, "info"):  # structlog
        return lambda level, text, facts: (logger.info if level < WARNING else logger.warning)(text, **facts)
    if callable(logger):
        return lambda level, text, facts: logger(text)
    raise TypeError(f"logger is the name of a logger, a logger or a function that takes a text, not {logger!r}")
