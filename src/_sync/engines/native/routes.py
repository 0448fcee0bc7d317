# Generated from src/_async/engines/native/routes.py by scripts/generate_sync.py. Do not edit.
"""Which way a request goes: straight, or through a proxy, and what it looks like there."""

from __future__ import annotations

from os import environ
from typing import TYPE_CHECKING, Any

from ....rules.framing import absolute_form
from ....values.request import Request
from ....values.settings import ConnectionSettings, trusts
from ....values.url import Endpoint

if TYPE_CHECKING:
    from ....rules.proxies import ProxyChoice
    from ....values.proxy import Proxy

__all__ = ["proxied", "settings_proxies", "wants_login"]


def settings_proxies(settings: ConnectionSettings) -> ProxyChoice | None:
    """Return the rules, or None where nothing names a proxy, which is the common case and costs nothing.

    A Unix socket for everything leaves no place for one.
    """
    if settings.uds is not None:
        return None
    trusted = trusts(settings.trust_env, "proxy")
    if settings.proxy is None and not (trusted and any(name.lower().endswith("_proxy") for name in environ)):
        return None
    from ....rules.proxies import proxy_rules

    return proxy_rules(settings.proxy, environ if trusted else None) or None


def wants_login(request: Request, endpoint: Endpoint) -> bool:
    """Whether a proxy sees the request itself, and it does not say yet who asks."""
    return endpoint.origin.scheme == "http" and not request.upgrades and "proxy-authorization" not in request.headers


def proxied(request: Request, endpoint: Endpoint, proxy: Proxy | None) -> tuple[Request, Endpoint, Any]:
    """Return request, endpoint and route in the form that a way with or without a proxy asks for.

    A route is an origin, or with what is on the way to it: only requests of one route share a connection. What leaves
    HTTP needs a tunnel, as an HTTP proxy forwards nothing else.
    """
    if proxy is not None and endpoint.origin.scheme == "http" and not proxy.is_socks and not request.upgrades:
        from .tunnel import proxy_headers

        # One connection to the proxy serves all plain origins.
        request = request.copy()
        request.headers.update(proxy_headers(proxy))
        return request, endpoint._replace(target=absolute_form(endpoint)), proxy
    return request, endpoint, endpoint.origin if proxy is None else (endpoint.origin, proxy)
