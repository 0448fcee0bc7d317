"""TLS over any blocking byte stream, another TLS stream included."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from ..exceptions import ReadError, ReadTimeout, TLSError, WriteError, WriteTimeout
from .socket_info import read_timed_out
from .stream import ByteStream
from .tls_end import unannounced
from .tls_machine import LAST_WORDS, PLAIN, RECORDS, TLSMachine, handshake_error, left

if TYPE_CHECKING:
    from ssl import SSLContext

    from .tls_profile import TLSPlan

__all__ = ["TLSStream"]


class TLSStream(ByteStream):
    """An encrypted stream over another one, which it owns.

    The state of TLS is under one lock that is never held while waiting; a second one keeps writes in order.
    """

    __slots__ = (
        "_closed",
        "_inner",
        "_lock",
        "_machine",
        "_maybe",
        "_peer",
        "_pid",
        "_plain",
        "_receive",
        "_send",
        "_sending",
    )

    def __init__(self, inner: ByteStream, machine: TLSMachine, peer: str) -> None:
        self._inner = inner
        self._receive = inner.read
        self._send = inner.write
        self._machine = machine
        self._peer = peer
        self._pid = os.getpid()
        self._closed = False
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._maybe = True
        """Whether plain bytes may be had without reading from the wire."""
        self._plain: bytes | None = None
        """Plain bytes, or the end, found by looking whether there are any."""

    @classmethod
    def over(
        cls,
        inner: ByteStream,
        context: SSLContext | TLSPlan,
        server_hostname: str | None,
        timeout: float | None,
        peer: str,
    ) -> TLSStream:
        """Do the handshake; see ByteStream.start_tls."""
        deadline = None if timeout is None else monotonic() + timeout
        try:
            machine = TLSMachine(context, server_hostname, peer)
            try:
                while not machine.handshake():
                    inner.write(machine.outgoing.read(), left(deadline))
                    machine.feed(inner.read(RECORDS, left(deadline)))
            except TLSError:
                inner.send_farewell(machine.outgoing.read())  # the alert that tells the server why
                raise
            inner.write(machine.outgoing.read(), left(deadline))
        except BaseException as error:
            inner.abort()
            failure = handshake_error(error, peer, timeout)
            if failure is None:
                raise
            raise failure from error
        return cls(inner, machine, peer)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._maybe:
            data = self._take(max_bytes)
            if data is not None:
                return data
        machine = self._machine
        deadline = None if timeout is None else monotonic() + timeout
        limit = timeout
        while True:
            try:
                wire = self._receive(RECORDS, limit)
            except ReadTimeout:
                raise read_timed_out(self._peer, timeout) from None
            with self._lock:
                machine.feed(wire)
                try:
                    data = machine.read(max_bytes)
                except ReadError as error:
                    raise unannounced(error) from error.__cause__
                self._maybe = data is not None and (len(data) == max_bytes or machine.has_input())
            if machine.outgoing.pending:
                self._flush(limit)
            if data is not None:
                return data
            if deadline is not None:
                limit = max(0.0, deadline - monotonic())

    def _take(self, max_bytes: int) -> bytes | None:
        """Return plain bytes that need no reading from the wire, or None."""
        with self._lock:
            data = self._plain
            if data is None:
                try:
                    data = self._machine.read(max_bytes)
                except ReadError as error:
                    raise unannounced(error) from error.__cause__
            elif len(data) > max_bytes:
                self._plain = data[max_bytes:]
                return data[:max_bytes]
            elif data:
                self._plain = None
            self._maybe = data is not None and (len(data) == max_bytes or self._machine.has_input())
            return data

    def _flush(self, timeout: float | None) -> None:
        """Send what reading has produced: the answer to a key update or a renegotiation.

        While another thread writes it is left to that one, which looks for it after its own data.
        """
        if not self._sending.acquire(blocking=False):
            return
        try:
            with self._lock:
                wire = self._machine.outgoing.read()
            self._send(wire, timeout)
        except WriteTimeout as error:
            raise ReadTimeout(error.message) from None
        except WriteError as error:
            raise ReadError(error.message) from error
        finally:
            self._sending.release()

    def wait_readable(self, waker: int, timeout: float | None = None) -> None:
        self._inner.wait_readable(waker, timeout)

    def read_nowait(self, max_bytes: int) -> bytes | None:
        while True:
            if self._maybe:
                data = self._take(max_bytes)
                if data is not None:
                    return data
            wire = self._inner.read_nowait(RECORDS)
            if wire is None:
                return None
            with self._lock:
                self._machine.feed(wire)
                self._maybe = True

    def write(self, data: bytes | memoryview, timeout: float | None = None) -> None:
        try:
            with self._sending:
                if self._closed:
                    raise WriteError(f"the connection to {self._peer} is closed")
                if len(data) <= PLAIN:
                    self._send(self._encrypted(data), timeout)
                else:
                    deadline = None if timeout is None else monotonic() + timeout
                    view = memoryview(data)
                    for start in range(0, len(view), PLAIN):
                        self._send(self._encrypted(view[start : start + PLAIN]), left(deadline))
        except WriteError as error:
            self._hear_why(error)
            raise
        if self._machine.outgoing.pending:
            self._flush(timeout)

    def _encrypted(self, data: bytes | memoryview) -> bytes:
        with self._lock:
            return self._machine.write(data)

    def write_until_readable(self, data: bytes | memoryview, timeout: float | None = None) -> int:
        deadline = None if timeout is None else monotonic() + timeout
        view = memoryview(data)
        with self._sending:
            for start in range(0, len(view), PLAIN):
                wire = memoryview(self._encrypted(view[start : start + PLAIN]))
                while wire:
                    if self.is_stale():
                        return start
                    wire = wire[self._inner.write_until_readable(wire, left(deadline)) :]
        return len(view)

    def send_nowait(self, data: bytes) -> memoryview:
        self._sending.acquire()
        rest = memoryview(b"")
        try:
            if self._closed:
                raise WriteError(f"the connection to {self._peer} is closed")
            rest = self._inner.send_nowait(self._encrypted(data))
            return rest
        finally:
            if not rest:
                self._sending.release()  # else send_rest does, as nothing may come between

    def send_rest(
        self, rest: memoryview, timeout: float | None = None, receive: Callable[[bytes], object] | None = None
    ) -> None:
        def decrypt(wire: bytes) -> None:
            with self._lock:
                self._machine.feed(wire)
            while (data := self._take(RECORDS)) is not None:
                receive(data)  # type: ignore[misc]
                if not data:
                    break

        try:
            self._inner.send_rest(rest, timeout, None if receive is None else decrypt)
        finally:
            self._sending.release()
        if self._machine.outgoing.pending:
            self._flush(timeout)

    def send_farewell(self, data: bytes) -> None:
        if self._sending.acquire(blocking=False):
            try:
                self._inner.send_farewell(self._encrypted(data))
            except WriteError:
                pass
            finally:
                self._sending.release()

    def start_tls(
        self, ssl_context: SSLContext | TLSPlan, server_hostname: str | None = None, timeout: float | None = None
    ) -> ByteStream:
        return TLSStream.over(self, ssl_context, server_hostname, timeout, self._peer)

    def is_stale(self) -> bool:
        """Return whether an idle connection can't be used again; session tickets that came meanwhile are no reason."""
        if self._closed or not (self._maybe or self._inner.is_stale()):
            return self._closed
        try:
            if self._plain is None:
                self._plain = self.read_nowait(RECORDS)
                self._maybe = self._maybe or self._plain is not None
        except (ReadError, TLSError):
            return True
        return self._plain is not None or self._machine.renegotiating()

    def looks_stale(self) -> bool:
        if self._closed or not (self._maybe or self._inner.looks_stale()):
            return self._closed
        return self.is_stale()

    def _hear_why(self, error: WriteError) -> None:
        """Raise TLSError where the server refused the client's certificate: with TLS 1.3 after the handshake."""
        if self._machine.answered or self._closed:
            return
        try:
            while self._plain is None:
                wire = self._receive(RECORDS, LAST_WORDS)
                self._maybe = True
                with self._lock:
                    self._machine.feed(wire)
                    self._plain = self._machine.read(RECORDS)
        except TLSError as told:
            raise told from error
        except (ReadError, ReadTimeout):
            pass

    def get_extra_info(self, name: str) -> object | None:
        if name == "ssl_object":
            return self._machine.ssl_object
        return self.is_stale() if name == "is_readable" else self._inner.get_extra_info(name)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            if self._pid == os.getpid() and self._sending.acquire(blocking=False):
                try:
                    with self._lock:
                        wire = self._machine.farewell()
                    self._inner.send_farewell(wire)
                finally:
                    self._sending.release()
            self._inner.close()

    def abort(self) -> None:
        self._closed = True
        self._inner.abort()
