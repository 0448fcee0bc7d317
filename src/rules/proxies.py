"""Which proxy a request goes through: what the user said, else what the environment says.

The environment as curl reads it: ``http_proxy``, ``https_proxy``, ``all_proxy`` and ``no_proxy``, in small or capital
letters, the small ones first; one that is empty means none. ``HTTP_PROXY`` in capitals is ignored where a web server
runs this as a CGI program, as there the client's ``Proxy`` header sets it ("httpoxy").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from ..exceptions import InvalidURL
from ..values.proxy import Proxy
from ..values.url import Origin

__all__ = ["NoProxy", "ProxyRules", "proxies_from_environment", "proxy_rules"]


class NoProxy:
    """Hosts that are reached without a proxy, as written in ``no_proxy``.

    Entries are separated by commas or white space: ``*`` for all; a name, which stands for its subdomains too (a
    leading dot or ``*.`` changes nothing); an IP address, IPv6 with or without brackets; a network such as
    ``10.0.0.0/8``. Each may end in ``:port``. A name never matches an address, nor the other way round.
    """

    def __init__(self, text: str | Iterable[str] = "") -> None:
        entries = text.replace(",", " ").split() if isinstance(text, str) else [entry.strip() for entry in text]
        self._all = "*" in entries
        self._names: list[tuple[str, int | None]] = []
        self._networks: list[tuple[Any, int | None]] = []
        for entry in entries:
            name, port = _split_port(entry)
            network = _network(name)
            if network is not None:
                self._networks.append((network, port))
            elif "/" not in name and (name := name.removeprefix("*").strip(".").lower()):
                self._names.append((name, port))

    def matches(self, host: str, port: int) -> bool:
        """Whether a host and port are to be reached directly."""
        if self._all:
            return True
        address = _address(host)
        if address is not None:
            return any(
                address.version == network.version and address in network and wanted in (None, port)
                for network, wanted in self._networks
            )
        name = host.rstrip(".").lower()
        return any(
            (name == wanted or name.endswith("." + wanted)) and wanted_port in (None, port)
            for wanted, wanted_port in self._names
        )

    def __bool__(self) -> bool:
        return self._all or bool(self._names or self._networks)


def _split_port(entry: str) -> tuple[str, int | None]:
    """Split ``host:port``; an IPv6 address without brackets has no port."""
    if entry.startswith("["):
        name, _, rest = entry[1:].partition("]")
        if rest.startswith("/"):
            return name + rest, None
        port = rest.removeprefix(":")
    else:
        name, _, port = entry.partition(":")
        if ":" in port:
            return entry, None
    return name, int(port) if port.isascii() and port.isdigit() else None


def _address(host: str) -> IPv4Address | IPv6Address | None:
    # A zone id says by which way, not which host; inside of it anything may stand (CVE-2025-22870).
    try:
        address = ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address if mapped is None else mapped


def _network(name: str) -> Any:
    try:
        return ip_network(name.partition("%")[0] if "/" not in name else name, strict=False)
    except ValueError:
        return None


class ProxyRules:
    """Chooses a proxy for an origin."""

    def __init__(self, proxies: Mapping[str, Proxy | None], no_proxy: NoProxy) -> None:
        self._proxies = dict(proxies)
        self._no_proxy = no_proxy

    def proxy_for(self, origin: Origin) -> Proxy | None:
        """Return the proxy that an origin is reached through, or None for a direct connection."""
        scheme, host, port = origin
        proxies = self._proxies
        if not proxies or (self._no_proxy and self._no_proxy.matches(host, port)):
            return None
        for key in (f"{scheme}://{host}:{port}", f"{scheme}://{host}", f"all://{host}", scheme, "all"):
            if key in proxies:
                return proxies[key]
        return None

    def __bool__(self) -> bool:
        return any(self._proxies.values())

    def schemes(self) -> frozenset[str]:
        """Return the schemes of the proxies that may be chosen."""
        return frozenset(proxy.scheme for proxy in self._proxies.values() if proxy is not None)


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
        try:
            proxies[scheme] = Proxy(value.strip()) if value.strip() else None
        except InvalidURL as error:
            raise InvalidURL(f"the environment variable {name} names no proxy: {error.message}") from None
    return ProxyRules(proxies, NoProxy(environ.get("no_proxy", environ.get("NO_PROXY", ""))))


def proxy_rules(proxy: Any, environ: Mapping[str, str] | None) -> ProxyRules:
    """Return the rules for a client's ``proxy`` option; without it, those of the environment if that is given.

    The option is one proxy for all, or a mapping of ``"http"``, ``"https"``, ``"all"`` or a prefix of a url such as
    ``"https://intern.test"`` to a proxy, or to None for a direct connection. ``no_proxy`` of the environment does not
    hold for explicit proxies; the mapping may have a key ``"no_proxy"`` for the same. Raises InvalidURL, TypeError.
    """
    if proxy is None:
        return ProxyRules({}, NoProxy()) if environ is None else proxies_from_environment(environ)
    if not isinstance(proxy, Mapping):
        return ProxyRules({"all": Proxy.of(proxy)}, NoProxy())
    proxies = {}
    for key, value in proxy.items():
        if key in ("no", "no_proxy"):
            continue
        proxies[_checked_key(key)] = None if value is None else Proxy.of(value)
    return ProxyRules(proxies, NoProxy(proxy.get("no_proxy") or proxy.get("no") or ""))


def _checked_key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"the keys of proxies are schemes or urls, not {type(key).__name__}")
    scheme, separator, host = key.lower().partition("://")
    if scheme not in ("http", "https", "all") or "/" in host.rstrip("/"):
        raise InvalidURL(f"the keys of proxies are http, https, all, or one of these with ://host: {key!r}")
    return f"{scheme}://{host.rstrip('/')}" if separator and host.rstrip("/") else scheme
