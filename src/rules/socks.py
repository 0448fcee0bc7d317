"""Asking a SOCKS proxy for a way to a host, as bytes: SOCKS 4, 4a and 5 (RFC 1928), with RFC 1929's passwords.

A conversation is a generator: it yields what is to be sent and how many bytes of answer it wants next, and is sent
exactly these. That makes it the same however the proxy cuts its answers, and nothing that belongs to the server
behind is ever taken for the proxy's.
"""

from __future__ import annotations

from collections.abc import Generator
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TypeAlias

from ..exceptions import InvalidURL, ProxyError
from ..values.proxy import Proxy

__all__ = ["SocksHandshake", "SocksRefusal", "ip_of", "needs_address"]

Conversation: TypeAlias = Generator[tuple[bytes, int], bytes, None]

CONNECT = 1
NO_LOGIN = 0
PASSWORD = 2
NONE_OF_THESE = 0xFF

# RFC 1928 section 6.
REFUSALS = {
    1: "general failure",
    2: "its rules do not allow this connection",
    3: "the network can't be reached",
    4: "the host can't be reached",
    5: "the host refuses the connection",
    6: "the connection took too long",
    7: "it can't do what was asked",
    8: "it can't connect to this type of address",
}
# Another address of the same host may do better.
ADDRESS_TROUBLE = frozenset({1, 3, 4, 5, 6, 8})

REFUSALS_4 = {
    91: "it rejects the connection, or the connection failed",
    92: "it can't ask who the user is",
    93: "it does not believe that the user is who the user name says",
}


class SocksRefusal(ProxyError):
    """The proxy understood, and gives no way to this address now; ``another`` one of the host may do better."""

    another: bool = False


def ip_of(host: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a host is, without its zone, which means nothing to another machine; None for a name."""
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None


def needs_address(proxy: Proxy, host: str) -> bool:
    """Whether the host has to be looked up here: socks4 and socks5 take addresses, socks4a and socks5h names too."""
    return proxy.scheme in ("socks4", "socks5") and ip_of(host) is None


class SocksHandshake:
    """One conversation with a SOCKS proxy: send ``outgoing``, feed what comes, until ``complete``.

    ``host`` is a name or an address; ``named`` is what messages call it, the host itself by default. Raises
    InvalidURL, before there is anything to send, for what this version of SOCKS can't express.
    """

    def __init__(self, proxy: Proxy, host: str, port: int, named: str | None = None) -> None:
        self._proxy = proxy
        name = host if named is None else named
        self._target = f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
        self._buffer = b""
        self._wanted = 0
        self.complete = False
        self.outgoing = b""
        destination = _destination_5(host) if proxy.scheme in ("socks5", "socks5h") else _destination_4(proxy, host)
        place = port.to_bytes(2, "big")
        if proxy.scheme in ("socks5", "socks5h"):
            self._steps = self._socks5(bytes((5, CONNECT, 0)) + destination + place)
        else:
            address, name_after = destination[:4], destination[4:]
            user = (proxy.username or "").encode()
            self._steps = self._socks4(bytes((4, CONNECT)) + place + address + user + b"\0" + name_after)
        self.outgoing, self._wanted = next(self._steps)

    def take_outgoing(self) -> bytes:
        """Return what is to be sent now, once."""
        data, self.outgoing = self.outgoing, b""
        return data

    def feed(self, data: bytes) -> None:
        """Take what the proxy sent; b"" at its end.

        Raises ProxyError, and SocksRefusal where it answers that it gives no way.
        """
        if not data:
            raise self._error("it closed the connection", transient=True)
        self._buffer += data
        while len(self._buffer) >= self._wanted and not self.outgoing:
            piece, self._buffer = self._buffer[: self._wanted], self._buffer[self._wanted :]
            try:
                sending, self._wanted = self._steps.send(piece)
            except StopIteration:
                self.complete = True
                break
            self.outgoing += sending
        if self._buffer and (self.complete or self.outgoing):
            raise self._error("it sent bytes that nobody asked for")

    def _socks5(self, request: bytes) -> Conversation:
        proxy = self._proxy
        login = proxy.username is not None
        offered = bytes((NO_LOGIN, PASSWORD)) if login else bytes((NO_LOGIN,))
        version, method = yield bytes((5, len(offered))) + offered, 2
        self._check_version(version, 5)
        if method == NONE_OF_THESE:
            raise self._error("it wants another way to log in" if login else "it wants a user name and a password")
        if method not in offered:
            raise self._error(f"it chose a way to log in that it was not offered ({method})")
        if method == PASSWORD:
            yield from self._log_in()
        version, code, _, kind = yield request, 4
        self._check_version(version, 5)
        if code:
            raise self._refusal(REFUSALS.get(code, f"reply code {code}"), another=code in ADDRESS_TROUBLE)
        if kind == 3:
            (length,) = yield b"", 1
        elif kind in (1, 4):
            length = 4 if kind == 1 else 16
        else:
            raise self._error(f"its answer has an address of the unknown type {kind}")
        yield b"", length + 2

    def _log_in(self) -> Conversation:
        user, password = (self._proxy.username or "").encode(), (self._proxy.password or "").encode()
        # The version in the answer is not looked at: proxies send 1 or 5.
        _, status = yield b"\1%c%b%c%b" % (len(user), user, len(password), password), 2
        if status:
            raise self._error("it refused the user name or password")

    def _socks4(self, request: bytes) -> Conversation:
        version, code, *_ = yield request, 8
        self._check_version(version, 0)
        if code != 90:
            raise self._refusal(REFUSALS_4.get(code, f"reply code {code}"), another=code == 91)

    def _check_version(self, version: int, wanted: int) -> None:
        if version != wanted:
            hint = "; it answers as a web server would: is it an HTTP proxy?" if version == ord("H") else ""
            raise self._error(f"what it says is not {self._proxy.scheme}{hint}")

    def _refusal(self, reason: str, *, another: bool) -> SocksRefusal:
        # What is wrong with one address may be over in a moment, but for a type that the proxy does not know.
        message = f"the proxy {self._proxy} refused a way to {self._target}: {reason}"
        error = SocksRefusal(message, transient=another and reason != REFUSALS[8])
        error.another = another
        return error

    def _error(self, reason: str, *, transient: bool = False) -> ProxyError:
        return ProxyError(f"the proxy {self._proxy} opened no way to {self._target}: {reason}", transient=transient)


def _destination_5(host: str) -> bytes:
    address = ip_of(host)
    if address is not None:
        return bytes((1 if address.version == 4 else 4,)) + address.packed
    name = host.encode("ascii")
    if len(name) > 255:
        raise InvalidURL(f"a host name for a SOCKS proxy has at most 255 bytes, not {len(name)}")
    return b"\3%c%b" % (len(name), name)


def _destination_4(proxy: Proxy, host: str) -> bytes:
    address = ip_of(host)
    if address is None and proxy.scheme == "socks4a":
        return b"\0\0\0\1" + host.encode("ascii") + b"\0"
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    if isinstance(mapped or address, IPv4Address):
        return (mapped or address).packed  # type: ignore[union-attr]
    raise InvalidURL(f"SOCKS 4 has no IPv6 addresses such as {host}; the proxy {proxy} may speak socks5")
