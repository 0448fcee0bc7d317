"""The options of the engine on httpcore."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from ..values.checks import check_options
from ..values.limits import Limits
from ..values.settings import TrustTypes
from ..values.tls import TLS, CertTypes, VerifyTypes
from ..values.unset import UNSET, Unset
from .options import EngineOptions

if TYPE_CHECKING:
    from ..values.address_guard import AddressGuard

__all__ = ["HttpcoreEngine"]


class HttpcoreEngine(EngineOptions):
    """HTTP/1.1 and HTTP/2 by the httpcore library (or httpcore2, where only that is installed).

    ``http1``, ``http2`` (needs the extra ``http2``; with ``http1=False`` also on plain connections), ``verify``,
    ``cert``, ``tls``, ``limits``, ``proxy``, ``trust_env``, ``uds`` (a Unix socket for everything), ``local_address``,
    ``socket_options``, ``resolver`` and ``address_guard`` win over the client's options of that name; left out, the
    client's hold.
    Tasks share an HTTP/2 connection, threads do not: httpcore's code is not safe for that. Among tasks, one that does
    not read from the connection itself may notice its read timeout late; its total it notices in time.
    ``retries`` (0) is how often a connection that could not be made is tried again, after 0, 0.5, 1, 2 … seconds.
    ``retry_stale`` (True) sends an idempotent request again, once, on a fresh connection when a kept one was closed
    by the server before a byte of the response came. Raises ValueError.
    """

    driver: ClassVar[str] = "httpcore"

    def __init__(
        self,
        *,
        http1: bool | Unset = UNSET,
        http2: bool | Unset = UNSET,
        verify: VerifyTypes | Unset = UNSET,
        cert: CertTypes | Unset = UNSET,
        tls: TLS | Unset = UNSET,
        limits: Limits | Unset = UNSET,
        proxy: Any = UNSET,
        trust_env: TrustTypes | Unset = UNSET,
        uds: str | Unset | None = UNSET,
        local_address: str | Unset | None = UNSET,
        socket_options: Iterable[tuple[Any, ...]] | Unset = UNSET,
        resolver: Any = UNSET,
        address_guard: AddressGuard | Unset | None = UNSET,
        retries: int = 0,
        retry_stale: bool = True,
    ) -> None:
        check_options(HttpcoreEngine, locals())
        if retries < 0:
            raise ValueError(f"retries must be a number from 0, not {retries!r}")
        self.http1 = http1
        self.http2 = http2
        self.verify = verify
        self.cert = cert
        self.tls = tls
        self.limits = limits
        self.proxy = proxy
        self.trust_env = trust_env
        self.uds = uds
        self.local_address = local_address
        self.socket_options = socket_options if isinstance(socket_options, Unset) else tuple(socket_options)
        self.resolver = resolver
        self.address_guard = address_guard
        self.retries = retries
        self.retry_stale = retry_stale
        self._check_connections()
