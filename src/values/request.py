"""A request, ready to be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from yarl import URL

from .attributes import AttributeKey, Attributes
from .call import Call
from .headers import Headers, SharedHeaders
from .settings import DEFAULT_SETTINGS, Settings
from .timeout import DEFAULT_TIMEOUT, Deadline, Timeout
from .url import NOWHERE, Endpoint, Located, display_url

if TYPE_CHECKING:
    from .body import Body

__all__ = ["Request"]

T = TypeVar("T")

_new = object.__new__


class Request:
    """One request: method, url, headers, body, and how to treat it.

    ``body`` is None or a Body; its content type is among the headers, its framing (Content-Length or
    Transfer-Encoding) and Host are the engine's work. ``deadline`` is set when the call starts.
    ``attributes`` is a bag for plugins and users; ``own_attributes`` is the same, or None while there are none.
    ``stream`` is False when the whole body will be read at once. ``located`` is for engines: a url and its Endpoint,
    which holds as long as that is the url of the request.
    """

    __slots__ = (
        "_headers",
        "body",
        "call",
        "deadline",
        "located",
        "method",
        "own_attributes",
        "settings",
        "shared_headers",
        "stream",
        "timeout",
        "url",
    )

    def __init__(
        self,
        method: str,
        url: URL,
        headers: Headers | None = None,
        body: Body | None = None,
        *,
        timeout: Timeout = DEFAULT_TIMEOUT,
        attributes: Attributes | None = None,
        settings: Settings = DEFAULT_SETTINGS,
        stream: bool = False,
    ) -> None:
        self.method = method
        self.url = url
        self.located: Located = NOWHERE
        self._headers: Headers | None = None
        self.shared_headers: SharedHeaders | None = None
        if type(headers) is SharedHeaders:
            self.shared_headers = headers
        else:
            self._headers = Headers() if headers is None else headers
        self.body = body
        self.timeout = timeout
        self.deadline: Deadline | None = None
        self.own_attributes = attributes
        self.call = Call()
        self.settings = settings
        self.stream = stream

    @staticmethod
    def plain(
        method: str, located: tuple[URL, Endpoint], headers: SharedHeaders, timeout: Timeout, settings: Settings
    ) -> Request:
        """Return a request with its client's headers and nothing else, in half the time of the constructor."""
        request = _new(Request)
        request.method = method
        request.url = located[0]
        request.located = located
        request._headers = request.body = request.deadline = request.own_attributes = None
        request.shared_headers = headers
        request.timeout = timeout
        request.call = Call()
        request.settings = settings
        request.stream = False
        return request

    @property
    def headers(self) -> Headers:
        """The request's headers; those of the client are copied when they are first asked for."""
        headers = self._headers
        if headers is None:
            headers = self._headers = Headers(self.shared_headers or ())
            self.shared_headers = None
        return headers

    @headers.setter
    def headers(self, headers: Headers) -> None:
        self._headers = headers
        self.shared_headers = None

    @property
    def attributes(self) -> Attributes:
        """A bag for plugins and users; shared by the copies that a redirect or retry sends."""
        attributes = self.own_attributes
        if attributes is None:
            attributes = self.own_attributes = Attributes()
        return attributes

    def attribute(self, key: AttributeKey[T] | type[T]) -> T | None:
        """Return one attribute, or None; cheaper than ``attributes.get`` where there are none."""
        attributes = self.own_attributes
        return None if attributes is None else attributes.get(key)

    @property
    def upgrades(self) -> bool:
        """Whether the request asks to leave HTTP (RFC 9110 section 7.8): it is streamed and has an Upgrade field."""
        headers = self.shared_headers if self._headers is None else self._headers
        return self.stream and headers is not None and "upgrade" in headers

    @property
    def display_url(self) -> str:
        """The url without user name and password."""
        return display_url(self.url)

    @property
    def shown_url(self) -> str:
        """The url as errors show it: also without the values of parameters that are secrets by their name."""
        from ..rules.log_urls import is_secret_parameter, without_secrets

        return without_secrets(self.display_url, is_secret_parameter)

    def copy(self) -> Request:
        """Return a request that can be changed without changing this one; body, attributes and call are shared."""
        new = Request.__new__(Request)
        new.method = self.method
        new.url = self.url
        new.located = self.located
        shared = self.shared_headers
        new.shared_headers = shared
        new._headers = Headers(self.headers) if shared is None else None
        new.body = self.body
        new.timeout = self.timeout
        new.deadline = self.deadline
        new.own_attributes = self.own_attributes
        new.call = self.call
        new.settings = self.settings
        new.stream = self.stream
        return new

    def again(self) -> Request:
        """Return a copy for another call: its own attributes, no deadline yet, nothing sent."""
        new = self.copy()
        new.call = Call()
        new.deadline = None
        if self.own_attributes is not None:
            new.own_attributes = Attributes(self.own_attributes)
        return new

    def __reduce__(self) -> tuple[Any, ...]:
        # Body, attributes and settings may hold what can't travel (files, sockets, functions).
        return _rebuild, (self.method, str(self.url), list(self.headers.items()), self.timeout)

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.shown_url}>"


def _rebuild(method: str, url: str, headers: list[tuple[str, str]], timeout: Timeout) -> Request:
    return Request(method, URL(url, encoded=True), Headers(headers), timeout=timeout)
