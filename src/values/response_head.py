"""The head of a response: status, headers, and what they say."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from yarl import URL

from .cached_response import CachedResponse
from .head_notes import HeadNotes
from .headers import Headers, RawHeaders
from .request import Request

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from .attempt import Attempt

__all__ = ["REDIRECTS", "ResponseHead", "has_field", "reason_of"]

REDIRECTS = frozenset({301, 302, 303, 307, 308})


class ResponseHead(CachedResponse):
    """What a response tells before its body is read."""

    # Most responses never need these; what does sets its own.
    elapsed_seconds = 0.0
    attributes: dict[Any, Any] | None = None
    _history: list[Any] | None = None
    _raw_trailers: RawHeaders | None = None
    _early_hints: list[Headers] | None = None
    _headers: Headers | None = None
    notes: HeadNotes | None = None
    """For engines: what was noticed in ``raw_headers``, while nobody else has these in hand."""
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
        self._raw_headers = raw_headers
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
    def raw_headers(self) -> RawHeaders:
        """The names and values of the headers as they came, in their order."""
        if self.notes is not None:  # the list may be shared, and what is noted of it may soon be wrong
            self.notes = None
            self._raw_headers = self._raw_headers[:]
        return self._raw_headers

    @raw_headers.setter
    def raw_headers(self, raw_headers: RawHeaders) -> None:
        self.notes = None
        self._raw_headers = raw_headers

    @property
    def headers(self) -> Headers:
        """The response headers, case-insensitive, in the order they came."""
        headers = self._headers
        if headers is None:
            headers = self._headers = Headers.from_raw(self._raw_headers)
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


def has_field(raw_headers: RawHeaders, wanted: bytes) -> bool:
    """Whether a header is there; ``wanted`` is in lower case."""
    # Most callers look at no header: the header dict need not be made for this.
    size = len(wanted)
    for name, _ in raw_headers:  # noqa: SIM110 - any() is twice as slow
        if len(name) == size and name.lower() == wanted:
            return True
    return False


def reason_of(status_code: int) -> str:
    """Return the standard reason phrase of a status, or an empty text."""
    return _reasons().get(status_code, "")


@cache
def _reasons() -> dict[int, str]:
    from http import HTTPStatus

    return {status.value: status.phrase for status in HTTPStatus}
