"""Which proxy a request goes through: what the user said, else what the environment says.

The environment as curl reads it: ``http_proxy``, ``https_proxy``, ``all_proxy`` and ``no_proxy``, in small or capital
letters, the small ones first; one that is empty means none. ``HTTP_PROXY`` in capitals is ignored where a web server
runs this as a CGI program, as there the client's ``Proxy`` header sets it ("httpoxy").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

from yarl import URL

from ..exceptions import InvalidURL
from ..values.proxy import Proxy, ProxyTypes
from ..values.unix_url import UNIX
from ..values.url import Origin
from .no_proxy import NoProxy
from .proxy_patterns import ProxyPattern

__all__ = ["DIRECT", "ProxyChoice", "ProxyFunction", "ProxyRules", "proxies_from_environment", "proxy_rules"]

# Choices that are remembered; a crawler meets more hosts than that, and starts anew.
REMEMBERED = 1024


class ProxyRules:
    """Chooses a proxy for an origin: that of the pattern that says most about it."""

    def __init__(self, proxies: Mapping[str, Proxy | None], no_proxy: NoProxy) -> None:
        patterns = [(ProxyPattern.of(key), proxy) for key, proxy in proxies.items()]
        self._patterns = sorted(patterns, key=lambda pair: pair[0].rank)
        self._no_proxy = no_proxy
        self._known: dict[Origin, Proxy | None] = {}

    def proxy_for(self, origin: Origin, url: URL) -> Proxy | None:
        """Return the proxy that an origin is reached through, or None for a direct connection."""
        try:
            return self._known[origin]
        except KeyError:
            proxy = self._choose(origin)
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[origin] = proxy
            return proxy

    def _choose(self, origin: Origin) -> Proxy | None:
        if origin.scheme == UNIX:
            return None
        if self._no_proxy and self._no_proxy.matches(origin.host, origin.port):
            return None
        for pattern, proxy in self._patterns:
            if pattern.matches(origin):
                return proxy
        return None

    def __bool__(self) -> bool:
        return any(proxy is not None for _, proxy in self._patterns)

    def proxies(self) -> list[Proxy]:
        """Return the proxies that may be chosen."""
        return [proxy for _, proxy in self._patterns if proxy is not None]


class ProxyFunction:
    """Asks a function of the user's for each request."""

    def __init__(self, function: Callable[[URL], ProxyTypes | None]) -> None:
        self._function = function

    def proxy_for(self, origin: Origin, url: URL) -> Proxy | None:
        """Return what the function says, whose own exceptions pass. Raises InvalidURL, TypeError for no proxy."""
        if origin.scheme == UNIX:
            return None
        value = self._function(url)
        if hasattr(value, "__await__"):
            getattr(value, "close", bool)()
            raise TypeError("a function given as proxy= returns a proxy at once; it can't be a coroutine function")
        return _proxy(value)

    def proxies(self) -> list[Proxy]:
        """Return nothing: what the function will say is not known."""
        return []


ProxyChoice: TypeAlias = ProxyRules | ProxyFunction

DIRECT = ProxyRules({}, NoProxy())


def proxies_from_environment(environ: Mapping[str, str]) -> ProxyRules:
    """Return what the environment says. Raises InvalidURL, naming the variable, for a proxy that is no url."""
    proxies: dict[str, Proxy | None] = {}
    for scheme in ("http", "https", "all"):
        name = f"{scheme}_proxy"
        value = environ.get(name)
        if value is None and not (scheme == "http" and "REQUEST_METHOD" in environ):
            name = name.upper()
            value = environ.get(name)
        if value is None:
            continue
        if len(proxies) == 2:
            break  # whatever it is, nobody needs it
        try:
            proxies[scheme] = Proxy(value.strip()) if value.strip() else None
        except InvalidURL as error:
            raise InvalidURL(f"the environment variable {name} names no proxy: {error.message}") from None
    return ProxyRules(proxies, NoProxy(environ.get("no_proxy", environ.get("NO_PROXY", ""))))


def proxy_rules(proxy: Any, environ: Mapping[str, str] | None) -> ProxyChoice:
    """Return the rules for a ``proxy`` option; for None, those of the environment if that is given.

    The option is one proxy for all; or a mapping of patterns (see ProxyPattern) to a proxy, or to None for a direct
    connection; or a function of the url that returns a proxy or None. ``no_proxy`` of the environment does not hold
    for explicit proxies; the mapping may have a key ``"no_proxy"`` for the same. Raises InvalidURL, TypeError.
    """
    if proxy is None:
        return DIRECT if environ is None else proxies_from_environment(environ)
    if isinstance(proxy, Mapping):
        given = {key: _proxy(value) for key, value in proxy.items() if key not in ("no", "no_proxy")}
        return ProxyRules(given, NoProxy(proxy.get("no_proxy") or proxy.get("no") or ""))
    if callable(proxy):
        return ProxyFunction(proxy)
    return _one(proxy) if isinstance(proxy, (str, Proxy)) else ProxyRules({"all": Proxy.of(proxy)}, NoProxy())


@lru_cache(maxsize=64)
def _one(proxy: str | Proxy) -> ProxyRules:
    """Return the rules for one proxy: kept, as requests may name it again and again."""
    return ProxyRules({"all": Proxy.of(proxy)}, NoProxy())


@lru_cache(maxsize=64)
def _parsed(proxy: str) -> Proxy:
    return Proxy(proxy)


def _proxy(value: ProxyTypes | None) -> Proxy | None:
    return None if value is None else _parsed(value) if isinstance(value, str) else Proxy.of(value)
