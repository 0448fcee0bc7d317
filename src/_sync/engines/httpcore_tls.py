# Generated from src/_async/engines/httpcore_tls.py by scripts/generate_sync.py. Do not edit.
"""The TLS context of the httpcore engine, made when the first handshake needs it."""

from __future__ import annotations

from typing import Any

from ...values.settings import CertTypes, TrustTypes, VerifyTypes

__all__ = ["TLSChoice"]


class TLSChoice:
    """Stands for a TLS context towards httpcore; the context itself is made when the first handshake needs it."""

    __slots__ = ("_alpn", "_cert", "_context", "_trust_env", "_verify")

    def __init__(self, verify: VerifyTypes, cert: CertTypes, *, alpn: tuple[str, ...], trust_env: TrustTypes) -> None:
        self._verify = verify
        self._cert = cert
        self._alpn = alpn
        self._trust_env = trust_env
        self._context: Any = None

    def set_alpn_protocols(self, protocols: list[str]) -> None:
        """Do nothing: httpcore would change the context for each connection."""

    def context(self) -> Any:
        """Return the context. Raises TLSError for files that can't be used."""
        context = self._context
        if context is None:
            from ..._network.tls import make_context

            context = make_context(self._verify, self._cert, alpn=self._alpn, trust_env=self._trust_env)
            if context is self._verify and "h2" in self._alpn:
                # A context of the user's, who wants HTTP/2 with it.
                context.set_alpn_protocols(list(self._alpn))
            self._context = context
        return context
