"""The TLS of the httpcore engine's connections, made when a handshake needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .tls_settings import TLSSettings

if TYPE_CHECKING:
    from ..._network.tls_profile import TLSPlan
    from ...values.proxy import Proxy
    from ...values.url import Origin

__all__ = ["ProxyTLS", "ServerTLS"]


class ServerTLS:
    """Stands for a TLS context towards httpcore: that of the connections to one origin."""

    __slots__ = ("_alpn", "_origin", "_settings")

    def __init__(self, settings: TLSSettings, origin: Origin, alpn: tuple[str, ...]) -> None:
        self._settings = settings
        self._origin = origin
        self._alpn = alpn

    def set_alpn_protocols(self, protocols: list[str]) -> None:
        """Do nothing: httpcore would change the context for each connection."""

    def plan(self) -> tuple[TLSPlan, str]:
        """Return the TLS and the name to ask for. Raises TLSError for files that can't be used, MissingExtra."""
        return self._settings.plan(self._origin, self._alpn), self._settings.server_name(self._origin)


class ProxyTLS:
    """Stands for a TLS context towards httpcore: that of the connections to a proxy."""

    __slots__ = ("_proxy", "_settings")

    def __init__(self, settings: TLSSettings, proxy: Proxy) -> None:
        self._settings = settings
        self._proxy = proxy

    def set_alpn_protocols(self, protocols: list[str]) -> None:
        """Do nothing: httpcore would change the context for each connection."""

    def plan(self) -> tuple[TLSPlan, str]:
        """Return the TLS and the name to ask for. Raises TLSError for files that can't be used, MissingExtra."""
        return self._settings.proxy_plan(self._proxy), self._proxy.host
