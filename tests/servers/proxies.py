"""Real proxies on loopback: tinyproxy (HTTP) and microsocks (SOCKS 5)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .process import Address, ServerProcess, launch, needs_command

__all__ = ["Proxy", "run_microsocks", "run_tinyproxy"]

TINYPROXY = """\
Port {port}
Listen 127.0.0.1
Timeout 60
MaxClients 200
LogLevel Info
Allow 127.0.0.1
{auth}
"""


class Proxy:
    """A running proxy: ``url`` for ``proxy=`` (with credentials where it wants them), ``log()`` of what it did."""

    def __init__(self, url: str, server: ServerProcess) -> None:
        self.url = url
        self.server = server

    def log(self) -> str:
        """Return what the proxy logged so far."""
        return self.server.tail(1_000_000)


@contextmanager
def run_tinyproxy(user: str = "", password: str = "") -> Iterator[Proxy]:
    """Run tinyproxy, which forwards http and tunnels with CONNECT to any port."""
    program = needs_command("tinyproxy")
    with tempfile.TemporaryDirectory(prefix="tinyproxy-") as name:
        config = Path(name) / "tinyproxy.conf"

        def command(ports: list[int]) -> tuple[list[str], list[Address]]:
            auth = f"BasicAuth {user} {password}" if user else ""
            config.write_text(TINYPROXY.format(port=ports[0], auth=auth))
            return [program, "-d", "-c", str(config)], [("127.0.0.1", ports[0])]

        server, ports = launch("tinyproxy", Path(name), 1, command)
        try:
            yield Proxy(f"http://{credentials(user, password)}127.0.0.1:{ports[0]}", server)
        finally:
            server.stop()


@contextmanager
def run_microsocks(user: str = "", password: str = "") -> Iterator[Proxy]:
    """Run microsocks, a SOCKS 5 proxy."""
    program = needs_command("microsocks")
    with tempfile.TemporaryDirectory(prefix="microsocks-") as name:

        def command(ports: list[int]) -> tuple[list[str], list[Address]]:
            auth = ["-u", user, "-P", password] if user else []
            return [program, "-i", "127.0.0.1", "-p", str(ports[0]), *auth], [("127.0.0.1", ports[0])]

        server, ports = launch("microsocks", Path(name), 1, command)
        try:
            yield Proxy(f"socks5://{credentials(user, password)}127.0.0.1:{ports[0]}", server)
        finally:
            server.stop()


def credentials(user: str, password: str) -> str:
    """Return the userinfo part of a url."""
    return f"{user}:{password}@" if user else ""
