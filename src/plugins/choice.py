"""Which plugins a client has, and which a request has instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import NoneType
from typing import Any

from ..exceptions import InvalidRequest
from ..values.checks import check_each
from ..values.client_options import OPTION_TYPES
from ..values.options import RequestOptions
from .http_cookies import HttpCookies, cookies_plugin
from .plugin import Plugin, Stage
from .redirect import HttpRedirect
from .validator import HttpCallValidator

__all__ = ["client_plugins", "request_plugins"]

_VALIDATOR = HttpCallValidator()
_REDIRECTS: dict[int, HttpRedirect] = {}


def client_plugins(options: dict[str, Any]) -> list[Plugin]:
    """Return the plugins that the options of a client ask for. Raises TypeError, ValueError."""
    check_each("the client", OPTION_TYPES, options)
    plugins = _objects(options["plugins"], TypeError)
    if isinstance(options["auth"], Plugin):
        plugins.append(options["auth"])
    families = {plugin.family for plugin in plugins}
    if options["expect_success"]:
        if HttpCallValidator not in families:
            plugins.insert(0, HttpCallValidator())
        plugins = [each.expecting(True) or each if isinstance(each, HttpCallValidator) else each for each in plugins]
    if HttpCookies not in families:
        if options["cookies"] is not False:
            plugins.insert(0, cookies_plugin(options["cookies"], options["base_url"]))
    elif options["cookies"] is not None:
        raise ValueError("give cookies= or an HttpCookies plugin, not both; the plugin takes cookies to begin with")
    if options["follow_redirects"] and HttpRedirect not in families:
        plugins.insert(0, HttpRedirect(max_redirects=options["max_redirects"]))
    return plugins


def _objects(given: Any, refusal: type[TypeError] | type[InvalidRequest]) -> list[Plugin]:
    if isinstance(given, Plugin) or not isinstance(given, Iterable):
        raise refusal(f"plugins is a list of plugins, not {given!r}; write plugins=[…]")
    plugins: list[Plugin] = list(given)
    for plugin in plugins:
        if not isinstance(plugin, Plugin):
            hint = "; make an object of it: add ()" if isinstance(plugin, type) else ""
            raise refusal(f"plugins are objects of a Plugin class, not {plugin!r}{hint}")
    return plugins


def request_plugins(
    options: RequestOptions, defaults: dict[str, Any], plugins: Sequence[Plugin]
) -> dict[Any, Plugin | None]:
    """Return which plugins are other for this request: by family, None for those removed.

    Raises InvalidRequest, ValueError.
    """
    overrides: dict[Any, Plugin | None] = {}
    follow = options.get("follow_redirects", defaults["follow_redirects"])
    hops = options.get("max_redirects", defaults["max_redirects"])
    if follow != defaults["follow_redirects"] or (follow and hops != defaults["max_redirects"]):
        overrides[HttpRedirect] = _redirect(hops) if follow else None
    for name in ("follow_redirects", "expect_success"):
        if not isinstance(options.get(name), (bool, NoneType)):
            raise InvalidRequest(f"{name} is True or False, not {type(options[name]).__name__}")
    expect = options.get("expect_success")
    if expect is not None:
        installed = next((each for each in plugins if isinstance(each, HttpCallValidator)), None)
        wanted = (installed or _VALIDATOR).expecting(expect)
        if wanted is not installed:
            overrides[HttpCallValidator] = wanted
    if options.get("cookies") is False:
        overrides[HttpCookies] = None
    if "auth" in options:
        overrides.update({plugin.family: None for plugin in plugins if type(plugin).stage is Stage.AUTH})
        if isinstance(options["auth"], Plugin):
            overrides[options["auth"]] = options["auth"]
    for plugin in _objects(options.get("plugins", ()), InvalidRequest):
        # One that may be there several times replaces nothing.
        key = plugin if plugin.repeatable else plugin.family
        if overrides.get(key) is not None and not plugin.repeatable:
            raise ValueError(f"a request can't have two plugins of one kind: {overrides[key]!r} and {plugin!r}")
        overrides[key] = plugin
    attributes = options.get("attributes") or {}
    if not isinstance(attributes, Mapping):
        raise InvalidRequest(f"attributes is a mapping, not {type(attributes).__name__}")
    for kind, value in attributes.items():
        if isinstance(kind, type) and issubclass(kind, Plugin):
            if value is not None and not isinstance(value, Plugin):
                raise InvalidRequest(f"attributes[{kind.__name__}] is a {kind.__name__} or None, not {value!r}")
            if value is not None and not isinstance(value, kind) and value.family is not kind:
                raise InvalidRequest(f"attributes[{kind.__name__}] can't be a {value.name}: it would replace nothing")
            overrides[kind] = value
    return overrides


def _redirect(hops: int) -> HttpRedirect:
    # One object for each number, so that the variants of the chain are found again.
    try:
        return _REDIRECTS.setdefault(hops, HttpRedirect(max_redirects=hops))
    except (TypeError, ValueError) as error:
        raise InvalidRequest(str(error)) from None
