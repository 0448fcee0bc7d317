"""The part of a response that needs no waiting: its head, and its body once it is in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from ..exceptions import (
    ClientStatusError,
    DecodingError,
    HTTPError,
    RedirectStatusError,
    ResponseNotRead,
    ServerStatusError,
    StatusError,
)
from .hints import hint_in_response
from .response_head import REDIRECTS, ResponseHead, has_field, reason_of

if TYPE_CHECKING:
    from typing import Self

    from typing_extensions import TypeForm


__all__ = ["REDIRECTS", "BaseResponse", "is_response_type", "reason_of", "status_error", "without_credentials"]

T = TypeVar("T")

_TRAVELS = (
    *("status_code", "raw_headers", "request", "reason_phrase", "http_version", "history"),
    *("elapsed_seconds", "raw_trailers", "early_hints", "_content", "cache_status"),
)


class BaseResponse(ResponseHead):
    """What saved and streamed responses of both clients share.

    ``content``, ``text``, ``json()`` and ``body(T)`` work once the body is in memory: at once for what the verbs
    return, after ``read()`` for a streamed response; before that they raise ResponseNotRead.
    """

    # Most responses never need these; what does sets its own.
    _raw: bytes | None = None
    _content: bytes | None = None
    _encoding: str | None = None

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
            content = self._raw
            if content is None:
                return self.raw_content  # which raises
            notes = self.notes
            if (self._is_coded() if notes is None else notes.coded) and content:
                content = self._decode(content)
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

    def _is_coded(self) -> bool:
        notes = self.notes
        return has_field(self._raw_headers, b"content-encoding") if notes is None else notes.coded

    def _decode(self, raw: bytes) -> bytes:
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
        if not self._is_coded():
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


def is_response_type(into: object) -> bool:
    """Whether ``into=`` asks for the response itself."""
    return isinstance(into, type) and into is not Any and issubclass(into, BaseResponse)


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
        from ..rules.log_urls import is_secret_parameter, without_secrets

        location = without_credentials(response.headers["location"])
        message += f", redirecting to {without_secrets(location, is_secret_parameter)}"
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
