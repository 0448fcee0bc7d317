"""TLS without I/O: bytes of the wire in and out, plain bytes in and out. All byte streams share it."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from ssl import MemoryBIO, SSLContext, SSLObject, SSLWantReadError
from time import monotonic
from typing import TYPE_CHECKING

from ..exceptions import ConnectTimeout, HTTPError, NetworkError, ReadError, TimeoutException, TLSError, WriteError
from ..values.timeout import shown_seconds
from .tls_errors import CERTIFICATE_WANTED, explain, explain_plaintext

if TYPE_CHECKING:
    from .tls_profile import TLSPlan

__all__ = ["TLSMachine"]

RECORDS = 65536
"""Wire bytes to ask for at once: four records of full size."""
PLAIN = 262144
"""Plain bytes that are encrypted before they are sent."""

LAST_WORDS = 0.5
"""Seconds in which a server that hung up may still say why."""


class TLSMachine:
    """The client side of one TLS connection.

    It is not to be used by two threads at once.
    """

    __slots__ = (
        "_begun",
        "_decrypt",
        "_encrypt",
        "_ended",
        "_host",
        "_incoming",
        "_name",
        "_plan",
        "answered",
        "outgoing",
        "ssl_object",
    )

    def __init__(self, given: SSLContext | TLSPlan, server_hostname: str | None, name: str) -> None:
        plan = self._plan = None if isinstance(given, SSLContext) else given
        context: SSLContext = given if plan is None else plan.context  # type: ignore[assignment]
        self._incoming = MemoryBIO()
        self.outgoing = MemoryBIO()
        self._host = host = _sni(server_hostname)
        self._name = name
        self._begun = False
        self.answered = False
        """Whether plain bytes came."""
        self._ended = False
        if context.check_hostname and not self._host:  # which an SSLObject would silently not check
            raise TLSError(f"no TLS with {name}: there is no host name to check the certificate against")
        try:
            self.ssl_object: SSLObject = context.wrap_bio(
                self._incoming,
                self.outgoing,
                server_side=False,
                server_hostname=host,
                session=None if plan is None else plan.session(host),
            )
        except (ValueError, TypeError, ssl.SSLError) as error:
            raise TLSError(f"no TLS with {name}: {error}") from error
        self._decrypt: Callable[[int], bytes] = self.ssl_object.read
        self._encrypt = self.ssl_object.write

    def feed(self, data: bytes) -> None:
        """Take what came from the wire; empty at its end. Raises TLSError if the server does not speak TLS."""
        if not data:
            self._incoming.write_eof()
            return
        if not self._begun:
            self._begun = True
            problem = explain_plaintext(data)
            if problem is not None:
                raise TLSError(f"no TLS with {self._name}: {problem}")
        self._incoming.write(data)

    def handshake(self) -> bool:
        """Go on with the handshake and return whether it is complete; else send ``outgoing`` and feed more.

        Raises TLSError; ``outgoing`` then holds the alert for the server.
        """
        try:
            self.ssl_object.do_handshake()
        except SSLWantReadError:
            return False
        except (ssl.SSLError, ssl.CertificateError, ValueError) as error:
            raise TLSError(f"no TLS with {self._name}: {explain(error, self._host, self.ssl_object)}") from error
        plan, self._plan = self._plan, None
        if plan is not None:
            try:
                plan.check_pins(self._host, self.ssl_object)
            except (TLSError, ValueError) as error:
                raise TLSError(f"no TLS with {self._name}: {error}") from error
        self._await_first(None if plan is None else plan.keeper(self._host, self.ssl_object))
        return True

    def _await_first(self, keep_session: Callable[[], None] | None) -> None:
        """Note when the first plain bytes come, ahead of which TLS 1.3 sends its tickets; at no cost for the others."""
        decrypt = self._decrypt

        def first(size: int) -> bytes:
            data = decrypt(size)
            self._decrypt = decrypt
            self.answered = True
            if keep_session is not None:
                keep_session()
            return data

        self._decrypt = first

    def has_input(self) -> bool:
        """Return whether ``read`` may have something without being fed; it may be a part of a record only."""
        return self._ended or self._incoming.pending > 0 or self._incoming.eof

    def renegotiating(self) -> bool:
        """Return whether the server began a handshake anew, as TLS 1.2 allows; nothing can be written before its end.

        To be asked after all input was read, before ``outgoing`` is sent.
        """
        return self.outgoing.pending > 0 and self.ssl_object.version() != "TLSv1.3"

    def read(self, max_bytes: int) -> bytes | None:
        """Return plain bytes, ``b""`` at the proper end, or None if more must be fed. Raises ReadError.

        An end without the server's farewell is a ReadError, as data may have been cut off (RFC 9112 section 9.8).
        """
        incoming = self._incoming
        try:
            data = self._decrypt(max_bytes)
            if not data:
                self._ended = True
            if not incoming.pending or len(data) == max_bytes:
                return data
            parts = [data]
            left = max_bytes - len(data)
            try:
                while left > 0 and incoming.pending:
                    data = self._decrypt(left)
                    if not data:
                        self._ended = True  # the next call returns it again
                        break
                    parts.append(data)
                    left -= len(data)
            except ssl.SSLError:
                pass  # a part of a record, or a failure that the next call meets again
            return b"".join(parts)
        except SSLWantReadError:
            return None
        except ssl.SSLEOFError as error:
            raise ReadError(f"{self._name} closed the connection without ending TLS: data may be missing") from error
        except (ssl.SSLError, ValueError) as error:
            if getattr(error, "reason", None) in CERTIFICATE_WANTED:  # in TLS 1.3 said after the handshake
                raise TLSError(f"no TLS with {self._name}: {explain(error, self._host)}") from error
            raise ReadError(f"reading from {self._name} failed: {explain(error, self._host)}") from error

    def write(self, data: bytes | memoryview) -> bytes:
        """Return the wire bytes for plain bytes, after whatever else must be sent. Raises WriteError."""
        try:
            size = len(data)
            sent = self._encrypt(data)
            if sent != size:
                view = memoryview(data)
                while sent < size:
                    sent += self._encrypt(view[sent:])
            return self.outgoing.read()
        except SSLWantReadError as error:
            raise WriteError(f"writing to {self._name} failed: the server wants a new TLS handshake first") from error
        except (ssl.SSLError, ValueError) as error:
            raise WriteError(f"writing to {self._name} failed: {explain(error, self._host)}") from error

    def farewell(self) -> bytes:
        """Return the wire bytes that end the connection properly; empty if it is beyond that."""
        try:
            self.ssl_object.unwrap()
        except (ssl.SSLError, ValueError):
            pass
        return self.outgoing.read()


def _sni(host: str | None) -> str | None:
    """Return a host as certificates and SNI have it: no root dot (RFC 6066 section 3), no zone of an address."""
    if host is None:
        return None
    return host.partition("%")[0] if ":" in host else host.removesuffix(".")


def left(deadline: float | None) -> float | None:
    """Return the seconds until a deadline."""
    return None if deadline is None else max(0.0, deadline - monotonic())


def handshake_error(error: BaseException, name: str, timeout: float | None) -> HTTPError | None:
    """Return the error for a handshake that ended with ``error``, or None if that is the right one already."""
    if isinstance(error, TimeoutException):
        return ConnectTimeout(f"no TLS with {name} within {shown_seconds(timeout)}")
    if isinstance(error, NetworkError) and not isinstance(error, TLSError):
        return TLSError(f"no TLS with {name}: {error.message}")
    return None
