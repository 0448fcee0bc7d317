"""What all requests of one client share."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, TypeAlias

from .limits import DEFAULT_LIMITS, Limits
from .value import Value

if TYPE_CHECKING:
    from ssl import SSLContext

    from ..converters.registry import Converters
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

VerifyTypes: TypeAlias = "bool | str | SSLContext"
ParseHook: TypeAlias = Callable[[Any, Any], Any]
CertTypes: TypeAlias = str | tuple[str, str] | tuple[str, str, str] | None
TrustTypes: TypeAlias = bool | Collection[str]

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
    remove_bom: bool = False
    """Whether byte order marks are taken off bodies."""
    parsers: tuple[ParseHook, ...] = ()
    """The ``parse_body`` hooks of plugins: ``(response, into)`` to a value, or to NotImplemented."""
    origin: Origin | None = None
    """The origin of ``base_url``."""


class ConnectionSettings(Value):
    """What an engine needs to make connections; an option set on the engine itself wins over the client's."""

    verify: VerifyTypes = True
    cert: CertTypes = None
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

    def _check(self) -> None:
        if not isinstance(self.limits, Limits):
            raise TypeError(f"limits is a Limits, for example Limits(max_connections=5), not {self.limits!r}")
        trusted = self.trust_env
        if not isinstance(trusted, bool):
            names = frozenset((trusted,) if isinstance(trusted, str) else trusted)
            if unknown := names.difference(TRUST):
                hint = "; netrc files are read only by the plugin NetrcAuth" if "netrc" in unknown else ""
                raise ValueError(f"trust_env is a bool or some of {', '.join(TRUST)}, not {sorted(unknown)[0]!r}{hint}")
            self.__dict__["trust_env"] = names


DEFAULT_SETTINGS = Settings()
