"""Digest and Basic authentication, as Apache httpd has them."""

from __future__ import annotations

import pytest

from duohttp import AsyncClient, BasicAuth, DigestAuth
from duohttp._concurrency import AsyncTaskGroup, async_sleep

from ..servers.apache import Apache
from ..servers.nginx import SMALL

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _forget(apache: Apache) -> None:
    apache.requests(0)


async def test_digest(apache: Apache) -> None:
    async with AsyncClient(base_url=apache.url, auth=DigestAuth("user", "secret")) as client:
        for url in ("digest/small.txt", "digest/small.txt?a=b%20c&d", "digest//small.txt"):
            assert (await client.get(url)).content == SMALL
        assert (await client.head("digest/small.txt")).status_code == 200
        async with client.stream("GET", "digest/small.txt") as response:
            assert await response.read() == SMALL
    assert [line.split()[2] for line in apache.requests(6)] == ["401"] + ["200"] * 5


async def test_wrong_passwords(apache: Apache) -> None:
    async with AsyncClient(base_url=apache.url) as client:
        wrong = [DigestAuth("user", "wrong"), DigestAuth("other", "secret")]
        for auth in (*wrong, DigestAuth("user", "secret", realm="other")):
            assert (await client.get("digest/small.txt", auth=auth)).status_code == 401
        # A password that is right, but is not to be sent as it is.
        assert (await client.get("basic/small.txt", auth=DigestAuth("user", "secret"))).status_code == 401
    assert [line.split()[2] for line in apache.requests(6)] == ["401"] * 6


async def test_basic_and_digest_side_by_side(apache: Apache) -> None:
    plugins = [BasicAuth("user", "secret"), DigestAuth("user", "secret")]
    async with AsyncClient(base_url=apache.url, plugins=plugins) as client:
        for path in ("basic", "digest", "basic", "digest"):
            assert (await client.get(f"{path}/small.txt")).content == SMALL
    # A nonce goes ahead to the whole origin.
    assert [line.split()[2] for line in apache.requests(7)] == ["401", "200"] * 3 + ["200"]


async def test_stale_nonces(apache: Apache) -> None:
    async with AsyncClient(base_url=apache.url, auth=DigestAuth("user", "secret")) as client:
        assert (await client.get("short-lived/small.txt")).content == SMALL
        await async_sleep(1.2)
        assert (await client.get("short-lived/small.txt")).content == SMALL
    assert [line.split()[2] for line in apache.requests(4)] == ["401", "200", "401", "200"]


async def test_nonces_for_one_request(apache: Apache) -> None:
    async with AsyncClient(base_url=apache.url, auth=DigestAuth("user", "secret")) as client:
        for _ in range(4):
            assert (await client.get("one-time/small.txt")).content == SMALL
    # Authentication-Info names the next one each time.
    assert [line.split()[2] for line in apache.requests(5)] == ["401"] + ["200"] * 4


async def test_many_at_once(apache: Apache) -> None:
    async with AsyncClient(base_url=apache.url, auth=DigestAuth("user", "secret")) as client:
        assert (await client.get("digest/small.txt")).content == SMALL
        async with AsyncTaskGroup() as group:
            tasks = [group.start_soon(client.get, "digest/small.txt") for _ in range(40)]
        assert all(task.value().content == SMALL for task in tasks)
    assert [line.split()[2] for line in apache.requests(42)] == ["401"] + ["200"] * 41
