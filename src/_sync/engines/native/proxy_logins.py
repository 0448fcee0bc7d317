# Generated from src/_async/engines/native/proxy_logins.py by scripts/generate_sync.py. Do not edit.
"""The credentials of a client's proxies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...._concurrency import StateLock

if TYPE_CHECKING:
    from ....rules.proxy_login import ProxyLogin
    from ....values.proxy import Proxy

__all__ = ["ProxyLogins"]

# A function of the user's may name ever new proxies.
REMEMBERED = 64


class ProxyLogins:
    """What each proxy of a client is told, and what it asked for last."""

    __slots__ = ("_logins",)

    def __init__(self) -> None:
        self._logins: dict[Proxy, ProxyLogin] = {}

    def of(self, proxy: Proxy) -> ProxyLogin:
        """Return the login for a proxy that there are credentials for."""
        login = self._logins.get(proxy)
        if login is None:
            from ....rules.proxy_login import ProxyLogin

            if len(self._logins) >= REMEMBERED:
                self._logins.clear()
            login = self._logins.setdefault(proxy, ProxyLogin(proxy, StateLock()))
        return login
