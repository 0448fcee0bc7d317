# Generated from src/_async/engines/tls_settings.py by scripts/generate_sync.py. Do not edit.
"""The TLS of an engine's connections: profiles, made when first needed and kept as long as their files are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...exceptions import TLSError
from ...values.tls import TLS

if TYPE_CHECKING:
    from ..._network.tls_profile import TLSPlan, TLSProfile
    from ...values.proxy import Proxy
    from ...values.settings import ConnectionSettings
    from ...values.url import Origin

__all__ = ["HTTP1", "TLSSettings"]

HTTP1 = ("http/1.1",)
"""The ALPN names (RFC 7301) of connections that carry nothing else."""


class TLSSettings:
    """Says with which TLS a server or a proxy is spoken to."""

    def __init__(self, settings: ConnectionSettings) -> None:
        self._tls = settings.effective_tls()
        self._trust_env = settings.trust_env
        self._profiles: dict[tuple[TLS, tuple[str, ...]], TLSProfile] = {}

    def plan(self, origin: Origin, alpn: tuple[str, ...] = HTTP1) -> TLSPlan:
        """Return the TLS of one connection to an origin that is offered these protocols, the preferred one first.

        Raises TLSError for files that can't be used, MissingExtra.
        """
        return self._profile(self._tls, alpn).plan(origin)

    def server_name(self, origin: Origin) -> str:
        """Return the name that an origin is asked for, and that its certificate must have."""
        return self._tls.server_hostname or origin.host

    def proxy_plan(self, proxy: Proxy) -> TLSPlan:
        """Return the TLS of one connection to an https proxy, which never sees what is meant for servers.

        Raises TLSError for files that can't be used, MissingExtra.
        """
        given = self._tls.given()
        for name in ("cert", "server_hostname", "pins"):
            given.pop(name, None)
        if proxy.verify is not None:
            given["verify"] = proxy.verify
            if hasattr(proxy.verify, "wrap_bio"):
                given = {"verify": proxy.verify}
        return self._profile(TLS(**given), HTTP1).plan(("proxy", proxy.host, proxy.port))

    def _profile(self, tls: TLS, alpn: tuple[str, ...]) -> TLSProfile:
        """Return the profile, made anew (with no sessions) where a file changed since; none that is away takes it."""
        from ..._network.tls import make_context
        from ..._network.tls_profile import TLSProfile

        profile = self._profiles.get((tls, alpn))
        try:
            context = make_context(tls, alpn=alpn, trust_env=self._trust_env)
        except TLSError:
            if profile is None:
                raise
            return profile
        if profile is None or profile.context is not context:
            if context is tls.verify and "h2" in alpn:
                # A context of the user's, who wants HTTP/2 with it.
                context.set_alpn_protocols(list(alpn))
            profile = self._profiles[tls, alpn] = TLSProfile(context, tls)
        return profile
