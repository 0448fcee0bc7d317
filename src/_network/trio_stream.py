"""The byte stream of trio: a non-blocking socket that trio watches."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import trio

from ..exceptions import ReadError, WriteError, WriteTimeout
from .socket_info import poller, read_timed_out, socket_info
from .stream import AsyncByteStream

if TYPE_CHECKING:
    from ssl import SSLContext

    from .tls_profile import TLSPlan

__all__ = ["TrioStream"]


class TrioStream(AsyncByteStream):
    """A connected socket, used by trio tasks."""

    __slots__ = ("_closed", "_peer", "_pid", "_poll", "_queued", "_sock", "_token", "_turn")

    def __init__(self, sock: socket.socket, peer: str) -> None:
        self._closed = False
        self._sock = sock
        self._peer = peer
        self._pid = os.getpid()
        self._token = trio.lowlevel.current_trio_token()
        self._poll = poller(sock)
        self._queued = 0
        self._turn: trio.StrictFIFOLock | None = None

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if timeout is None:
            return await self._read(max_bytes)
        with trio.move_on_after(timeout):
            return await self._read(max_bytes)
        raise read_timed_out(self._peer, timeout)

    async def _read(self, max_bytes: int) -> bytes:
        try:
            while True:
                await trio.lowlevel.wait_readable(self._sock)
                try:
                    data = self._sock.recv(max_bytes)
                    if data or not self._closed:
                        return data
                    raise ReadError(f"the connection to {self._peer} is closed")
                except (BlockingIOError, InterruptedError):
                    pass
        except trio.BusyResourceError:
            raise ReadError(f"two tasks read from the connection to {self._peer} at once") from None
        except ReadError:
            raise
        except (OSError, ValueError, trio.ClosedResourceError) as error:
            raise self._read_failed(error) from error

    def _read_failed(self, error: Exception) -> ReadError:
        if self._closed:
            return ReadError(f"the connection to {self._peer} is closed")
        return ReadError(f"reading from {self._peer} failed: {error}")

    def read_nowait(self, max_bytes: int) -> bytes | None:
        try:
            return self._sock.recv(max_bytes)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError as error:
            raise self._read_failed(error) from error

    async def write(self, data: bytes | memoryview, timeout: float | None = None) -> None:
        await self._write(data, timeout, until_readable=False)

    async def write_until_readable(self, data: bytes | memoryview, timeout: float | None = None) -> int:
        if self._poll(0):
            return 0
        return await self._write(data, timeout, until_readable=True)

    def send_nowait(self, data: bytes) -> memoryview:
        return memoryview(data)[0 if self._queued else self._send(data) :]

    def send_farewell(self, data: bytes) -> None:
        if not self._closed and not self._queued and self._pid == os.getpid():
            try:
                self._send(data)
            except WriteError:
                pass

    async def _write(self, data: bytes | memoryview, timeout: float | None, *, until_readable: bool) -> int:
        sent = 0 if self._queued else self._send(data)
        if sent == len(data):
            await trio.lowlevel.checkpoint_if_cancelled()
            return sent
        if self._turn is None:
            self._turn = trio.StrictFIFOLock()
        self._queued += 1
        try:
            with trio.CancelScope(deadline=trio.current_time() + (float("inf") if timeout is None else timeout)):
                async with self._turn:
                    return sent + await self._send_rest(memoryview(data)[sent:], until_readable=until_readable)
        finally:
            self._queued -= 1
        raise WriteTimeout(f"{self._peer} did not take the data in time")

    def _send(self, data: bytes | memoryview) -> int:
        try:
            return self._sock.send(data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError as error:
            raise self._write_failed(error) from error

    async def _send_rest(self, data: memoryview, *, until_readable: bool) -> int:
        sent = 0
        try:
            while sent < len(data):
                if until_readable and await self._readable_first():
                    break
                await trio.lowlevel.wait_writable(self._sock)
                sent += self._send(data[sent:])
        except (OSError, ValueError, trio.ClosedResourceError, trio.BusyResourceError) as error:
            if isinstance(error, WriteError):
                raise
            raise self._write_failed(error) from error
        return sent

    async def _readable_first(self) -> bool:
        """Wait until the socket is readable or writable; return whether it is readable."""
        async with trio.open_nursery() as nursery:

            async def wait(ready: object) -> None:
                await ready(self._sock)  # type: ignore[operator]
                nursery.cancel_scope.cancel()

            nursery.start_soon(wait, trio.lowlevel.wait_readable)
            nursery.start_soon(wait, trio.lowlevel.wait_writable)
        return bool(self._poll(0))

    def _write_failed(self, error: Exception) -> WriteError:
        if self._closed:
            return WriteError(f"the connection to {self._peer} is closed")
        return WriteError(f"writing to {self._peer} failed: {error}")

    async def aclose(self) -> None:
        self.abort()
        await trio.lowlevel.cancel_shielded_checkpoint()

    def abort(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._pid != os.getpid():
            self._sock.close()
        elif _inside(self._token):
            self._close()
        else:
            try:
                self._sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            try:
                self._token.run_sync_soon(self._close)
            except trio.RunFinishedError:
                self._sock.close()

    def _close(self) -> None:
        if self._sock.fileno() != -1:
            trio.lowlevel.notify_closing(self._sock)
            self._sock.close()

    def __del__(self) -> None:
        try:
            self.abort()
        except Exception:  # the interpreter is shutting down
            pass

    async def start_tls(
        self, ssl_context: SSLContext | TLSPlan, server_hostname: str | None = None, timeout: float | None = None
    ) -> AsyncByteStream:
        from .async_tls_stream import AsyncTLSStream

        return await AsyncTLSStream.over(self, ssl_context, server_hostname, timeout, self._peer)

    def is_stale(self) -> bool:
        return self._closed or bool(self._poll(0))

    def get_extra_info(self, name: str) -> object | None:
        return self.is_stale() if name == "is_readable" else socket_info(self._sock, name)


def _inside(token: trio.lowlevel.TrioToken) -> bool:
    try:
        return trio.lowlevel.current_trio_token() is token
    except RuntimeError:
        return False
