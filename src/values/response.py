"""The part of a response that needs no waiting: its head, and its body once it is in memory."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar, cast

from yarl import URL

from ..exceptions import (
    ClientStatusError,
    DecodingError,
    HTTPError,
    RedirectStatusError,
    ResponseNotRead,
    ServerStatusError,
    StatusError,
)
from .cached_response import CachedResponse
from .headers import Headers, RawHeaders
from .hints import hint_in_response
from .request import Request

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta
    from typing import Self

    from typing_extensions import TypeForm

    from .attempt import Attempt

__all__ = ["REDIRECTS", "BaseResponse", "is_response_type", "reason_of", "status_error", "without_credentials"]

T = TypeVar("T")

_TRAVELS = (
    *("status_code", "raw_headers", "request", "reason_phrase", "http_version", "history"),
    *("elapsed_seconds", "raw_trailers", "early_hints", "_content", "cache_status"),
)
REDIRECTS = frozenset({301, 302, 303, 307, 308})


class BaseResponse(CachedResponse):
    """What saved and streamed responses of both clients share.

    ``content``, ``text``, ``json()`` and ``body(T)`` work once the body is in memory: at once for what the verbs
    return, after ``read()`` for a streamed response; before that they raise ResponseNotRead.
    """

    # Most responses never need these; what does sets its own.
    elapsed_seconds = 0.0
    attributes: dict[Any, Any] | None = None
    _history: list[Any] | None = None
    _raw_trailers: RawHeaders | None = None
    _early_hints: list[Headers] | None = None
    _headers: Headers | None = None
    _raw: bytes | None = None
    _content: bytes | None = None
    _encoding: str | None = None
    _cookies: Mapping[str, str] | None = None

    def __init__(
        self,
        status_code: int,
        raw_headers: RawHeaders,
        *,
        request: Request,
        reason_phrase: str | None = None,
        http_version: str = "HTTP/1.1",
    ) -> None:
        self.status_code = status_code
        self.raw_headers = raw_headers
        self.request = request
        self.reason_phrase = reason_of(status_code) if reason_phrase is None else reason_phrase
        self.http_version = http_version

    @property
    def history(self) -> list[Any]:
        """The redirects that led here, oldest first."""
        if self._history is None:
            self._history = []
        return self._history

    @history.setter
    def history(self, history: list[Any]) -> None:
        self._history = history

    @property
    def raw_trailers(self) -> RawHeaders:
        """The trailer fields as they came."""
        return self._raw_trailers or []

    @raw_trailers.setter
    def raw_trailers(self, trailers: RawHeaders) -> None:
        self._raw_trailers = trailers

    @property
    def early_hints(self) -> list[Headers]:
        """The headers of 103 responses that came before this one (RFC 8297)."""
        return self._early_hints or []

    @early_hints.setter
    def early_hints(self, hints: list[Headers]) -> None:
        self._early_hints = hints

    # The head.

    @property
    def headers(self) -> Headers:
        """The response headers, case-insensitive, in the order they came."""
        headers = self._headers
        if headers is None:
            headers = self._headers = Headers.from_raw(self.raw_headers)
        return headers

    @property
    def trailers(self) -> Headers:
        """The trailer fields, known once the body was read (RFC 9110 section 6.5)."""
        return Headers.from_raw(self.raw_trailers)

    @property
    def url(self) -> URL:
        """The url that answered: after redirects, the last one."""
        return self.request.url

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """What the Retry plugin tried for this call, oldest first; empty without the plugin."""
        return tuple(self.request.call.attempts or ())

    @property
    def elapsed(self) -> timedelta:
        """The time from sending to the end of the head, or of the body where it was saved."""
        from datetime import timedelta

        return timedelta(seconds=self.elapsed_seconds)

    @property
    def is_informational(self) -> bool:
        """Whether the status is 1xx."""
        return 100 <= self.status_code < 200

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status_code < 300

    @property
    def is_redirect(self) -> bool:
        """Whether the status is 3xx."""
        return 300 <= self.status_code < 400

    @property
    def has_redirect_location(self) -> bool:
        """Whether this is a redirect that names where to go (RFC 9110 section 15.4)."""
        return self.status_code in REDIRECTS and "location" in self.headers

    @property
    def is_client_error(self) -> bool:
        """Whether the status is 4xx."""
        return 400 <= self.status_code < 500

    @property
    def is_server_error(self) -> bool:
        """Whether the status is 5xx."""
        return 500 <= self.status_code < 600

    @property
    def is_error(self) -> bool:
        """Whether the status is 4xx or 5xx."""
        return 400 <= self.status_code < 600

    @property
    def ok(self) -> bool:
        """Whether the status is below 400, as in requests."""
        return self.status_code < 400

    @property
    def cookies(self) -> Mapping[str, str]:
        """The cookies this response sets, by name."""
        if self._cookies is None:
            from ..rules.set_cookie import cookies_of

            self._cookies = cookies_of(self.headers.getall("set-cookie", []))
        return self._cookies

    @property
    def links(self) -> dict[str, dict[str, str]]:
        """The Link header by relation, as in requests: ``links["next"]["url"]`` (RFC 8288)."""
        from ..rules.links import parse_links

        return parse_links(self.headers.getall("link", []), self.url)

    def raise_for_status(self) -> Self:
        """Return the response itself, or raise a StatusError for 3xx, 4xx and 5xx."""
        if self.status_code < 300:
            return self
        raise status_error(self)

    # The body, once it is in memory.

    @property
    def is_read(self) -> bool:
        """Whether the body is in memory."""
        return self._raw is not None

    @property
    def raw_content(self) -> bytes:
        """The body as it came, content codings not undone."""
        raw = self._raw
        if raw is None:
            raise ResponseNotRead(
                "the body of this streamed response is not in memory; call read() first", request=self.request
            )
        return raw

    @property
    def content(self) -> bytes:
        """The body, content codings undone. Raises ResponseNotRead, DecodingError."""
        content = self._content
        if content is None:
            content = self._decode(self.raw_content)
            if self.request.settings.remove_bom:
                content = self._without_bom(content)
            self._content = content
        return content

    def _without_bom(self, content: bytes) -> bytes:
        from ..rules.boms import split_bom

        content, encoding = split_bom(content)
        if encoding is not None:
            self._encoding = encoding
        return content

    def _decode(self, raw: bytes) -> bytes:
        if not raw or not _has_coding(self.raw_headers):
            return raw
        codings = self.headers.getall("content-encoding", [])
        from ..rules.codings import decode_all

        try:
            settings = self.request.settings
            return decode_all(raw, codings, settings.coding_limits, settings.codecs)
        except HTTPError as error:
            raise self._located(error) from None

    @property
    def applied_decoders(self) -> tuple[str, ...]:
        """The content codings that ``content`` is without, in the order they are undone; empty where one is unknown."""
        if not _has_coding(self.raw_headers):
            return ()
        from ..rules.codings import coding_names

        try:
            codings = self.headers.getall("content-encoding", [])
            settings = self.request.settings
            return tuple(coding_names(codings, settings.coding_limits, settings.codecs))
        except HTTPError:
            return ()

    def _located(self, error: HTTPError) -> HTTPError:
        from ..rules.locating import located

        error = located(error, self.request)
        error.response = self
        return error

    @property
    def encoding(self) -> str:
        """The charset of ``text``: set by you, else the Content-Type's, else the client's default_encoding."""
        if self._encoding is None:
            from .media_type import charset_of

            content_type = self.headers.get("content-type")
            charset = charset_of(content_type) if content_type else None
            self._encoding = charset or self.request.settings.default_encoding
        return self._encoding

    @encoding.setter
    def encoding(self, value: str) -> None:
        self._encoding = value

    @property
    def text(self) -> str:
        """The body as text; what does not decode becomes U+FFFD."""
        return self.content.decode(self.encoding, errors="replace")

    def json(self) -> Any:
        """Return the body parsed as JSON, whatever its content type. Raises DecodingError."""
        return self.body(Any, media_type="application/json")

    def body(self, into: TypeForm[T], *, media_type: str | None = None) -> T:
        """Return the body as a T: bytes, str, dict, list, a dataclass, TypedDict, NamedTuple, Struct, model …

        The Content-Type chooses the converter unless ``media_type`` does. Raises DecodingError, which names the
        type, the path to the bad field and the url, and keeps this response.
        """
        if into is bytes:
            return cast("T", self.content)
        if into is str:
            return cast("T", self.text)
        if is_response_type(into):
            return cast("T", self)
        settings = self.request.settings
        if settings.parsers:
            from ..plugins.hooks import parsed_by

            for parse in settings.parsers:
                parsed = parsed_by(parse, self, into)
                if parsed is not NotImplemented:
                    return cast("T", parsed)
        from ..converters import DEFAULT_CONVERTERS

        converters = settings.converters or DEFAULT_CONVERTERS
        content_type = media_type or self.headers.get("content-type")
        try:
            return converters.decode(self.content, into, content_type, self.encoding)
        except HTTPError as error:
            raise self._located(error) from error.__cause__

    def __len__(self) -> int:
        return len(self.content)

    def __bool__(self) -> bool:
        # Without this, an empty body would make the response false.
        return True

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.status_code} {self.reason_phrase}>".replace(" >", ">")

    # A saved response travels between processes; its stream does not.

    def __getstate__(self) -> dict[str, Any]:
        if self._raw is None:
            raise ResponseNotRead("a streamed response can't be pickled; call read() first", request=self.request)
        state = {name: getattr(self, name) for name in _TRAVELS}
        return {**state, "_raw": bytes(self._raw), "_encoding": self.encoding}

    def __setstate__(self, state: dict[str, Any]) -> None:
        BaseResponse.__init__(self, 0, [], request=state["request"], reason_phrase="")
        for name, value in state.items():
            setattr(self, name, value)


hint_in_response(BaseResponse)


def _has_coding(raw_headers: RawHeaders) -> bool:
    # Most bodies have no coding and most callers look at no header: the header dict need not be made for it.
    for name, _ in raw_headers:  # noqa: SIM110 - any() is twice as slow
        if len(name) == 16 and name.lower() == b"content-encoding":
            return True
    return False


def is_response_type(into: object) -> bool:
    """Whether ``into=`` asks for the response itself."""
    return isinstance(into, type) and into is not Any and issubclass(into, BaseResponse)


_REASONS = {status.value: status.phrase for status in HTTPStatus}


def reason_of(status_code: int) -> str:
    """Return the standard reason phrase of a status, or an empty text."""
    return _REASONS.get(status_code, "")


def status_error(response: BaseResponse) -> StatusError:
    """Return the error for a refused status; its message holds the start of a readable body."""
    status = response.status_code
    kind: type[StatusError] = StatusError
    if 300 <= status < 400:
        kind = RedirectStatusError
    elif 400 <= status < 500:
        kind = ClientStatusError
    elif status >= 500:
        kind = ServerStatusError
    message = f"the server answered {status} {response.reason_phrase or reason_of(status)}".rstrip()
    if status in REDIRECTS and "location" in response.headers:
        message += f", redirecting to {without_credentials(response.headers['location'])}"
    elif response.is_read:
        try:
            text = response.text[:200].strip()
        except DecodingError:
            text = "<the body does not decode>"
        if text:
            message += f": {text!r}"
    error = kind(message, request=response.request, response=response)
    error.attempts = response.attempts
    return error


def without_credentials(location: str) -> str:
    """Return a Location value for a message, without user name and password."""
    head, separator, rest = location.partition("//")
    if not separator:
        return location
    authority, slash, path = rest.partition("/")
    return f"{head}//{authority.rpartition('@')[2]}{slash}{path}"
