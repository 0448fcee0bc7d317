"""What the exceptions of httpcore, and of the libraries under it, mean in terms of ours.

Classes are told by name and home, so that nothing needs to be imported to map an exception.
"""

from __future__ import annotations

from ..exceptions import (
    ConnectError,
    ConnectTimeout,
    HTTPError,
    LocalProtocolError,
    NetworkError,
    PoolTimeout,
    ProtocolError,
    ProxyError,
    ReadError,
    ReadTimeout,
    RemoteProtocolError,
    ServerDisconnected,
    TimeoutException,
    TLSError,
    UnsupportedProtocol,
    WriteError,
    WriteTimeout,
)

__all__ = ["mapped"]

CORE: dict[str, tuple[type[HTTPError], str]] = {
    "ConnectTimeout": (ConnectTimeout, "no connection in time"),
    "ReadTimeout": (ReadTimeout, "no byte came in time"),
    "WriteTimeout": (WriteTimeout, "the server did not take the data in time"),
    "PoolTimeout": (PoolTimeout, "no connection became free in time"),
    "TimeoutException": (TimeoutException, "something took too long"),
    "ConnectError": (ConnectError, "no connection could be made"),
    "ReadError": (ReadError, "the connection broke while reading"),
    "WriteError": (WriteError, "the connection broke while writing"),
    "NetworkError": (NetworkError, "the connection broke"),
    "ProxyError": (ProxyError, "the proxy refused"),
    "UnsupportedProtocol": (UnsupportedProtocol, "the scheme is not http or https"),
    "LocalProtocolError": (LocalProtocolError, "the request breaks the protocol"),
    "RemoteProtocolError": (RemoteProtocolError, "the server broke the protocol"),
    "ProtocolError": (ProtocolError, "the protocol was broken"),
    "ConnectionNotAvailable": (RemoteProtocolError, "the connection takes no more requests"),
}
DISCONNECTED = ("server disconnected", "peer closed connection", "peer unexpectedly closed")

# The other libraries: everything that is defined in them, by the first part of its module's name.
HOMES: dict[str, tuple[type[HTTPError], str]] = {
    "h2": (RemoteProtocolError, "the server broke HTTP/2"),
    "hpack": (RemoteProtocolError, "the server sent headers that can't be decompressed"),
    "hyperframe": (RemoteProtocolError, "the server sent a broken frame"),
    "socksio": (ProxyError, "the SOCKS proxy broke the protocol"),
    "ssl": (TLSError, "TLS failed"),
    "anyio": (NetworkError, "the connection broke"),
    "trio": (NetworkError, "the connection broke"),
}
CORE_HOMES = frozenset({"httpcore", "httpcore2", "h11"})

# RFC 9113 section 7, where the number alone says little.
H2_CODES = {
    0: "no error",
    1: "protocol error",
    2: "internal error",
    3: "flow control error",
    7: "refused stream",
    8: "cancelled",
    11: "enhance your calm",
    12: "inadequate security",
    13: "HTTP/1.1 required",
}


def mapped(error: BaseException) -> HTTPError | None:
    """Return the error of ours that a foreign one stands for; None where it is none of these libraries'."""
    if isinstance(error, HTTPError):
        return error
    for kind in type(error).__mro__:
        home = kind.__module__.partition(".")[0]
        if home in CORE_HOMES and kind.__name__ in CORE:
            return _core(error, *CORE[kind.__name__])
        # ssl.SSLError itself says that it lives in ssl; asyncio's and trio's cancellations must pass.
        if home in HOMES and issubclass(kind, Exception):
            own, message = HOMES[home]
            return own(_text(error, message))
    if isinstance(error, TimeoutError):
        return TimeoutException(_text(error, "something took too long"))
    if isinstance(error, OSError):
        return NetworkError(_text(error, "the connection broke"))
    return None


def _core(error: BaseException, kind: type[HTTPError], message: str) -> HTTPError:
    inner = error.args[0] if error.args else None
    code = getattr(inner, "error_code", None)
    if code is not None and not isinstance(inner, BaseException):
        # An HTTP/2 event: the stream was reset, or the connection ended.
        what = "reset the stream" if hasattr(inner, "stream_id") else "ended the connection"
        return kind(f"the server {what}: {H2_CODES.get(code, 'error code')} ({int(code)})")
    text = _text(error, message)
    if kind is RemoteProtocolError and text.lower().startswith(DISCONNECTED):
        return ServerDisconnected(text)
    return kind(text)


def _text(error: BaseException, message: str) -> str:
    reason = getattr(error, "verify_message", None) or str(error)
    return f"{message}: {reason}" if reason and not reason.lower().startswith(DISCONNECTED) else reason or message
