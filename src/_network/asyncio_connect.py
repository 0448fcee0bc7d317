"""Connecting on asyncio and uvloop: name lookup, Happy Eyeballs (RFC 8305), Unix sockets, under one limit."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from ..exceptions import ConnectError, ConnectTimeout, TimeoutException
from .addresses import Address, normalise
from .asyncio_stream import AsyncioStream, open_stream
from .attempts import UNIX_RETRY, Attempts
from .resolver import known_addresses, resolve_error

if TYPE_CHECKING:
    from .network import AsyncNetwork

__all__ = ["connect_tcp", "connect_unix", "look_up"]


async def connect_tcp(network: AsyncNetwork, host: str, port: int, timeout: float | None) -> AsyncioStream:
    """Connect to the first address that answers; see AsyncNetwork.connect_tcp."""
    attempts = Attempts(network, host, port, timeout)
    try:
        async with asyncio.timeout(timeout):
            addresses = attempts.plan(await _look_up(network, host, port))
            if len(addresses) == 1:
                sock = await _attempt(attempts, addresses[0])
            else:
                sock = await _race(attempts, network.happy_eyeballs_delay)
    except TimeoutException:
        raise
    except TimeoutError:
        raise attempts.timed_out() from None
    if sock is None:
        raise attempts.error()
    return await open_stream(sock, attempts.peer)


async def look_up(network: AsyncNetwork, host: str, port: int, timeout: float | None) -> list[Address]:
    """Ask the resolver; see AsyncNetwork.look_up."""
    try:
        async with asyncio.timeout(timeout):
            return await _look_up(network, host, port)
    except TimeoutException:
        raise
    except TimeoutError:
        raise Attempts(network, host, port, timeout).timed_out() from None


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
        await asyncio.get_running_loop().sock_connect(sock, address[1])
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
    tasks: set[asyncio.Task[socket.socket | None]] = set()
    winner: socket.socket | None = None
    left = list(reversed(attempts.addresses))
    try:
        while winner is None and (left or tasks):
            if left:
                tasks.add(asyncio.create_task(_attempt(attempts, left.pop())))
            while winner is None and tasks:
                ended, tasks = await asyncio.wait(
                    tasks, timeout=delay if left else None, return_when=asyncio.FIRST_COMPLETED
                )
                winner = _first(ended, winner)
                if left:
                    break  # one failed, or the delay is over
        return winner
    finally:
        await _end(tasks, winner)


async def _end(tasks: set[asyncio.Task[socket.socket | None]], winner: socket.socket | None) -> None:
    """End the attempts that are still under way; the winner is of no use to a caller that is cancelled meanwhile."""
    for task in tasks:
        task.add_done_callback(_close_late)
        task.cancel()
    if tasks:
        try:
            await asyncio.wait(tasks)
        except BaseException:
            if winner is not None:
                winner.close()
            raise


def _close_late(task: asyncio.Task[socket.socket | None]) -> None:
    sock = None if task.cancelled() or task.exception() is not None else task.result()
    if sock is not None:
        sock.close()


def _first(ended: set[asyncio.Task[socket.socket | None]], winner: socket.socket | None) -> socket.socket | None:
    for task in ended:
        sock = task.result()
        if winner is None:
            winner = sock
        elif sock is not None:
            sock.close()
    return winner


async def connect_unix(network: AsyncNetwork, path: str, timeout: float | None) -> AsyncioStream:
    """Connect to a Unix socket; see AsyncNetwork.connect_unix."""
    try:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    except (AttributeError, OSError) as error:
        raise ConnectError(f"no connection to the socket {path}: {error}") from error
    try:
        sock.setblocking(False)
        for option in network.socket_options:
            sock.setsockopt(*option)
        async with asyncio.timeout(timeout):
            while True:
                try:
                    sock.connect(path)
                    break
                except BlockingIOError:  # its queue is full
                    await asyncio.sleep(UNIX_RETRY)
    except TimeoutError:
        sock.close()
        raise ConnectTimeout(f"no connection to the socket {path} within {timeout} s") from None
    except OSError as error:
        sock.close()
        raise ConnectError(f"no connection to the socket {path}: {error}") from error
    except BaseException:
        sock.close()
        raise
    return await open_stream(sock, path)
