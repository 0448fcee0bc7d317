"""Connecting a blocking socket: name lookup with a limit, Happy Eyeballs (RFC 8305), Unix sockets."""

from __future__ import annotations

import errno
import os
import selectors
import socket
import threading
from time import monotonic
from typing import TYPE_CHECKING

from .._concurrency.cancel import CancelToken, current_token, pause
from ..exceptions import ConnectError, ConnectTimeout
from .addresses import Address, normalise
from .attempts import UNIX_RETRY, Attempts
from .lookup import start
from .resolver import checked, known_addresses
from .socket_stream import SocketStream

if TYPE_CHECKING:
    from .network import Network

__all__ = ["connect_tcp", "connect_unix", "look_up"]

Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)
UNDER_WAY = {errno.EINPROGRESS, errno.EWOULDBLOCK, getattr(errno, "WSAEWOULDBLOCK", errno.EINPROGRESS)}


def connect_tcp(network: Network, host: str, port: int, timeout: float | None) -> SocketStream:
    """Connect to the first address that answers; see Network.connect_tcp."""
    deadline = None if timeout is None else monotonic() + timeout
    token = current_token()
    attempts = Attempts(network, host, port, timeout)
    addresses = known_addresses(network.resolver, host, port)
    if addresses is None:
        addresses = _look_up(network, host, port, deadline, attempts, token)
    if len(attempts.plan(addresses)) == 1 and token is None:
        sock = _connect_one(attempts.addresses[0], deadline, attempts)
    else:
        race = _Race(attempts, network.happy_eyeballs_delay, deadline)
        sock = race.run() if token is None else race.run_under(token)
    return SocketStream(sock, attempts.peer)


def look_up(network: Network, host: str, port: int, timeout: float | None) -> list[Address]:
    """Ask the resolver; see Network.look_up."""
    known = known_addresses(network.resolver, host, port)
    if known is not None:
        return known
    deadline = None if timeout is None else monotonic() + timeout
    return _look_up(network, host, port, deadline, Attempts(network, host, port, timeout), current_token())


def _look_up(
    network: Network, host: str, port: int, deadline: float | None, attempts: Attempts, token: CancelToken | None
) -> list[Address]:
    """Ask the resolver; in a thread, if the wait for it can end early."""
    resolver = network.resolver
    if deadline is None and token is None:
        return normalise(host, port, checked(host, lambda: resolver.resolve(host, port)))
    ended = threading.Event()
    if token is not None:
        token.register(ended.set)
    call = start((resolver, host, port), lambda: resolver.resolve(host, port), ended.set)
    try:
        in_time = ended.wait(None if deadline is None else max(0.0, deadline - monotonic()))
    finally:
        call.forget(ended.set)
        if token is not None:
            token.unregister(ended.set)
    if token is not None:
        token.check()
    if not in_time:
        raise attempts.timed_out()
    return normalise(host, port, checked(host, call.value))


def _connect_one(address: Address, deadline: float | None, attempts: Attempts) -> socket.socket:
    try:
        sock = attempts.open(address)
        try:
            sock.settimeout(None if deadline is None else max(0.001, deadline - monotonic()))
            sock.connect(address[1])
        except BaseException:
            sock.close()
            raise
    except TimeoutError as error:
        if error.errno is None:
            raise attempts.timed_out() from None
        attempts.failed(address, error)  # ETIMEDOUT: the system gave up before us
    except OSError as error:
        attempts.failed(address, error)
    else:
        return sock
    raise attempts.error()


class _Race:
    """Happy Eyeballs: attempts start one after the other, ``delay`` seconds apart, or at once when one failed."""

    def __init__(self, attempts: Attempts, delay: float, deadline: float | None) -> None:
        self.attempts = attempts
        self.delay = delay
        self.deadline = deadline
        self.next_start = 0.0
        self.left = list(reversed(attempts.addresses))
        self.pending: dict[socket.socket, Address] = {}
        self.selector = Selector()  # one that needs no descriptor of its own

    def run(self, token: CancelToken | None = None) -> socket.socket:
        """Return the first socket that is connected; all others are closed."""
        winner: socket.socket | None = None
        try:
            while winner is None:
                if token is not None:
                    token.check()
                now = monotonic()
                if self.deadline is not None and now >= self.deadline:
                    raise self.attempts.timed_out()
                if self.left and now >= self.next_start:
                    self.next_start = now + self.delay
                    winner = self._start(self.left.pop())
                elif not self.pending and not self.left:
                    raise self.attempts.error()
                else:
                    winner = self._wait(now)
            return winner
        finally:
            self.selector.close()
            for sock in self.pending:
                if sock is not winner:
                    sock.close()

    def run_under(self, token: CancelToken) -> socket.socket:
        """Run until the token is cancelled at most; a pair of sockets wakes the selector."""
        try:
            waker, woken = socket.socketpair()
        except OSError as error:
            raise ConnectError(f"no connection to {self.attempts.peer}: {error.strerror}") from error
        with waker, woken:
            self.selector.register(woken, selectors.EVENT_READ)

            def wake() -> None:
                waker.send(b"\0")

            token.register(wake)
            try:
                return self.run(token)
            finally:
                token.unregister(wake)

    def _start(self, address: Address) -> socket.socket | None:
        try:
            sock = self.attempts.open(address)
        except OSError as error:
            self._failed(address, error)
            return None
        self.pending[sock] = address
        code = sock.connect_ex(address[1])
        if code == 0:
            return sock
        if code in UNDER_WAY:
            self.selector.register(sock, selectors.EVENT_WRITE)
        else:
            self._drop(sock, code)
        return None

    def _wait(self, now: float) -> socket.socket | None:
        ends = [self.next_start] if self.left else []
        if self.deadline is not None:
            ends.append(self.deadline)
        for key, _ in self.selector.select(min(ends) - now if ends else None):
            sock: socket.socket = key.fileobj  # type: ignore[assignment]
            if sock not in self.pending:
                continue  # woken by the token
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code == 0:
                return sock
            self.selector.unregister(sock)
            self._drop(sock, code)
        return None

    def _drop(self, sock: socket.socket, code: int) -> None:
        self._failed(self.pending.pop(sock), OSError(code, os.strerror(code)))
        sock.close()

    def _failed(self, address: Address, error: OSError) -> None:
        self.attempts.failed(address, error)
        self.next_start = 0.0


def connect_unix(network: Network, path: str, timeout: float | None) -> SocketStream:
    """Connect to a Unix socket; see Network.connect_unix."""
    deadline = None if timeout is None else monotonic() + timeout
    try:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    except (AttributeError, OSError) as error:
        raise ConnectError(f"no connection to the socket {path}: {error}") from error
    try:
        sock.setblocking(False)
        for option in network.socket_options:
            sock.setsockopt(*option)
        while True:
            try:
                sock.connect(path)
                return SocketStream(sock, path)
            except BlockingIOError:  # its queue is full
                if deadline is not None and monotonic() >= deadline:
                    raise ConnectTimeout(f"no connection to the socket {path} within {timeout} s") from None
                pause(UNIX_RETRY)
    except BaseException as error:
        sock.close()
        if isinstance(error, OSError) and not isinstance(error, ConnectTimeout):
            raise ConnectError(f"no connection to the socket {path}: {error}") from error
        raise
