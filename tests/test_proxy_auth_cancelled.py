"""Cancel a request at every step while it tells a proxy who asks: the client still works, and holds nothing."""

from __future__ import annotations

import asyncio

import pytest

from duohttp import AsyncClient, Limits, Proxy

from .servers.certificates import Certificates
from .sweep import Interrupt, SweepServer, interrupt_by_cancel, interrupt_by_timeout, sweep


class LoginServer(SweepServer):
    """A proxy that demands Digest, and gives a new nonce each time: every second answer is to a stale one."""

    nonces = 0

    def refuse(self, head: bytes) -> bytes | None:
        """Refuse what has no answer to the nonce that was given last."""
        if head.startswith(b"GET /"):
            return None  # inside a tunnel
        if b'nonce="n%d"' % self.nonces in head:
            self.nonces += 1
            return None
        challenge = b'Proxy-Authenticate: Digest realm="r", nonce="n%d", stale=true, qop="auth"' % self.nonces
        return b"HTTP/1.1 407 Who\r\n" + challenge + b"\r\nContent-Length: 3\r\n\r\nno\n"


@pytest.mark.parametrize("interrupt", [interrupt_by_cancel, interrupt_by_timeout])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_at_every_step(certificates: Certificates, scheme: str, interrupt: Interrupt) -> None:
    async def main() -> None:
        server = LoginServer(tunnel_tls=certificates.server_context())
        async with server.running():
            port = server.url.rpartition(":")[2]
            url = f"{scheme}://localhost:{port}"
            proxy = Proxy(server.url, username="user", password="secret", auth="digest")

            def client() -> AsyncClient:
                return AsyncClient(proxy=proxy, verify=str(certificates.ca), limits=Limits(max_connections=1))

            report = await sweep(client, url, interrupt=interrupt, fresh=scheme == "https")
            assert report.dead == []
            assert report.steps > 8
            assert server.nonces > report.steps
        assert server.open == 0

    asyncio.run(main())
