"""The byte stream of threads: a blocking socket whose time limits the kernel keeps."""

from __future__ import annotations

import os
import select
import socket
import struct
import sys
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from .._concurrency.cancel import CancelToken, local
from ..exceptions import NetworkError, ReadError, ReadTimeout, WriteError, WriteTimeout
from .socket_info import glance, poller, read_timed_out, socket_info
from .stream import ByteStream

if TYPE_CHECKING:
    from ssl import SSLContext

    from .tls_profile import TLSPlan

__all__ = ["SocketStream"]

T = TypeVar("T")

KERNEL_LIMITS = sys.platform != "win32" and hasattr(socket, "SO_RCVTIMEO")
UNKNOWN = -1.0
"""The limit of a direction where both share one: the other direction may have changed it."""
TOLERANCE = 0.01
"""Seconds that a limit already set on the socket may be longer than the one asked for."""
SMALL = 65536
"""Bytes up to which a write is not timed from its start, as it does not wait in more than one call."""
DONT_WAIT = getattr(socket, "MSG_DONTWAIT", 0)


class SocketStream(ByteStream):
    """A connected stream socket, used with blocking calls.

    A limit is set on the socket (SO_RCVTIMEO, SO_SNDTIMEO) only when it changes, so that a read is one system call.
    """

    __slots__ = (
        "_closed",
        "_glance",
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
        self._poll = poller(sock)
        self._glance = glance(sock, self._poll)
        self._read_limit: float | None = None if KERNEL_LIMITS else UNKNOWN
        self._write_limit: float | None = None if KERNEL_LIMITS else UNKNOWN
        sock.settimeout(None)

    # Reading

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        token = local.token
        if token is not None:
            return self._under(token, self._read, max_bytes, timeout)
        return self._read(max_bytes, timeout)

    def _read(self, max_bytes: int, timeout: float | None) -> bytes:
        self._reading = True
        try:
            if timeout != self._read_limit:
                self._limit_reads(timeout)
            recv = self._recv  # a slot that is called costs several times as much as one that is read
            data = recv(max_bytes)
            if data or not self._closed:
                return data
        except OSError as error:
            raise self._read_failed(error, timeout) from error
        finally:
            self._reading = False
            if self._closed:
                self._close_socket()
        raise ReadError(f"the connection to {self._peer} is closed")  # this end was not the peer's

    receive = read

    def read_nowait(self, max_bytes: int) -> bytes | None:
        try:
            if not self._poll(0):
                return None
            return self._recv(max_bytes, DONT_WAIT)
        except (BlockingIOError, InterruptedError):
            return None
        except (OSError, ValueError) as error:
            raise self._read_failed(error, None) from error

    def wait_readable(self, waker: int, timeout: float | None = None) -> None:
        self._reading = True
        try:
            if not select_readable((self._sock.fileno(), waker), timeout):
                raise read_timed_out(self._peer, timeout)
        except (OSError, ValueError) as error:
            if isinstance(error, ReadTimeout):
                raise
            raise self._read_failed(error, None) from error
        finally:
            self._reading = False
            if self._closed:
                self._close_socket()

    def _read_failed(self, error: Exception, timeout: float | None) -> Exception:
        if self._closed:
            return ReadError(f"the connection to {self._peer} is closed")
        if _limit_reached(error) and timeout is not None:
            return read_timed_out(self._peer, timeout)
        return ReadError(f"reading from {self._peer} failed: {error}")

    def _limit_reads(self, timeout: float | None) -> None:
        now = self._read_limit
        if timeout is None or now is None or not timeout <= now <= timeout + TOLERANCE:
            _limit(self._sock, "SO_RCVTIMEO", timeout)
            self._read_limit = timeout if KERNEL_LIMITS else UNKNOWN

    # Writing

    def write(self, data: bytes | memoryview, timeout: float | None = None) -> None:
        token = local.token
        if token is None:
            self._write(data, timeout)
            return
        token.check()
        sent = self._send_at_once(data)
        if sent != len(data):
            self._under(token, self._write, memoryview(data)[sent:], timeout)

    def send_nowait(self, data: bytes) -> memoryview:
        return memoryview(data)[self._send_at_once(data) :]

    def _send_at_once(self, data: bytes | memoryview) -> int:
        """Send what needs no waiting, for which the token needs no interrupter, and return how much that was."""
        self._writing = True
        try:
            return self._send(data, DONT_WAIT) if DONT_WAIT else 0
        except OSError:
            return 0  # to be met again
        finally:
            self._writing = False
            if self._closed:
                self._close_socket()

    def _write(self, data: bytes | memoryview, timeout: float | None) -> None:
        size = len(data)
        started = monotonic() if size > SMALL else 0.0
        self._writing = True
        try:
            if timeout != self._write_limit:
                self._limit_writes(timeout)
            send = self._send
            sent = send(data)
            if sent != size:
                self._send_rest(memoryview(data)[sent:], timeout, started or monotonic())
        except OSError as error:
            raise self._write_failed(error) from error
        finally:
            self._writing = False
            if self._closed:
                self._close_socket()

    def _send_rest(self, rest: memoryview, timeout: float | None, started: float) -> None:
        """Go on after a short write, which means that the kernel's limit or a signal ended the call."""
        while rest:
            if timeout is not None:
                left = started + timeout - monotonic()
                if left < 0.001:
                    raise BlockingIOError
                self._limit_writes(left)
            rest = rest[self._send(rest) :]

    def write_until_readable(self, data: bytes | memoryview, timeout: float | None = None) -> int:
        token = local.token
        if token is not None:
            return self._under(token, self._write_until_readable, data, timeout)
        return self._write_until_readable(data, timeout)

    def _write_until_readable(self, data: bytes | memoryview, timeout: float | None) -> int:
        view = memoryview(data)
        deadline = None if timeout is None else monotonic() + timeout
        sent = 0
        self._writing = True
        try:
            while sent < len(view):
                left = None if deadline is None else max(0.0, deadline - monotonic())
                if not DONT_WAIT:
                    self._limit_writes(left)
                readable, writable = _ready(self._sock, left)
                if readable:
                    break
                if not writable:
                    raise BlockingIOError
                sent += self._send(view[sent:], DONT_WAIT)
        except (OSError, ValueError) as error:
            raise self._write_failed(error) from error
        finally:
            self._writing = False
            if self._closed:
                self._close_socket()
        return sent

    def send_farewell(self, data: bytes) -> None:
        if self._closed or self._writing or self._pid != os.getpid():
            return
        try:
            if not DONT_WAIT:
                self._sock.settimeout(0.0)
            self._send(data, DONT_WAIT)
        except OSError:
            pass

    def _write_failed(self, error: Exception) -> Exception:
        if self._closed:
            return WriteError(f"the connection to {self._peer} is closed")
        if _limit_reached(error):
            return WriteTimeout(f"{self._peer} did not take the data in time")
        return WriteError(f"writing to {self._peer} failed: {error}")

    def _limit_writes(self, timeout: float | None) -> None:
        now = self._write_limit
        if timeout is None or now is None or not timeout <= now <= timeout + TOLERANCE:
            _limit(self._sock, "SO_SNDTIMEO", timeout)
            self._write_limit = timeout if KERNEL_LIMITS else UNKNOWN

    # Closing and cancelling

    def _under(
        self, token: CancelToken, operation: Callable[[Any, float | None], T], argument: Any, timeout: float | None
    ) -> T:
        """Do an operation that ends with RequestCancelled when the token is cancelled meanwhile."""
        interrupt = self._interrupt
        token.register(interrupt)
        try:
            result = operation(argument, timeout)
        except (NetworkError, TimeoutError):
            token.check()
            raise
        finally:
            token.unregister(interrupt)
        token.check()
        return result

    def _interrupt(self) -> None:
        """Wake a thread that is inside a system call on this socket."""
        try:
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def close(self) -> None:
        self.abort()

    def abort(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._pid == os.getpid() and (self._reading or self._writing):
            # A thread is inside a system call: closing the descriptor under it could hand it a stranger's
            # connection. So it is woken here, and closes on its way out.
            self._interrupt()
            if self._reading or self._writing:
                return
        self._close_socket()

    def _close_socket(self) -> None:
        try:
            self._sock.close()
        except OSError:
            pass

    def __del__(self) -> None:
        try:
            self._closed = True
            self._sock.close()
        except Exception:  # never made, or the interpreter is shutting down
            pass

    # The rest

    def start_tls(
        self, ssl_context: SSLContext | TLSPlan, server_hostname: str | None = None, timeout: float | None = None
    ) -> ByteStream:
        from .tls_stream import TLSStream

        return TLSStream.over(self, ssl_context, server_hostname, timeout, self._peer)

    def is_stale(self) -> bool:
        try:
            return self._closed or bool(self._poll(0))
        except (OSError, ValueError):  # closed by another thread
            return True

    def looks_stale(self) -> bool:
        try:
            glance = self._glance
            return self._closed or bool(glance())
        except (OSError, ValueError):
            return True

    def get_extra_info(self, name: str) -> object | None:
        return self.is_stale() if name == "is_readable" else socket_info(self._sock, name)


def _limit_reached(error: Exception) -> bool:
    """Return whether a system call failed because of its limit; ETIMEDOUT is a failure of the network."""
    return isinstance(error, BlockingIOError) or (isinstance(error, TimeoutError) and error.errno is None)


def _limit(sock: socket.socket, option: str, timeout: float | None) -> None:
    """Set how long a system call may wait: ``SO_RCVTIMEO`` or ``SO_SNDTIMEO``, or both where the kernel can't."""
    if not KERNEL_LIMITS:
        sock.settimeout(None if timeout is None else max(timeout, 0.001))
        return
    microseconds = 0 if timeout is None else max(int(timeout * 1e6), 1)
    packed = struct.pack("@ll", *divmod(microseconds, 1_000_000))
    sock.setsockopt(socket.SOL_SOCKET, getattr(socket, option), packed)


def select_readable(descriptors: tuple[int, ...], timeout: float | None) -> bool:
    """Wait until one of the descriptors can be read, and return whether one can."""
    if not hasattr(select, "poll"):
        return bool(select.select(descriptors, (), (), timeout)[0])
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(None if timeout is None else timeout * 1000))


def _ready(sock: socket.socket, timeout: float | None) -> tuple[bool, bool]:
    """Wait until a socket is readable or writable, and return which."""
    if not hasattr(select, "poll"):
        readable, writable, _ = select.select([sock], [sock], [], timeout)
        return bool(readable), bool(writable)
    poll = select.poll()
    poll.register(sock, select.POLLIN | select.POLLOUT)
    events = poll.poll(None if timeout is None else timeout * 1000)
    flags = events[0][1] if events else 0
    return bool(flags & ~select.POLLOUT), bool(flags & select.POLLOUT)
