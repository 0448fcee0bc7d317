# Generated from src/_async/engines/native/tls_settings.py by scripts/generate_sync.py. Do not edit.
"""The TLS of an engine's connections: contexts, made when first needed and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ssl import SSLContext

    from ....values.proxy import Proxy
    from ....values.settings import ConnectionSettings

__all__ = ["HTTP1", "TLSSettings"]

HTTP1 = ("http/1.1",)
"""The ALPN names (RFC 7301) of connections that carry nothing else."""


class TLSSettings:
    """Says with which context a server or a proxy is spoken to."""

    def __init__(self, settings: ConnectionSettings) -> None:
        self._settings = settings
        self._contexts: dict[tuple[str, ...], SSLContext] = {}

    def context(self, alpn: tuple[str, ...] = HTTP1) -> SSLContext:
        """Return the context for servers that are offered these protocols, the preferred one first.

        Raises TLSError for files that can't be used.
        """
        context = self._contexts.get(alpn)
        if context is None:
            from ...._network.tls import make_context

            settings = self._settings
            context = make_context(settings.verify, settings.cert, alpn=alpn, trust_env=settings.trust_env)
            self._contexts[alpn] = context
        return context

    def proxy_context(self, proxy: Proxy) -> SSLContext:
        """Return the context for the TLS to an https proxy, which never sees the certificate meant for servers.

        Raises TLSError for files that can't be used.
        """
        from ...._network.tls import make_context

        settings = self._settings
        verify = settings.verify if proxy.verify is None else proxy.verify
        return make_context(verify, None, alpn=HTTP1, trust_env=settings.trust_env)
