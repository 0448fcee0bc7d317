"""The options of the native engine."""

from __future__ import annotations

from typing import Any

from ..rules.http1_limits import Http1Limits
from ..values.limits import Limits
from ..values.settings import TrustTypes
from ..values.tls import TLS, CertTypes, VerifyTypes
from ..values.unset import UNSET, Unset
from .options import EngineOptions

__all__ = ["NativeEngine"]


class NativeEngine(EngineOptions):
    """Our own engine: HTTP/1.1 over our own pool and byte streams; the default.

    ``limits``, ``verify``, ``cert``, ``tls``, ``proxy`` and ``trust_env`` win over the client's. ``uds`` sends all
    over a Unix socket; ``local_address`` and ``socket_options`` are for new sockets; ``resolver`` looks names up.
    ``http1_limits`` bounds what a server may send. ``retry_stale`` (True) sends an idempotent request again, once,
    on a fresh connection when a reused one was closed by the server before a byte of the response came.
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
        uds: str | Unset | None = UNSET,
        local_address: str | Unset | None = UNSET,
        socket_options: tuple[Any, ...] | Unset = UNSET,
        resolver: Any = UNSET,
        http1_limits: Http1Limits | Unset = UNSET,
        retry_stale: bool = True,
        happy_eyeballs_delay: float = 0.25,
    ) -> None:
        self.limits = limits
        self.verify = verify
        self.cert = cert
        self.tls = tls
        self.proxy = proxy
        self.trust_env = trust_env
        self.uds = uds
        self.local_address = local_address
        self.socket_options = socket_options
        self.resolver = resolver
        self.http1_limits = http1_limits
        self.retry_stale = retry_stale
        self.happy_eyeballs_delay = happy_eyeballs_delay
