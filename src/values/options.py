"""The options of one request, and how they and the client's defaults become a Request."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

from yarl import URL

from .._concurrency import wall_time
from ..exceptions import InvalidBody, InvalidHeader, InvalidRequest
from ..rules.codings import accept_encoding
from ..rules.cookie_header import cookie_pairs
from .attributes import AttributeKey
from .body import Body
from .headers import Headers, HeaderTypes, SharedHeaders, check_method
from .request import Request
from .settings import Settings
from .timeout import DEFAULT_TIMEOUT, Timeout, TimeoutTypes
from .unset import Unset
from .url import Origin, URLTypes, endpoint_of, join_base, parse_url

if TYPE_CHECKING:
    from ..plugins.default_request import RequestDefaults
    from ..plugins.plugin import Plugin
    from ..rules.cookie_jar import CookieJar
    from ..rules.proxies import ProxyChoice
    from .proxy import ProxyOption
    from .settings import ParseHook
    from .tls import TLS, CertTypes, VerifyTypes

__all__ = [
    "AUTH_ORIGIN",
    "BODY_OPTIONS",
    "CHAIN_OPTIONS",
    "CHOSEN",
    "CONNECTION_OVERRIDES",
    "DUPLEX",
    "OVERRIDES_HOST",
    "PROXIES",
    "AuthTypes",
    "CookieTypes",
    "Defaults",
    "ParamTypes",
    "RequestOptions",
    "base_origin",
    "basic_authorization",
    "connection_overrides",
    "is_auth_plugin",
    "merge_headers",
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

BODY_OPTIONS = ("content", "json", "form", "data", "files", "body")
_KNOWN = frozenset(RequestOptions.__annotations__)

# What people type who know another client.
_HINTS = {
    "stream": "use client.stream(method, url) in a with block",
    "allow_redirects": "it is called follow_redirects here",
    "proxies": "it is called proxy here",
    "http2": "give it to the client",
    "transport": "give engine= to the client",
    "raise_for_status": "it is called expect_success here",
    "extensions": "use attributes for plugins, and server_hostname for what httpx calls sni_hostname",
    "ssl": "it is called verify here",
    "hooks": "write a Plugin",
}


class Defaults:
    """What a client adds to each request; made once."""

    __slots__ = ("_own", "auth", "base_url", "headers", "layers", "params", "settings", "timeout")

    def __init__(
        self,
        *,
        base_url: URLTypes | None = None,
        params: ParamTypes = None,
        headers: HeaderTypes | None = None,
        auth: AuthTypes = None,
        timeout: TimeoutTypes | Unset = DEFAULT_TIMEOUT,
        settings: Settings,
        layers: Sequence[RequestDefaults] = (),
    ) -> None:
        own: dict[str, Any] = {"base_url": base_url, "params": params, "headers": headers, "auth": auth}
        self._own = {**own, "timeout": timeout, "settings": settings}
        self.layers = layers
        self.base_url = _base(base_url)
        self.params = [each for each in (params, *(layer.params for layer in reversed(layers))) if each]
        defaults = _default_headers()
        for layer in reversed(layers):
            settings = layer.adapted(settings)
        for layer in layers:
            if layer.base_url is not None and base_url is None:
                self.base_url = _base(layer.base_url)
            if layer.headers is not None:
                merge_headers(defaults, layer.headers)
        if headers is not None:
            merge_headers(defaults, headers)
        self.auth = None if auth is None or is_auth_plugin(auth) else basic_authorization(auth)
        if self.auth is not None:
            defaults["Authorization"] = self.auth
        self.headers = SharedHeaders(defaults)
        self.timeout = DEFAULT_TIMEOUT if isinstance(timeout, Unset) else Timeout.of(timeout)
        self.settings = settings

    def layered(self, layers: Sequence[RequestDefaults], parsers: tuple[ParseHook, ...] = ()) -> Defaults:
        """Return these defaults on top of what plugins add; itself where nothing changes. Raises InvalidRequest."""
        same = len(layers) == len(self.layers) and all(new is old for new, old in zip(layers, self.layers, strict=True))
        if same and parsers == self.settings.parsers:
            return self
        return Defaults(**{**self._own, "settings": self._own["settings"].replace(parsers=parsers)}, layers=layers)

    def build(self, method: str, url: URLTypes, options: RequestOptions | None, *, deferred: bool = False) -> Request:
        """Return the request. Raises InvalidRequest for whatever can't be sent, before anything is.

        With ``deferred`` an object given as body stays one, for plugins to render.
        """
        template: dict[Any, Any] | None = None
        if type(url) is not str or (options and "path_params" in options):
            url, template = _filled(url, options)
        parsed = parse_url(url)
        if self.base_url is not None:
            parsed = join_base(self.base_url, parsed)
        for params in self.params:
            parsed = _with_params(parsed, params, None)
        request = Request(check_method(method), parsed, self.headers, timeout=self.timeout, settings=self.settings)
        if template:
            request.attributes.update(template)
        if options:
            self._apply(request, options, deferred=deferred)
        if self.layers:
            self._add_layers(request, options)
        url = request.url
        if url.raw_user is not None or url.raw_password is not None:
            _use_userinfo(request)
        endpoint_of(request.url)
        return request

    def _apply(self, request: Request, options: RequestOptions, *, deferred: bool) -> None:
        unknown = options.keys() - _KNOWN
        if unknown:
            name = sorted(unknown)[0]
            hint = _HINTS.get(name, f"there are {', '.join(sorted(_KNOWN))}")
            raise TypeError(f"unknown request option {name!r}; {hint}")
        if (params := options.get("params")) is not None:
            request.url = _with_params(request.url, None, params)
        if (given := options.get("headers")) is not None:
            merge_headers(request.headers, given)
        if cookies := options.get("cookies"):
            _add_cookies(request, cookies)
        if "auth" in options:
            self._use_auth(request, options["auth"])
        if "timeout" in options:
            request.timeout = _timeout(options["timeout"])
        if not CONNECTION_OVERRIDES.isdisjoint(options):
            request.attributes[OVERRIDES_HOST] = request.url.raw_host or ""
        if options.get("duplex"):
            request.attributes[DUPLEX] = True
        if attributes := options.get("attributes"):
            request.attributes.update(attributes)
        if "proxy" in options:
            request.attributes[PROXIES] = _proxies(options["proxy"])
        self._add_body(request, options, deferred=deferred)

    def _use_auth(self, request: Request, auth: AuthTypes) -> None:
        if is_auth_plugin(auth):
            request.headers.popall("Authorization", None)
            request.attributes[AUTH_ORIGIN] = endpoint_of(request.url).origin
        elif auth is not None:
            request.headers["Authorization"] = basic_authorization(auth)
        elif self.auth is not None:
            request.headers.popall("Authorization", None)

    def _add_layers(self, request: Request, options: RequestOptions | None) -> None:
        """Add the attributes and cookies that plugins add to each request, and the request has not."""
        for layer in reversed(self.layers):
            if layer.attributes:
                for key, value in layer.attributes.items():
                    request.attributes.setdefault(key, value)
            if layer.cookies and not (options and options.get("cookies") is False):
                _add_layer_cookies(request, layer)

    def _add_body(self, request: Request, options: RequestOptions, *, deferred: bool) -> None:
        given = [name for name in BODY_OPTIONS if options.get(name, None) is not None or name == "json" in options]
        if not given:
            return
        body: Body | None
        if len(given) == 1 and isinstance(text := options[given[0]], str) and given[0] != "json":  # type: ignore[literal-required]
            body = self._text(request, text, given[0])
        elif given == ["json"]:
            if deferred:
                request.headers.setdefault("Content-Type", "application/json")
            body = self._object(request, options["json"], deferred=deferred)
        elif given == ["body"]:
            body = self._typed_body(request, options["body"], deferred=deferred)
        else:
            if "json" in given or "body" in given:
                raise InvalidBody(f"a request has one body; {' and '.join(map(repr, given))} were given")
            from .body import make_body

            body = make_body(**{name: options[name] for name in given})  # type: ignore[literal-required]
        if body is None:
            return
        request.body = body
        if body.content_type is not None and "content-type" not in request.headers:
            request.headers["Content-Type"] = body.content_type

    def _text(self, request: Request, text: str, name: str) -> Body:
        """Return text in the charset of the request's Content-Type, else in that of the Charsets plugin, or UTF-8."""
        from .body import make_body, text_body
        from .media_type import charset_of

        declared = request.headers.get("content-type")
        named = charset_of(declared) if declared else None
        charset = named or self.settings.text_charset
        if charset == "utf-8":
            body = make_body(**{"content" if name == "body" else name: text})
            assert body is not None
            return body
        body = text_body(text, charset)
        if declared is None and name == "data":
            body.content_type = None
        elif declared is not None and named is None and declared.strip().lower().startswith("text/"):
            request.headers["Content-Type"] = f"{declared}; charset={charset}"
        return body

    def _typed_body(self, request: Request, value: Any, *, deferred: bool) -> Body | None:
        if isinstance(value, Body):
            return value
        if isinstance(value, (bytes, bytearray, memoryview, str)) or hasattr(value, "read") or _is_iterator(value):
            from .body import make_body

            return make_body(content=value)
        return self._object(request, value, deferred=deferred)

    def _object(self, request: Request, value: Any, *, deferred: bool) -> Body:
        from .object_body import ObjectBody, encoded

        if deferred:
            return ObjectBody(value)
        return encoded(value, request.headers.get("content-type", "application/json"), self.settings)


def _filled(url: URLTypes, options: RequestOptions | None) -> tuple[URLTypes, dict[Any, Any]]:
    """Return the url that a template or a resource object stands for, and what the request tells about it."""
    values = options.get("path_params") if options else None
    if values is None:
        if isinstance(url, (str, URL)):
            return url, {}
        from .resource import RESOURCE, URL_TEMPLATE, is_resource, template_of

        return url, {RESOURCE: url, URL_TEMPLATE: template_of(url)} if is_resource(url) else {}
    from ..rules.uri_template import expand_path
    from .resource import URL_TEMPLATE

    if not isinstance(url, str):
        raise InvalidRequest("path_params= fills in a template, and a template is a str")
    if not isinstance(values, Mapping):
        raise InvalidRequest(f"path_params= takes a mapping of names and values, not {type(values).__name__}")
    return expand_path(url, values), {URL_TEMPLATE: url}


def _is_iterator(value: object) -> bool:
    return hasattr(value, "__next__") or hasattr(value, "__aiter__")


def base_origin(base_url: URLTypes | None) -> Origin | None:
    """Return the origin of a client's base_url. Raises InvalidURL, UnsupportedProtocol."""
    base = _base(base_url)
    return None if base is None else endpoint_of(base).origin


def _base(base_url: URLTypes | None) -> URL | None:
    if base_url is None or base_url == "":
        return None
    base = parse_url(base_url)
    endpoint_of(base)
    return base


def _default_headers() -> Headers:
    from .. import __version__

    return Headers({"Accept": "*/*", "Accept-Encoding": accept_encoding(), "User-Agent": f"duohttp/{__version__}"})


def merge_headers(headers: Headers, given: HeaderTypes) -> None:
    """Replace headers by those given, name by name; a value of None removes one. Raises InvalidHeader."""
    if isinstance(given, Mapping) and any(value is None for value in given.values()):
        for name in [name for name, value in given.items() if value is None]:
            headers.popall(name if isinstance(name, str) else str(name, "latin-1"), None)
        given = {name: value for name, value in given.items() if value is not None}  # type: ignore[assignment]
    if not isinstance(given, (Mapping, Iterable)) or isinstance(given, (str, bytes)):
        raise InvalidHeader(f"headers are a mapping or pairs of name and value, not {type(given).__name__}")
    new = Headers.of(given)
    for name in {name.lower() for name in new}:
        headers.popall(name, None)
    headers.extend(new)


def _with_params(url: URL, defaults: ParamTypes, given: ParamTypes) -> URL:
    from .params import merge_params

    return merge_params(url, defaults, given)


def _add_cookies(request: Request, cookies: Any) -> None:
    if hasattr(cookies, "extract_cookies"):  # a jar of http.cookiejar or requests
        from ..rules.cookie_jar import CookieJar

        cookies = CookieJar(list(cookies))
    value = cookies.header_for(request.url, wall_time()) if hasattr(cookies, "header_for") else cookie_pairs(cookies)
    if value:
        present = request.headers.get("cookie")
        request.headers["Cookie"] = f"{present}; {value}" if present else value


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
    try:
        return (*given.items(), *((("tls", TLS(**fields)),) if fields else ()))
    except (TypeError, ValueError) as error:
        raise InvalidRequest(str(error)) from None


def is_auth_plugin(auth: AuthTypes) -> bool:
    """Whether ``auth=`` is a plugin. Raises InvalidRequest for a plugin that is for something else."""
    if auth is None or isinstance(auth, (tuple, str)):
        return False
    from ..plugins.plugin import Plugin, Stage

    if isinstance(auth, Plugin) and auth.stage is not Stage.AUTH:
        raise InvalidRequest(f"auth is a plugin of the stage AUTH, not {auth.name}")
    return isinstance(auth, Plugin)


def _add_layer_cookies(request: Request, layer: RequestDefaults) -> None:
    from ..rules.cookie_header import merged_header
    from ..rules.cookie_jar import CookieJar

    if layer.base_url is not None:
        base, url = parse_url(layer.base_url), request.url
        if url.raw_host != base.raw_host or (base.scheme, url.scheme) == ("https", "http"):
            return
    jar: Any = layer.cookies
    if not isinstance(jar, CookieJar):
        jar = CookieJar(list(jar) if hasattr(jar, "extract_cookies") else jar)
    own = "; ".join(request.headers.getall("cookie", []))
    header = merged_header(own, jar.cookies_for(request.url, wall_time()), ())
    if header:
        request.headers["Cookie"] = header


def basic_authorization(auth: AuthTypes) -> str:
    """Return the Authorization value for (user, password); a str is a ready value's bearer token (RFC 7617, 6750)."""
    if isinstance(auth, str):
        return f"Bearer {auth}"
    if not isinstance(auth, tuple) or len(auth) != 2 or not all(isinstance(part, (str, bytes)) for part in auth):
        raise InvalidRequest("auth is (user, password), a str that is a bearer token, or a plugin such as DigestAuth()")
    user, password = (part if isinstance(part, bytes) else part.encode("utf-8") for part in auth)
    if b":" in user:
        raise InvalidRequest("a user name for Basic authentication can't hold a colon (RFC 7617 section 2)")
    return "Basic " + b64encode(user + b":" + password).decode("ascii")


def _use_userinfo(request: Request) -> None:
    """Turn ``user:password@`` into an Authorization header; the url itself goes on without."""
    url = request.url
    if "authorization" not in request.headers and request.attribute(AUTH_ORIGIN) is None:
        request.headers["Authorization"] = basic_authorization((url.user or "", url.password or ""))
    request.url = url.with_user(None)


def _proxies(value: ProxyOption) -> ProxyChoice:
    from ..rules.proxies import proxy_rules

    try:
        return proxy_rules(value, None)
    except TypeError as error:
        raise InvalidRequest(str(error)) from None


def _timeout(value: TimeoutTypes) -> Timeout:
    try:
        return Timeout.of(value)
    except (TypeError, ValueError) as error:
        raise InvalidRequest(str(error)) from None
