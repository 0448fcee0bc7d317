"""The options of one request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

from ..exceptions import InvalidRequest
from .attributes import AttributeKey
from .headers import HeaderTypes
from .timeout import TimeoutTypes
from .url import Origin

if TYPE_CHECKING:
    from ..plugins.plugin import Plugin
    from ..rules.cookie_jar import CookieJar
    from ..rules.proxies import ProxyChoice
    from .proxy import ProxyOption
    from .tls import TLS, CertTypes, VerifyTypes

__all__ = [
    "AUTH_ORIGIN",
    "CHAIN_OPTIONS",
    "CHOSEN",
    "CONNECTION_OVERRIDES",
    "DUPLEX",
    "OVERRIDES_HOST",
    "PROXIES",
    "AuthTypes",
    "CookieTypes",
    "ParamTypes",
    "RequestOptions",
    "connection_overrides",
]

ParamTypes: TypeAlias = "Mapping[str, Any] | Iterable[tuple[str, Any]] | str | None"
AuthTypes: TypeAlias = "tuple[str | bytes, str | bytes] | str | Plugin | None"
CookieTypes: TypeAlias = "CookieJar | Mapping[str, str] | Iterable[tuple[str, str]] | Literal[False] | None"


class RequestOptions(TypedDict, total=False):
    """What every verb takes beside the url; "not given" differs from None.

    ``params``: query, merged with the url's own; None drops a key. ``path_params``: the url is a template (RFC 6570)
    that these fill in. ``headers``: added to the client's. ``cookies``: sent beside those the client keeps, and not
    kept; False sends and stores none.
    One body: ``json`` (any object a converter takes), ``form`` (urlencoded fields), ``files`` (multipart, with
    ``data`` or ``form`` as fields), ``content`` (bytes, text, iterables, a file), ``body`` (a Body, or any of the
    former by its type), ``data`` (as in requests). ``auth``: (user, password), a bearer token, a plugin such as
    DigestAuth, or None to send none. ``timeout``: a number, (connect, read) or a Timeout; None for no limits.
    ``proxy``: as on the client, for this request alone and its redirects; None for a direct connection.
    ``follow_redirects``, ``max_redirects``, ``expect_success``: as on the client. ``duplex=True``: a streamed response
    is given while the body is still being sent, beside the reading. ``plugins``: more plugins for this request.
    ``verify``, ``cert``, ``tls``, ``uds``: as on the client, and ``server_hostname``: the name to ask for and to find
    in the certificate; all for the host of the url alone, not for one that it redirects to. Requests with such
    options have connections of their own, in a pool of its own. ``attributes``: a bag that plugins read; a plugin
    class as key replaces that plugin for this request, None removes it.
    """

    params: ParamTypes
    path_params: Mapping[str, Any] | None
    headers: HeaderTypes | None
    cookies: CookieTypes
    json: Any
    form: Any
    files: Any
    content: Any
    body: Any
    data: Any
    auth: AuthTypes
    timeout: TimeoutTypes
    proxy: ProxyOption
    follow_redirects: bool
    max_redirects: int
    expect_success: bool
    duplex: bool
    plugins: Sequence[Plugin]
    verify: VerifyTypes
    cert: CertTypes
    tls: TLS
    server_hostname: str | None
    uds: str | None
    attributes: Mapping[Any, Any]


AUTH_ORIGIN: AttributeKey[Origin] = AttributeKey("the origin that auth= is for")
"""On requests whose own ``auth=`` is a plugin."""

# The options that choose another chain; the rest makes the request.
CONNECTION_OVERRIDES = frozenset({"verify", "cert", "tls", "server_hostname", "uds"})
"""The options that need connections of their own."""
CHAIN_OPTIONS = frozenset(
    {"auth", "follow_redirects", "max_redirects", "expect_success", "plugins", "attributes", "cookies", "proxy"}
    | CONNECTION_OVERRIDES
)
PROXIES: AttributeKey[ProxyChoice] = AttributeKey("which proxy this request goes through")
"""On requests with a ``proxy=`` of their own."""
OVERRIDES_HOST: AttributeKey[str] = AttributeKey("the host for which connections are made otherwise")
"""On requests with options that need connections of their own."""
CHOSEN: AttributeKey[RequestOptions] = AttributeKey("the options that choose another chain")
"""On requests that were built ahead with such options."""

DUPLEX: AttributeKey[bool] = AttributeKey("read while sending")
"""On requests with ``duplex=True``."""


def connection_overrides(options: RequestOptions) -> tuple[tuple[str, Any], ...]:
    """Return the connection settings that a request has of its own; ``tls`` and ``server_hostname`` make one TLS.

    Raises InvalidRequest.
    """
    given: dict[str, Any] = {name: options[name] for name in sorted(options.keys() & CONNECTION_OVERRIDES)}  # type: ignore[literal-required]
    if not given:
        return ()
    from .tls import TLS

    tls = given.pop("tls", None)
    if tls is not None and not isinstance(tls, TLS):
        raise InvalidRequest(f"tls is a TLS, for example TLS(minimum_version='TLSv1.3'), not {tls!r}")
    fields = {} if tls is None else tls.given()
    for name in ("verify", "cert", "server_hostname"):
        if name in given:
            if name in fields:
                raise InvalidRequest(f"{name} is given twice: as an option of the request, and in its tls")
            fields[name] = given.pop(name)
    if not isinstance(given.get("uds", ""), (str, type(None))):
        raise InvalidRequest(f"uds is the path of a Unix socket, not {given['uds']!r}")
    try:
        return (*given.items(), *((("tls", TLS(**fields)),) if fields else ()))
    except (TypeError, ValueError) as error:
        raise InvalidRequest(str(error)) from None
