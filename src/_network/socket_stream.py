"""The byte stream of threads: a blocking socket whose time limits the kernel keeps."""

from __future__ import annotations

import os
import select
import socket
import struct
import sys
from time import monotonic
from typing import TYPE_CHECKING, Any, NoReturn, cast

from ..exceptions import ConnectError, ConnectTimeout, ReadError, ReadTimeout, ResolveError, WriteError, WriteTimeout
from .stream import ByteStream

if TYPE_CHECKING:
    from ssl import SSLContext

    from .network import Network

__all__ = ["SocketStream", "connect_tcp", "connect_unix"]

KERNEL_TIMEOUTS = sys.platform != "win32" and hasattr(socket, "SO_RCVTIMEO")
TOLERANCE = 0.01
"""Seconds that a limit already set on the socket may be longer than the one asked for."""
SMALL = 65536


class SocketStream(ByteStream):
    """A connected stream socket, used with blocking calls.

    A limit is set on the socket (SO_RCVTIMEO, SO_SNDTIMEO) only when it changes, so that a read is one system call.
    """

    __slots__ = (
        "_closed",
        "_peer",
        "_pid",
        "_poll",
        "_read_limit",
        "_reading",
        "_recv",
        "_send",
        "_sock",
        "_write_limit",
        "_writing",
    )

    def __init__(self, sock: socket.socket, peer: str) -> None:
        self._closed = False
        self._reading = False
        self._writing = False
        self._sock = sock
        self._recv = sock.recv
        self._send = sock.send
        self._peer = peer
        self._pid = os.getpid()
        self._poll: Any = None
        self._read_limit: float | None = None
        self._write_limit: float | None = None
        sock.settimeout(None)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._reading = True
        try:
            if self._closed:
                raise ReadError(f"the connection to {self._peer} is closed")
            if timeout != self._read_limit:
                self._limit_reads(timeout)
            return self._recv(max_bytes)
        except OSError as error:
            return self._read_again(error, max_bytes, timeout)
        finally:
            self._reading = False
            if self._closed:
                self._close_socket()

    def _read_again(self, error: OSError, max_bytes: int, timeout: float | None) -> bytes:
        """Go on after a system call that failed: the limit that was set may be shorter than the one asked for."""
        while isinstance(error, (BlockingIOError, TimeoutError)) and not self._closed:
            if timeout is None or self._read_limit is None or timeout - self._read_limit < 0.001:
                raise ReadTimeout(f"no byte came from {self._peer} in time") from None
            timeout -= self._read_limit
            try:
                self._limit_reads(timeout)
                return self._recv(max_bytes)
            except OSError as again:
                error = again
        if self._closed or isinstance(error, ReadError):
            raise ReadError(f"the connection to {self._peer} was closed while it was read") from None
        raise ReadError(f"reading from {self._peer} failed: {error}") from error

    def write(self, data: bytes, timeout: float | None = None) -> None:
        size = len(data)
        started = monotonic() if size > SMALL and timeout is not None else 0.0
        self._writing = True
        try:
            if self._closed:
                raise WriteError(f"the connection to {self._peer} is closed")
            if timeout != self._write_limit:
                self._limit_writes(timeout)
            sent = self._send(data)
            if sent != size:
                self._write_rest(memoryview(data)[sent:], timeout, started or monotonic())
        except OSError as error:
            self._write_failed(error)
        finally:
            self._writing = False
            if self._closed:
                self._close_socket()

    def _write_rest(self, rest: memoryview, timeout: float | None, started: float) -> None:
        """Go on after a short write, which means that the kernel's limit or a signal ended the call."""
        while rest:
            if timeout is not None:
                left = started + timeout - monotonic()
                if left < 0.001:
                    raise BlockingIOError
                self._limit_writes(left)
            rest = rest[self._send(rest) :]

    def _write_failed(self, error: OSError) -> NoReturn:
        if self._closed or isinstance(error, WriteError):
            raise WriteError(f"the connection to {self._peer} is closed") from None
        if isinstance(error, (BlockingIOError, TimeoutError)):
            raise WriteTimeout(f"{self._peer} did not take the data in time") from None
        raise WriteError(f"writing to {self._peer} failed: {error}") from error

    def _limit_reads(self, timeout: float | None) -> None:
        now = self._read_limit
        if timeout is None or now is None or not 0.5 * timeout < now < timeout + TOLERANCE:
            _set_limit(self._sock, "SO_RCVTIMEO", timeout)
            self._read_limit = timeout

    def _limit_writes(self, timeout: float | None) -> None:
        now = self._write_limit
        if timeout is None or now is None or not 0.5 * timeout < now < timeout + TOLERANCE:
            _set_limit(self._sock, "SO_SNDTIMEO", timeout)
            self._write_limit = timeout

    def close(self) -> None:
        self.abort()

    def abort(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._pid != os.getpid():
            self._close_socket()
            return
        if self._reading or self._writing:
            # another thread is inside a system call: closing the descriptor under it could hand it a stranger's
            # connection, so it is woken here and closes on its way out
            try:
                self._sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            if self._reading or self._writing:
                return
        self._close_socket()

    def _close_socket(self) -> None:
        try:
            self._sock.close()
        except OSError:
            pass

    def __del__(self) -> None:
        if not self._closed:
            self._closed = True
            self._close_socket()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> ByteStream:
        raise NotImplementedError("TLS comes with the next change")

    def is_stale(self) -> bool:
        if self._closed:
            return True
        poll = self._poll
        if poll is None:
            poll = self._poll = _poller(self._sock)
        return bool(poll(0))

    def get_extra_info(self, name: str) -> object | None:
        if name == "is_readable":
            return self.is_stale()
        if name == "socket":
            return self._sock
        try:
            if name == "client_addr":
                return cast(object, self._sock.getsockname())
            if name == "server_addr":
                return cast(object, self._sock.getpeername())
        except OSError:
            return None
        return None


def _set_limit(sock: socket.socket, option: str, timeout: float | None) -> None:
    if not KERNEL_TIMEOUTS:
        sock.settimeout(timeout)
        return
    if timeout is None:
        packed = struct.pack("@ll", 0, 0)
    else:
        seconds, rest = divmod(max(timeout, 0.000001), 1.0)
        packed = struct.pack("@ll", int(seconds), max(int(rest * 1e6), 0 if seconds else 1))
    sock.setsockopt(socket.SOL_SOCKET, getattr(socket, option), packed)


def _poller(sock: socket.socket) -> Any:
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(sock, select.POLLIN | select.POLLPRI)
        return poll.poll
    return lambda timeout: select.select([sock], [], [], timeout)[0]


def connect_tcp(network: Network, host: str, port: int, timeout: float | None) -> ByteStream:
    """Connect to the first address that answers."""
    peer = f"{host}:{port}"
    try:
        sock = socket.create_connection((host, port), timeout)
    except socket.gaierror as error:
        raise ResolveError(f"{host!r} has no address: {error.strerror}") from error
    except TimeoutError:
        raise ConnectTimeout(f"no connection to {peer} in time") from None
    except OSError as error:
        raise ConnectError(f"no connection to {peer}: {error}") from error
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return SocketStream(sock, peer)


def connect_unix(network: Network, path: str, timeout: float | None) -> ByteStream:
    """Connect to a Unix socket."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout)
        sock.connect(path)
    except TimeoutError:
        sock.close()
        raise ConnectTimeout(f"no connection to {path} in time") from None
    except OSError as error:
        sock.close()
        raise ConnectError(f"no connection to {path}: {error}") from error
    return SocketStream(sock, path)
