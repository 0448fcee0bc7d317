"""What all requests of one client share."""

from __future__ import annotations

from codecs import lookup
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

from ..exceptions import InvalidRequest
from .limits import DEFAULT_LIMITS, Limits
from .tls import DEFAULT_TLS, IN_CONTEXT, TLS, CertTypes, VerifyTypes
from .value import Value

if TYPE_CHECKING:
    from ..converters.registry import Converters
    from .address_guard import AddressGuard
    from .content_codec import ContentCodec
    from .url import Origin

__all__ = [
    "TRUST",
    "CertTypes",
    "CodingLimits",
    "ConnectionSettings",
    "ParseHook",
    "Settings",
    "TrustTypes",
    "VerifyTypes",
    "trusts",
]

ParseHook: TypeAlias = Callable[[Any, Any], Any]
TrustTypes: TypeAlias = bool | str | Collection[str]

TRUST = ("proxy", "ca", "keylog")
"""What ``trust_env`` may name: HTTP_PROXY and its kin; SSL_CERT_FILE and SSL_CERT_DIR; SSLKEYLOGFILE."""


def trusts(trusted: TrustTypes, name: str) -> bool:
    """Whether one part of the environment, one of TRUST, is heeded."""
    return trusted if isinstance(trusted, bool) else name in trusted


class CodingLimits(Value):
    """Bounds on decompression: decoded bytes in all, decoded to encoded bytes, and codings stacked on one body.

    The ratio is judged only past ``ratio_floor`` decoded bytes, so that small bodies that compress well pass.
    """

    max_size: int | None = None
    max_ratio: float | None = 200.0
    ratio_floor: int = 10 * 1024 * 1024
    max_codings: int = 5


class Settings(Value):
    """What a response needs to know of its client."""

    converters: Converters | None = None
    """None means the default registry."""
    default_encoding: str = "utf-8"
    coding_limits: CodingLimits = CodingLimits()
    codecs: tuple[ContentCodec, ...] = ()
    """Content codings of the user's own."""
    text_charset: str = "utf-8"
    """The charset of text bodies whose request names none."""
    remove_bom: bool = False
    """Whether byte order marks are taken off bodies."""
    parsers: tuple[ParseHook, ...] = ()
    """The ``parse_body`` hooks of plugins: ``(response, into)`` to a value, or to NotImplemented."""
    origin: Origin | None = None
    """The origin of ``base_url``."""
    shown_as = "the client"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        Value.__init__(self, *args, **kwargs)
        if self.default_encoding != "utf-8":
            try:
                lookup(self.default_encoding)
            except (LookupError, TypeError):
                text = f"default_encoding is the name of a charset, for example 'utf-8', not {self.default_encoding!r}"
                raise ValueError(text) from None


class ConnectionSettings(Value):
    """What an engine needs to make connections; an option set on the engine itself wins over the client's."""

    shown_as = "the client"
    verify: VerifyTypes = True
    cert: CertTypes = None
    tls: TLS = DEFAULT_TLS
    http1: bool = True
    http2: bool = False
    limits: Limits = DEFAULT_LIMITS
    proxy: Any = None
    trust_env: TrustTypes = True
    """Whether the environment is heeded, or for which of TRUST."""
    uds: str | None = None
    local_address: str | None = None
    socket_options: tuple[Any, ...] = ()
    resolver: Any = None
    address_guard: AddressGuard | None = None

    def _check(self) -> None:
        trusted = self.trust_env
        if not isinstance(trusted, bool):
            names = frozenset((trusted,) if isinstance(trusted, str) else trusted)
            if unknown := names.difference(TRUST):
                hint = "; netrc files are read only by the plugin NetrcAuth" if "netrc" in unknown else ""
                raise ValueError(f"trust_env is a bool or some of {', '.join(TRUST)}, not {sorted(unknown)[0]!r}{hint}")
            self.__dict__["trust_env"] = names
        if self.uds == "":
            raise ValueError("uds is the path of a Unix socket, not an empty one")
        if self.local_address == "":
            raise ValueError("local_address is an IP address or the name of an interface, not an empty one")
        for name, default in (("verify", True), ("cert", None)):
            if getattr(self, name) is not default and name in self.tls.given():
                raise ValueError(f"{name} is given twice: give it to the client or in tls=TLS({name}=...)")
        self.effective_tls()

    def effective_tls(self) -> TLS:
        """Return the TLS of all connections: ``verify``, ``cert``, and what ``tls`` says beyond."""
        return TLS(**{"verify": self.verify, "cert": self.cert, **self.tls.given()})

    def overridden(self, changes: Iterable[tuple[str, Any]]) -> ConnectionSettings:
        """Return these settings with those of one request on top, whose TLS is laid over this one, field by field."""
        given = dict(changes)
        tls = given.pop("tls", None)
        if tls is None:
            return self.replace(**given)
        base = self.effective_tls().given()
        if hasattr(tls.verify, "wrap_bio"):
            base = {name: value for name, value in base.items() if name not in IN_CONTEXT}
        elif hasattr(self.effective_tls().verify, "wrap_bio") and "verify" not in tls.given() and tls.in_context():
            raise InvalidRequest(
                f"the client's verify is an SSLContext, which has {tls.in_context()[0]} already: give verify too"
            )
        return self.replace(verify=True, cert=None, tls=TLS(**{**base, **tls.given()}), **given)

    @property
    def alpn(self) -> tuple[str, ...]:
        """The protocols to offer in a TLS handshake, the preferred one first (RFC 7301)."""
        if not self.http2:
            return ("http/1.1",)
        return ("h2", "http/1.1") if self.http1 else ("h2",)


DEFAULT_SETTINGS = Settings()
