# Generated from src/_async/engines/native/tunnel.py by scripts/generate_sync.py. Do not edit.
"""The way through an HTTP proxy: its own TLS, and the CONNECT that makes a tunnel (RFC 9110 section 9.3.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ....exceptions import (
    ConnectError,
    ConnectTimeout,
    NetworkError,
    ProtocolError,
    ProxyError,
    TimeoutException,
    TLSError,
)
from ....rules.framing import encode_request
from ....rules.http1 import ResponseParser
from ....rules.retries import RETRIED_STATUSES
from ....values.headers import Headers
from ....values.timeout import Deadline

if TYPE_CHECKING:
    from ...._network import ByteStream, Network
    from ....values.proxy import Proxy
    from ..tls_settings import TLSSettings

__all__ = ["Refusal", "connect_proxy", "open_tunnel", "proxy_headers"]

READ_SIZE = 65536


class Refusal(NamedTuple):
    """A 407: the error it is unless one of its challenges is answered."""

    error: ProxyError
    challenges: list[str]


def proxy_headers(proxy: Proxy, authorization: str | None = None) -> Headers:
    """Return the headers that are for the proxy alone."""
    headers = Headers(proxy.headers)
    if authorization is not None:
        headers["Proxy-Authorization"] = authorization
    return headers


def connect_proxy(network: Network, tls: TLSSettings, proxy: Proxy, limit: Deadline | None) -> ByteStream:
    """Return a stream to the proxy itself, in TLS for an https proxy. Raises ProxyError, ConnectTimeout."""
    try:
        stream = network.connect_tcp(proxy.host, proxy.port, None if limit is None else limit.remaining())
        if proxy.scheme != "https":
            return stream
        try:
            return stream.start_tls(tls.proxy_plan(proxy), proxy.host, None if limit is None else limit.remaining())
        except BaseException:
            stream.abort()
            raise
    except ConnectError as error:
        transient = not isinstance(error, TLSError)
        raise ProxyError(f"the proxy {proxy} can't be reached: {error.message}", transient=transient) from error


def open_tunnel(
    stream: ByteStream, proxy: Proxy, target: str, authorization: str | None, limit: Deadline | None
) -> Refusal | None:
    """Ask the proxy for a tunnel to the target, on a stream that is connected to it; return a Refusal for a 407.

    Raises ProxyError, which tells the proxy's status but no credentials, and ConnectTimeout.
    """
    asked = target.encode("ascii")
    head, _ = encode_request("CONNECT", asked, asked, proxy_headers(proxy, authorization), None)
    parser = ResponseParser()
    parser.start("CONNECT")
    try:
        stream.write(head, None if limit is None else limit.remaining())
        while not parser.head_complete:
            data = stream.read(READ_SIZE, None if limit is None else limit.remaining())
            if data:
                parser.feed(data)
            else:
                parser.feed_eof()
    except TimeoutException:
        raise ConnectTimeout(f"the proxy {proxy} did not open a tunnel in time") from None
    except (NetworkError, ProtocolError) as error:
        broken = isinstance(error, NetworkError)
        raise ProxyError(f"the proxy {proxy} did not open a tunnel: {error.message}", transient=broken) from error
    if not parser.upgraded:
        code = parser.status_code
        status = f"{code} {parser.reason_phrase}".rstrip()
        hint = "; check its user name and password" if code == 407 else ""
        refused = ProxyError(
            f"the proxy {proxy} refused a tunnel to {target}: {status}{hint}",
            status_code=code,
            transient=code in RETRIED_STATUSES,
        )
        if code == 407:
            return Refusal(refused, Headers.from_raw(parser.headers).getall("proxy-authenticate", []))
        raise refused
    if parser.leftover:
        raise ProxyError(f"the proxy {proxy} sent bytes before the tunnel's first use")
    return None
