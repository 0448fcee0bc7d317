# Generated from src/_async/flows.py by scripts/generate_sync.py. Do not edit.
"""What a client has for answers that go on: events, pages, downloads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

from ..exceptions import InvalidRequest
from ..values.checks import check_options
from ..values.limits import MAX_EVENT_SIZE, MAX_MESSAGE_SIZE
from ..values.options import RequestOptions
from ..values.url import URLTypes

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import TypeForm, Unpack

    from .._files.progress import ProgressTypes
    from ..rules.pagination import PageStrategy
    from ..values.websocket import CompressionTypes
    from .client import Client
    from .event_source import EventSource
    from .pages import Pages
    from .websocket import WebSocket

__all__ = ["Flows"]

T = TypeVar("T")


class Flows:
    """What Client can do with answers that are more than one body."""

    __slots__ = ()

    @overload
    def sse(
        self,
        url: URLTypes,
        method: str = "GET",
        *,
        into: None = None,
        reconnect: bool = True,
        max_reconnects: int | None = 20,
        reconnect_delay: float = 3.0,
        last_event_id: str = "",
        comments: bool = False,
        max_event_size: int | None = MAX_EVENT_SIZE,
        **options: Unpack[RequestOptions],
    ) -> EventSource[str]: ...
    @overload
    def sse(
        self,
        url: URLTypes,
        method: str = "GET",
        *,
        into: TypeForm[T],
        reconnect: bool = True,
        max_reconnects: int | None = 20,
        reconnect_delay: float = 3.0,
        last_event_id: str = "",
        comments: bool = False,
        max_event_size: int | None = MAX_EVENT_SIZE,
        **options: Unpack[RequestOptions],
    ) -> EventSource[T]: ...
    def sse(
        self,
        url: URLTypes,
        method: str = "GET",
        *,
        into: Any = None,
        reconnect: bool = True,
        max_reconnects: int | None = 20,
        reconnect_delay: float = 3.0,
        last_event_id: str = "",
        comments: bool = False,
        max_event_size: int | None = MAX_EVENT_SIZE,
        **options: Unpack[RequestOptions],
    ) -> EventSource[Any]:
        """Return a context manager that connects to an event stream and iterates over its events (WHATWG HTML 9.2).

        With ``into=T`` the data of each event is a T, made from JSON. When the connection ends or breaks, another is
        made, after ``reconnect_delay`` seconds or what the server asks for, that goes on after the last event;
        ``max_reconnects`` bounds how many in a row may bring nothing, None for no bound. Until the first connection
        stands nothing is tried again; the Retry plugin would. ``comments=True`` gives comments too. An event of more
        than ``max_event_size`` bytes raises DecodingError.

        It is a streamed request like others: the client's ``timeout.total`` does not apply and reads may take as long
        as they like, unless ``timeout`` is given here; then a read that takes too long makes another connection.
        A body that can't be sent again rules out reconnecting. Entering and iterating raise StatusError for all but
        200 and 204, DecodingError for another content type, and what a request raises.
        """
        from .event_source import EventSource

        if not isinstance(last_event_id, str):
            raise InvalidRequest(f"last_event_id is a str, not {last_event_id!r}")
        check_options(Flows.sse, locals())
        client = cast("Client", self)
        statement = client.prepare(method, url, **options)
        request = statement.request
        if "timeout" not in options:
            request.timeout = request.timeout.replace(read=None)
        if request.headers.get("accept", "*/*") == "*/*":
            request.headers["Accept"] = "text/event-stream"
        request.headers.setdefault("Cache-Control", "no-store")
        return EventSource(
            statement,
            into=into,
            reconnect=reconnect,
            max_reconnects=max_reconnects,
            delay=reconnect_delay,
            last_event_id=last_event_id,
            comments=comments,
            max_event_size=max_event_size,
        )

    @overload
    def websocket(
        self,
        url: URLTypes,
        *,
        into: None = None,
        subprotocols: Sequence[str] = (),
        compression: CompressionTypes = False,
        max_message_size: int | None = MAX_MESSAGE_SIZE,
        max_frame_size: int | None = None,
        ping_interval: float | None = 20.0,
        ping_timeout: float | None = 20.0,
        close_timeout: float | None = 10.0,
        reconnect: bool = False,
        max_reconnects: int | None = 20,
        reconnect_delay: float = 1.0,
        on_connect: Callable[[Any], Any] | None = None,
        **options: Unpack[RequestOptions],
    ) -> WebSocket[str | bytes]: ...
    @overload
    def websocket(
        self,
        url: URLTypes,
        *,
        into: TypeForm[T],
        subprotocols: Sequence[str] = (),
        compression: CompressionTypes = False,
        max_message_size: int | None = MAX_MESSAGE_SIZE,
        max_frame_size: int | None = None,
        ping_interval: float | None = 20.0,
        ping_timeout: float | None = 20.0,
        close_timeout: float | None = 10.0,
        reconnect: bool = False,
        max_reconnects: int | None = 20,
        reconnect_delay: float = 1.0,
        on_connect: Callable[[Any], Any] | None = None,
        **options: Unpack[RequestOptions],
    ) -> WebSocket[T]: ...
    def websocket(
        self,
        url: URLTypes,
        *,
        into: Any = None,
        subprotocols: Sequence[str] = (),
        compression: CompressionTypes = False,
        max_message_size: int | None = MAX_MESSAGE_SIZE,
        max_frame_size: int | None = None,
        ping_interval: float | None = 20.0,
        ping_timeout: float | None = 20.0,
        close_timeout: float | None = 10.0,
        reconnect: bool = False,
        max_reconnects: int | None = 20,
        reconnect_delay: float = 1.0,
        on_connect: Callable[[Any], Any] | None = None,
        **options: Unpack[RequestOptions],
    ) -> WebSocket[Any]:
        """Return a context manager that opens a WebSocket, to send and receive messages (RFC 6455).

        The handshake is a request like others: plugins, auth, cookies, proxies and TLS apply, and so does ``timeout``.
        The url is ``ws://``, ``wss://``, ``http://``, ``https://``, or relative to ``base_url``. With ``into=T`` each
        message is a T, made from JSON. ``subprotocols`` are offered to the server, and with ``compression`` messages
        are compressed (True, or a PerMessageDeflate), if it agrees.

        A message, also one that is inflated, has at most ``max_message_size`` bytes, a frame ``max_frame_size``; more
        ends the connection with 1009. Where nothing came for ``ping_interval`` seconds a ping is sent, and where
        nothing came for another ``ping_timeout`` the connection has ended. Closing takes at most ``close_timeout``.

        With ``reconnect=True`` a connection that breaks, or that the server ends with 1001 or 1011 to 1014, is
        replaced by another, after ``reconnect_delay`` seconds, and longer each time; ``max_reconnects`` bounds how many
        in a row may bring nothing. What was sent meanwhile is lost. ``on_connect(websocket)`` is called for each
        connection, the first one too: to subscribe, say.

        Entering raises WebSocketError where the server answers otherwise, and what a request raises; InvalidRequest
        before anything is sent, UnsupportedByEngine, MissingExtra.
        """
        from ..rules.websocket_handshake import Offer, check_numbers, http_url
        from .websocket import WebSocket
        from .websocket_opening import Opening, handshake_request

        client = cast("Client", self)
        limits = {"max_message_size": max_message_size, "max_frame_size": max_frame_size}
        times = {"ping_interval": ping_interval, "ping_timeout": ping_timeout, "close_timeout": close_timeout}
        check_numbers({**limits, **times})
        check_options(Flows.websocket, locals())
        offer = Offer(subprotocols, compression)
        statement = client.prepare("GET", http_url(url), **options)
        handshake_request(client._engine, statement.request, offer)
        opening = Opening(
            statement,
            offer,
            limits=limits,
            times=times,
        )
        return WebSocket(
            opening,
            into=into,
            reconnect=reconnect,
            max_reconnects=max_reconnects,
            delay=reconnect_delay,
            on_connect=on_connect,
        )

    @overload
    def paginate(
        self,
        url: URLTypes,
        method: str = "GET",
        *,
        into: None = None,
        strategy: PageStrategy | None = None,
        max_pages: int | None = None,
        **options: Unpack[RequestOptions],
    ) -> Pages[Any]: ...
    @overload
    def paginate(
        self,
        url: URLTypes,
        method: str = "GET",
        *,
        into: TypeForm[T],
        strategy: PageStrategy | None = None,
        max_pages: int | None = None,
        **options: Unpack[RequestOptions],
    ) -> Pages[T]: ...
    def paginate(
        self,
        url: URLTypes,
        method: str = "GET",
        *,
        into: Any = None,
        strategy: PageStrategy | None = None,
        max_pages: int | None = None,
        **options: Unpack[RequestOptions],
    ) -> Pages[Any]:
        """Return an iterator over the items of a list that comes in pages of JSON, each item as a T with ``into=T``.

        ``strategy`` finds the next page: LinkPages (the default: the Link header), CursorPages or NumberedPages.
        ``max_pages`` ends early. Iterating raises StatusError for all but 2xx, DecodingError, InvalidURL for a next
        page on another origin, and what a request raises. ``pages()`` of the result gives the responses.
        """
        from ..rules.pagination import LinkPages
        from .pages import Pages

        check_options(Flows.paginate, locals())
        client = cast("Client", self)
        statement = client.prepare(method, url, **options)
        return Pages(
            client,
            statement,
            options,
            into=Any if into is None else into,
            strategy=LinkPages() if strategy is None else strategy,
            max_pages=max_pages,
        )

    def download(
        self,
        url: URLTypes,
        path: str | PathLike[str],
        *,
        progress: ProgressTypes = False,
        resume: bool = True,
        max_resumes: int = 5,
        digest: str | None = None,
        parallel: int = 1,
        **options: Unpack[RequestOptions],
    ) -> Path:
        """Fetch a file and return its path; under that name it is whole or not there.

        It is written to ``path`` with ``.part`` after it, and renamed at the end; a file there before is replaced.
        Where ``path`` is a folder, the name is what the server says, made safe, or the end of the url, and a file of
        that name stays: the new one gets a number.

        After a cut the rest is asked for, at most ``max_resumes`` times in a row without a byte; and a part that an
        earlier call, or another process, left behind is gone on with (RFC 9110 section 14), if the server's ETag or
        Last-Modified says that the file is still the same. ``resume=False`` does neither. The length is checked, and
        the hash against ``digest`` (``"sha256:9f86…"``) or the server's Repr-Digest, which is asked for (RFC 9530).

        With ``parallel=4`` up to four parts come at once, by HTTP/1.1 over connections of their own, where the server
        gives parts and its ETag says of which file; otherwise, and while it refuses so many, fewer or one.

        ``progress=True`` shows a bar on a terminal; a function is called with the bytes done and of all, or None. The
        client's ``timeout.total`` does not apply, one given here is for all of it. Raises StatusError for all but 2xx,
        DecodingError for a wrong hash, OSError where the file can't be written, and what a request raises.
        """
        from pathlib import Path

        from ..rules.downloads import digest_of
        from .download import Download

        if not isinstance(path, (str, PathLike)):
            raise TypeError(f"path is a str or a path, not {type(path).__name__}")
        if not isinstance(progress, bool) and not callable(progress):
            raise TypeError(f"progress is True, False or a function, not {progress!r}")
        wanted = None if digest is None else digest_of(digest)
        if isinstance(parallel, bool) or not isinstance(parallel, int) or parallel < 1:
            raise ValueError(f"parallel is a number of requests from 1 on, not {parallel!r}")
        check_options(Flows.download, {"resume": resume, "max_resumes": max_resumes})
        client = cast("Client", self)
        statement = client.prepare("GET", url, **options)
        # Ranges and lengths are of the bytes as they are stored.
        statement.request.headers["Accept-Encoding"] = "identity"
        if wanted is None:
            statement.request.headers.setdefault("Want-Repr-Digest", "sha-256=10, sha-512=9")
        download = Download(
            statement,
            Path(path),
            resume=resume,
            max_resumes=max_resumes,
            digest=wanted,
            parallel=parallel,
            progress=progress,
        )
        return download.run()
