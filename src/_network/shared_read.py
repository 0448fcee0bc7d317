"""Reading for others too: a reader that is cancelled leaves the stream as it was, for the next one to read on."""

from __future__ import annotations

import socket
from time import monotonic
from typing import TYPE_CHECKING

from .._concurrency.cancel import current_token
from ..exceptions import HTTPError

if TYPE_CHECKING:
    from .stream import AsyncByteStream, ByteStream

__all__ = ["async_read_shared", "read_shared"]


async def async_read_shared(stream: AsyncByteStream, max_bytes: int, timeout: float | None = None) -> bytes:
    """Read as ``stream.read``. A cancelled read takes nothing from the stream."""
    return await stream.read(max_bytes, timeout)


def read_shared(stream: ByteStream, max_bytes: int, timeout: float | None = None) -> bytes:
    """Read as ``stream.read``, but RequestCancelled takes nothing from the stream and leaves it open.

    Whatever else strikes a thread in the midst of it (KeyboardInterrupt) may have lost bytes: the stream is aborted.
    """
    try:
        if current_token() is None:
            return stream.read(max_bytes, timeout)
        return _read_woken(stream, max_bytes, timeout)
    except HTTPError:
        raise
    except BaseException:
        stream.abort()
        raise


def _read_woken(stream: ByteStream, max_bytes: int, timeout: float | None) -> bytes:
    token = current_token()
    assert token is not None
    token.check()
    data = stream.read_nowait(max_bytes)
    if data is not None:
        return data
    deadline = None if timeout is None else monotonic() + timeout
    waker, bell = socket.socketpair()

    def ring() -> None:
        bell.send(b"!")

    try:
        token.register(ring)
        while data is None:
            stream.wait_readable(waker.fileno(), None if deadline is None else max(0.0, deadline - monotonic()))
            token.check()
            data = stream.read_nowait(max_bytes)
        return data
    finally:
        token.unregister(ring)
        waker.close()
        bell.close()
