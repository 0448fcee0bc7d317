"""Cancellation at every step of a request that goes by HTTP/2 through a proxy."""

from __future__ import annotations

import asyncio

import pytest

from duohttp import AsyncClient, Limits, NativeEngine

from .servers.certificates import Certificates
from .sweep import Http2SweepServer, Interrupt, Report, interrupt_by_cancel, interrupt_by_timeout, sweep
from .test_cancellation import listening, proxy

SCHEMES = ("http://user:password@", "https://user:password@", "socks5h://user:password@")


async def swept(certificates: Certificates, scheme: str, interrupt: Interrupt, *, fresh: bool) -> Report:
    outer = certificates.server_context() if scheme.startswith("https") else None
    async with Http2SweepServer(tls=certificates.server_context("h2")).running() as server:
        async with listening(proxy, outer) as port:
            where = f"{scheme}127.0.0.1:{port}"

            def client() -> AsyncClient:
                limits = Limits(max_connections=1)
                verify = str(certificates.ca)
                return AsyncClient(engine=NativeEngine(), http2=True, proxy=where, verify=verify, limits=limits)

            return await sweep(client, server.url, interrupt=interrupt, fresh=fresh, beside=1)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("fresh", [True, False], ids=["cold", "warm"])
@pytest.mark.parametrize("interrupt", [interrupt_by_cancel, interrupt_by_timeout], ids=["cancel", "timeout"])
@pytest.mark.parametrize("scheme", SCHEMES, ids=["http", "https", "socks5h"])
def test_no_dead_point(certificates: Certificates, scheme: str, interrupt: Interrupt, fresh: bool) -> None:
    report = asyncio.run(swept(certificates, scheme, interrupt, fresh=fresh))
    assert report.steps > 5
    assert report.dead == [], f"{report.steps} steps"
