"""The options of a client: which are for its requests, which for its connections, and those of a derived client."""

from __future__ import annotations

from typing import Any

from .checks import read_types
from .defaults import merge_headers
from .headers import Headers
from .hints import check_client_options

__all__ = ["CONNECTION_OPTIONS", "DEFAULT_OPTIONS", "OPTION_TYPES", "connection_options", "derived_options"]

DEFAULT_OPTIONS = ("base_url", "params", "headers", "auth", "timeout")
OPTION_TYPES = read_types(
    __name__,
    {
        "base_url": "URLTypes | None",
        "follow_redirects": "bool",
        "max_redirects": "int",
        "expect_success": "bool",
    },
)
"""Of the options that nothing else looks at when the client is made."""
CONNECTION_OPTIONS = (
    *("verify", "cert", "tls", "http1", "http2", "limits", "proxy", "trust_env"),
    *("uds", "local_address", "resolver", "address_guard"),
)


def connection_options(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a client that are for its connections. Raises ValueError where they leave no protocol."""
    chosen = {name: options[name] for name in CONNECTION_OPTIONS}
    if chosen["http2"] is None:
        chosen["http2"] = False  # http1=False alone means HTTP/2 all the same
    elif chosen["http1"] is False and chosen["http2"] is False:
        raise ValueError("http1=False and http2=False leave nothing to speak; leave one of them out")
    return chosen


def derived_options(options: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a client that is derived from one with ``options``. Raises TypeError, InvalidHeader."""
    check_client_options(changes.keys() - options.keys(), options)
    fixed = {"engine", *CONNECTION_OPTIONS} & changes.keys()
    if fixed:
        raise TypeError(
            f"{sorted(fixed)[0]!r} belongs to the connections, which a derived client shares; make a client"
        )
    result = {**options, **changes}
    if changes.get("headers") is not None and options["headers"] is not None:
        headers = Headers.of(options["headers"])
        merge_headers(headers, changes["headers"])
        result["headers"] = headers
    if isinstance(changes.get("params"), dict) and isinstance(options["params"], dict):
        result["params"] = {**options["params"], **changes["params"]}
    return result
