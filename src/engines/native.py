"""The options of the native engine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..rules.http1_limits import Http1Limits
from ..values.checks import check_options
from ..values.limits import Limits
from ..values.settings import ConnectionSettings, TrustTypes
from ..values.tls import TLS, CertTypes, VerifyTypes
from ..values.unset import UNSET, Unset
from .options import EngineOptions

if TYPE_CHECKING:
    from ..rules.http2_options import Http2Options
    from ..values.address_guard import AddressGuard

__all__ = ["NativeEngine"]


class NativeEngine(EngineOptions):
    """Our own engine: HTTP/1.1 and HTTP/2 over our own pool and byte streams; the default.

    ``limits``, ``verify``, ``cert``, ``tls``, ``proxy`` and ``trust_env`` win over the client's. ``uds`` sends all
    over a Unix socket; ``local_address`` and ``socket_options`` are for new sockets; ``resolver`` looks names up, and
    ``address_guard`` judges addresses.
    With ``http2`` a server is spoken to by HTTP/2 where it offers that on TLS (ALPN), and with ``http1=False`` always,
    also without TLS. ``http1_limits`` and ``http2_options`` bound what a server may send. ``retry_stale`` (True)
    sends an idempotent request again, once, on a fresh connection when a reused one was closed by the server before a
    byte of the response came.
    ``happy_eyeballs_delay`` (0.25 s) is the head start of one address over the next (RFC 8305).
    """

    driver = "native"

    def __init__(
        self,
        *,
        limits: Limits | Unset = UNSET,
        verify: VerifyTypes | Unset = UNSET,
        cert: CertTypes | Unset = UNSET,
        tls: TLS | Unset = UNSET,
        proxy: Any = UNSET,
        trust_env: TrustTypes | Unset = UNSET,
        http1: bool | Unset = UNSET,
        http2: bool | Unset = UNSET,
        uds: str | Unset | None = UNSET,
        local_address: str | Unset | None = UNSET,
        socket_options: Iterable[tuple[Any, ...]] | Unset = UNSET,
        resolver: Any = UNSET,
        address_guard: AddressGuard | Unset | None = UNSET,
        http1_limits: Http1Limits | Unset = UNSET,
        http2_options: Http2Options | Unset = UNSET,
        retry_stale: bool = True,
        happy_eyeballs_delay: float = 0.25,
    ) -> None:
        check_options(NativeEngine, locals())
        self.limits = limits
        self.verify = verify
        self.cert = cert
        self.tls = tls
        self.proxy = proxy
        self.trust_env = trust_env
        self.http1 = http1
        self.http2 = http2
        self.uds = uds
        self.local_address = local_address
        self.socket_options = socket_options if isinstance(socket_options, Unset) else tuple(socket_options)
        self.resolver = resolver
        self.address_guard = address_guard
        self.http1_limits = http1_limits
        self.http2_options = http2_options
        self.retry_stale = retry_stale
        self.happy_eyeballs_delay = happy_eyeballs_delay
        self._check_connections()

    def driver_for(self, settings: ConnectionSettings) -> str:
        """Return the name of the driver for these settings of a client."""
        applied = self.applied(settings)
        return "native_http2" if applied.http2 or not applied.http1 else self.driver
