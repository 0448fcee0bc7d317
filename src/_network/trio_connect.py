"""Connecting on trio: name lookup, Happy Eyeballs (RFC 8305), Unix sockets, under one limit."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import trio

from ..exceptions import ConnectError, ConnectTimeout
from .addresses import Address, normalise
from .attempts import UNIX_RETRY, Attempts
from .resolver import known_addresses, resolve_error
from .trio_stream import TrioStream

if TYPE_CHECKING:
    from .network import AsyncNetwork

__all__ = ["connect_tcp", "connect_unix", "look_up"]

NEVER = float("inf")


async def connect_tcp(network: AsyncNetwork, host: str, port: int, timeout: float | None) -> TrioStream:
    """Connect to the first address that answers; see AsyncNetwork.connect_tcp."""
    attempts = Attempts(network, host, port, timeout)
    sock: socket.socket | None = None
    with trio.move_on_after(NEVER if timeout is None else timeout) as limit:
        attempts.plan(await _look_up(network, host, port))
        sock = await _race(attempts, network.happy_eyeballs_delay)
    if sock is not None:
        return TrioStream(sock, attempts.peer)
    raise attempts.timed_out() if limit.cancelled_caught else attempts.error()


async def look_up(network: AsyncNetwork, host: str, port: int, timeout: float | None) -> list[Address]:
    """Ask the resolver; see AsyncNetwork.look_up."""
    with trio.move_on_after(NEVER if timeout is None else timeout):
        return await _look_up(network, host, port)
    raise Attempts(network, host, port, timeout).timed_out()


async def _look_up(network: AsyncNetwork, host: str, port: int) -> list[Address]:
    known = known_addresses(network.resolver, host, port)
    if known is not None:
        return known
    try:
        found = await network.resolver.async_resolve(host, port)
    except Exception as error:
        raise resolve_error(host, error) from error
    return normalise(host, port, found)


async def _attempt(attempts: Attempts, address: Address) -> socket.socket | None:
    """Return a connected socket, or None when the attempt failed."""
    sock: socket.socket | None = None
    try:
        sock = attempts.open(address)
        await trio.socket.from_stdlib_socket(sock).connect(address[1])
        return sock
    except OSError as error:
        attempts.failed(address, error)
    except BaseException:
        if sock is not None:
            sock.close()
        raise
    if sock is not None:
        sock.close()
    return None


async def _race(attempts: Attempts, delay: float) -> socket.socket | None:
    """Start one attempt after the other, ``delay`` seconds apart or at once when one failed; the first wins."""
    if len(attempts.addresses) == 1:
        return await _attempt(attempts, attempts.addresses[0])
    winners: list[socket.socket] = []
    try:
        async with trio.open_nursery() as nursery:

            async def run(address: Address, failed: trio.Event) -> None:
                sock = await _attempt(attempts, address)
                if sock is None:
                    failed.set()
                else:
                    winners.append(sock)
                    nursery.cancel_scope.cancel()

            for address in attempts.addresses:
                failed = trio.Event()
                nursery.start_soon(run, address, failed)
                with trio.move_on_after(delay):
                    await failed.wait()
    except BaseException:
        for sock in winners:
            sock.close()
        raise
    for sock in winners[1:]:
        sock.close()
    return winners[0] if winners else None


async def connect_unix(network: AsyncNetwork, path: str, timeout: float | None) -> TrioStream:
    """Connect to a Unix socket; see AsyncNetwork.connect_unix."""
    try:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    except (AttributeError, OSError) as error:
        raise ConnectError(f"no connection to the socket {path}: {error}") from error
    try:
        sock.setblocking(False)
        for option in network.socket_options:
            sock.setsockopt(*option)
        with trio.move_on_after(NEVER if timeout is None else timeout):
            while True:
                try:
                    sock.connect(path)
                    await trio.lowlevel.checkpoint()
                    return TrioStream(sock, path)
                except BlockingIOError:  # its queue is full
                    await trio.sleep(UNIX_RETRY)
    except OSError as error:
        sock.close()
        raise ConnectError(f"no connection to the socket {path}: {error}") from error
    except BaseException:
        sock.close()
        raise
    sock.close()
    raise ConnectTimeout(f"no connection to the socket {path} within {timeout} s")
