"""The TLS of an engine's connections: contexts, made when first needed and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ssl import SSLContext

    from ....values.proxy import Proxy
    from ....values.settings import ConnectionSettings

__all__ = ["TLSSettings"]


class TLSSettings:
    """Says with which context a server or a proxy is spoken to."""

    def __init__(self, settings: ConnectionSettings) -> None:
        self._settings = settings
        self._context: SSLContext | None = None

    def context(self) -> SSLContext:
        """Return the context for servers. Raises TLSError for files that can't be used."""
        context = self._context
        if context is None:
            from ...._network.tls import make_context

            settings = self._settings
            context = make_context(settings.verify, settings.cert, alpn=("http/1.1",), trust_env=settings.trust_env)
            self._context = context
        return context

    def proxy_context(self, proxy: Proxy) -> SSLContext:
        """Return the context for the TLS to an https proxy, which never sees the certificate meant for servers.

        Raises TLSError for files that can't be used.
        """
        from ...._network.tls import make_context

        settings = self._settings
        verify = settings.verify if proxy.verify is None else proxy.verify
        return make_context(verify, None, alpn=("http/1.1",), trust_env=settings.trust_env)
