"""One connection's bytes, as httpcore wants them: its network backend and its stream in one.

httpcore connects by calling this object, and reads and writes through it. So the engine holds the socket of every
connection from its first moment, and can close it at once, whatever httpcore's code is doing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..._concurrency import monotonic
from ...exceptions import CloseError, ConnectTimeout, ReadError, ReadTimeout, TimeoutException, WriteError, WriteTimeout
from ...rules.response_end import ResponseEnd, is_final

if TYPE_CHECKING:
    from ..._network import AsyncByteStream, AsyncNetwork
    from ...values.timeout import Deadline

__all__ = ["AsyncWire", "WireFailure"]

PIECE = 65536


class WireFailure(BaseException):
    """Carries an error of ours, or of the user's request body, through httpcore's code.

    A BaseException, because httpcore takes an Exception of one HTTP/2 stream for the end of all, and hides some.
    """

    def __init__(self, error: Exception, *, foreign: bool = False) -> None:
        super().__init__(error)
        self.error = error
        self.foreign = foreign


class AsyncWire:
    """The byte stream under one connection."""

    __slots__ = (
        "_aborted",
        "_early",
        "_network",
        "_prefix",
        "_until",
        "_write_error",
        "deadline",
        "end",
        "established",
        "http2",
        "layers",
        "on_open",
        "received",
        "shared",
        "stream",
        "uploading",
        "written",
    )

    def __init__(self, network: AsyncNetwork, layers: int, write_error: type[Exception]) -> None:
        self._network = network
        # Steps before the server itself can be spoken to: TLS handshakes, and one for SOCKS without TLS behind it.
        self.layers = layers
        self._write_error = write_error
        self.on_open: Callable[[str | None], None] | None = None
        self._until: float | None = None
        self._aborted = False
        self._early = b""
        self._prefix = b""
        self.stream: AsyncByteStream | None = None
        self.deadline: Deadline | None = None
        self.established = False
        self.http2 = False
        self.shared = False
        self.uploading = False
        self.end: ResponseEnd | None = None
        self.received = 0
        self.written = 0

    def begin(self, method: str, deadline: Deadline | None) -> None:
        """Note the start of an exchange that has the connection for itself."""
        self.deadline = deadline
        if not self.http2:
            self.end = ResponseEnd(method)
        self.uploading = False

    def frames(self, *, shared: bool) -> None:
        """Note that the connection speaks HTTP/2."""
        self.end = None
        self.http2 = True
        if shared:
            # Limits are then those of each operation: whoever reads, reads for all.
            self.shared = True
            self.deadline = None

    # Opening: what httpcore calls on a network backend.

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: Any = None, socket_options: Any = None
    ) -> AsyncWire:
        """Connect; ``timeout`` bounds TLS and the talk with a proxy too."""
        self._until = None if timeout is None else monotonic() + timeout
        # Hosts have their brackets here, for httpcore's request targets.
        return self._opened(await self._network.connect_tcp(host.strip("[]"), port, self._limit(timeout)))

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Any = None
    ) -> AsyncWire:
        """Connect to a Unix socket."""
        self._until = None if timeout is None else monotonic() + timeout
        return self._opened(await self._network.connect_unix(path, self._limit(timeout)))

    def _opened(self, stream: AsyncByteStream) -> AsyncWire:
        self.stream = stream
        if self._aborted:
            stream.abort()
            raise CloseError("the client was closed while the request connected")
        if self.layers == 0:
            self.open(None)
        return self

    async def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> Any:
        """Do a TLS handshake, with the proxy or the server."""
        plan, name = ssl_context.plan()
        self.stream = stream = await self._here().start_tls(plan, name, self._limit(timeout))
        self.layers -= 1
        if self._aborted:
            stream.abort()
            raise CloseError("the client was closed while the request connected")
        if self.layers == 0:
            ssl_object: Any = stream.get_extra_info("ssl_object")
            self.open(ssl_object.selected_alpn_protocol())
        return self

    def open(self, protocol: str | None) -> None:
        """The way to the server is open: from here on each read and write has its own limit."""
        if not self.established:
            self.established = True
            on_open, self.on_open = self.on_open, None
            if on_open is not None:
                on_open(protocol)

    # What httpcore calls on a stream.

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return the next bytes."""
        if self._aborted:
            raise ReadError("the connection was closed")
        if self._early:
            data, self._early = self._early[:max_bytes], self._early[max_bytes:]
            return data
        limit = self._limit(timeout)
        try:
            data = await self._here().read(max_bytes, limit)
        except ReadTimeout as error:
            raise self._late(error, limit) from error.__cause__
        self._count(data)
        return data

    def _count(self, data: bytes) -> None:
        self.received += len(data)
        # Before that, it is the proxy that speaks.
        if self.established and self.end is not None:
            self.end.feed(data)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send bytes."""
        if self._prefix:
            buffer, self._prefix = self._prefix + buffer, b""
        if not buffer:
            return
        self.written += len(buffer)
        limit = self._limit(timeout)
        try:
            if self.uploading and not self.http2:
                await self._upload(buffer, limit)
            else:
                await self._here().write(buffer, limit)
        except WriteTimeout as error:
            raise self._late(error, limit) from error.__cause__
        except WriteError as error:
            # httpcore's own: its HTTP/1.1 code then looks whether the server has answered.
            raise self._write_error(str(error)) from error
        except BaseException:
            if self.shared:
                # Half a frame may have gone out: nobody else must write behind it.
                self.abort()
            raise

    async def _upload(self, buffer: bytes, limit: float | None) -> None:
        """Send a piece of a request body, unless the server has answered before its end (RFC 9112 section 9.5)."""
        stream = self._here()
        started = monotonic()
        left = memoryview(buffer)
        while left:
            while early := stream.read_nowait(PIECE):
                self._count(early)
                self._early += early
            if early is not None or (self._early and is_final(self._early)):
                raise WriteError("the server answered before the end of the request")
            rest = None if limit is None else max(limit - (monotonic() - started), 0.0)
            sent = await stream.write_until_readable(left, rest)
            if sent < len(left) and stream.get_extra_info("ssl_object") is not None:
                # A TLS record was cut, so nothing more can be sent.
                raise WriteError("the server spoke before the end of the request")
            left = left[sent:]

    async def aclose(self) -> None:
        """Close the connection."""
        if self.stream is not None:
            await self.stream.aclose()

    def get_extra_info(self, info: str) -> Any:
        """Return what is known of the connection."""
        return None if self.stream is None else self.stream.get_extra_info(info)

    async def sleep(self, seconds: float) -> None:
        """Never called: the engine itself tries again."""
        raise NotImplementedError

    # What the engine calls.

    def abort(self) -> None:
        """Close at once; from anywhere."""
        self._aborted = True
        if self.stream is not None:
            self.stream.abort()

    def reset(self, stream_id: int) -> None:
        """Tell the server, with the next write, that an HTTP/2 stream is given up (RST_STREAM, RFC 9113 6.4)."""
        cancel = 8
        self._prefix += b"\x00\x00\x04\x03\x00" + stream_id.to_bytes(4, "big") + cancel.to_bytes(4, "big")

    def _here(self) -> AsyncByteStream:
        if self.stream is None:
            raise CloseError("the connection is not open")
        return self.stream

    def _limit(self, timeout: float | None) -> float | None:
        """Return how long an operation may take: its own limit, the rest of that for connecting, the deadline's."""
        if not self.established:
            timeout = None if self._until is None else max(self._until - monotonic(), 0.0)
        deadline = self.deadline
        return timeout if deadline is None else deadline.clamp(timeout)

    def _late(self, error: TimeoutException, limit: float | None) -> BaseException:
        if not self.established:
            return ConnectTimeout(f"the connection was not established in time: {error.message}")
        return WireFailure(error) if self.shared else error
