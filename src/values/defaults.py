"""How the options of a request and the defaults of its client become a Request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from yarl import URL

from .._concurrency import wall_time
from ..exceptions import InvalidHeader, InvalidRequest
from ..rules.accept_encoding import accept_encoding
from ..rules.cookie_header import cookie_pairs
from .authorization import basic_authorization, is_auth_plugin, use_userinfo
from .headers import METHODS, Headers, HeaderTypes, SharedHeaders, check_method
from .hints import option_hint
from .options import (
    AUTH_ORIGIN,
    CONNECTION_OVERRIDES,
    DUPLEX,
    OVERRIDES_HOST,
    PROXIES,
    AuthTypes,
    ParamTypes,
    RequestOptions,
)
from .request import Request
from .request_body import add_body
from .settings import Settings
from .timeout import DEFAULT_TIMEOUT, Timeout, TimeoutTypes
from .unset import Unset
from .url import Endpoint, Origin, URLTypes, endpoint_of, join_base, parse_url

if TYPE_CHECKING:
    from ..plugins.default_request import RequestDefaults
    from ..rules.proxies import ProxyChoice
    from .proxy import ProxyOption
    from .settings import ParseHook

__all__ = ["Defaults", "base_origin", "merge_headers"]

_KNOWN = frozenset(RequestOptions.__annotations__)
_URLS_MAX = 4096


class Defaults:
    """What a client adds to each request; made once."""

    __slots__ = ("_own", "_urls", "auth", "base_url", "headers", "layers", "params", "settings", "timeout")

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
        if params:
            _with_params(URL(), params, None)  # refused here, not when a request is sent
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
        # What texts of urls came to, as clients ask for the same ones again and again.
        self._urls: dict[str, tuple[URL, Endpoint]] = {}

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
        located = self._urls.get(url) if type(url) is str and not (options and "path_params" in options) else None
        if located is None:
            return self._build_anew(method, url, options, deferred=deferred)
        method = method if method in METHODS else check_method(method)
        request = Request.plain(method, located, self.headers, self.timeout, self.settings)
        if options:
            self._apply(request, options, deferred=deferred)
        if self.layers:
            self._add_layers(request, options)
        return request

    def _build_anew(self, method: str, given: URLTypes, options: RequestOptions | None, *, deferred: bool) -> Request:
        """Return the request, and remember what the text of its url came to."""
        url, template = _filled(given, options)
        joined = self._join(url)
        request = Request(check_method(method), joined, self.headers, timeout=self.timeout, settings=self.settings)
        if template:
            request.attributes.update(template)
        if options:
            self._apply(request, options, deferred=deferred)
        if self.layers:
            self._add_layers(request, options)
        if joined.raw_user is not None or joined.raw_password is not None:
            use_userinfo(request)
        elif type(given) is str and url is given and not self.params:
            if len(self._urls) >= _URLS_MAX:
                self._urls.clear()
            self._urls[given] = (joined, endpoint_of(joined))
        endpoint_of(request.url)
        return request

    def _join(self, url: URLTypes) -> URL:
        """Return the url with the client's base and parameters."""
        joined = parse_url(url)
        if self.base_url is not None:
            joined = join_base(self.base_url, joined)
        for params in self.params:
            joined = _with_params(joined, params, None)
        return joined

    def _apply(self, request: Request, options: RequestOptions, *, deferred: bool) -> None:
        unknown = options.keys() - _KNOWN
        if unknown:
            name = sorted(unknown)[0]
            raise TypeError(f"unknown request option {name!r}; {option_hint(name, _KNOWN)}")
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
        add_body(request, options, deferred=deferred)

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
