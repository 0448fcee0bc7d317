# Generated from tests/_async/test_auth_servers.py by scripts/generate_sync.py. Do not edit.
"""Digest and Basic authentication, as Apache httpd has them."""

from __future__ import annotations

import pytest

from duohttp import BasicAuth, Client, DigestAuth
from duohttp._concurrency import TaskGroup, sleep

from ..servers.apache import Apache
from ..servers.nginx import SMALL

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _forget(apache: Apache) -> None:
    apache.requests(0)


def test_digest(apache: Apache) -> None:
    with Client(base_url=apache.url, auth=DigestAuth("user", "secret")) as client:
        for url in ("digest/small.txt", "digest/small.txt?a=b%20c&d", "digest//small.txt"):
            assert (client.get(url)).content == SMALL
        assert (client.head("digest/small.txt")).status_code == 200
        with client.stream("GET", "digest/small.txt") as response:
            assert response.read() == SMALL
    assert [line.split()[2] for line in apache.requests(6)] == ["401"] + ["200"] * 5


def test_wrong_passwords(apache: Apache) -> None:
    with Client(base_url=apache.url) as client:
        wrong = [DigestAuth("user", "wrong"), DigestAuth("other", "secret")]
        for auth in (*wrong, DigestAuth("user", "secret", realm="other")):
            assert (client.get("digest/small.txt", auth=auth)).status_code == 401
        # A password that is right, but is not to be sent as it is.
        assert (client.get("basic/small.txt", auth=DigestAuth("user", "secret"))).status_code == 401
    assert [line.split()[2] for line in apache.requests(6)] == ["401"] * 6


def test_basic_and_digest_side_by_side(apache: Apache) -> None:
    plugins = [BasicAuth("user", "secret"), DigestAuth("user", "secret")]
    with Client(base_url=apache.url, plugins=plugins) as client:
        for path in ("basic", "digest", "basic", "digest"):
            assert (client.get(f"{path}/small.txt")).content == SMALL
    # A nonce goes ahead to the whole origin.
    assert [line.split()[2] for line in apache.requests(7)] == ["401", "200"] * 3 + ["200"]


def test_stale_nonces(apache: Apache) -> None:
    with Client(base_url=apache.url, auth=DigestAuth("user", "secret")) as client:
        assert (client.get("short-lived/small.txt")).content == SMALL
        sleep(1.2)
        assert (client.get("short-lived/small.txt")).content == SMALL
    assert [line.split()[2] for line in apache.requests(4)] == ["401", "200", "401", "200"]


def test_nonces_for_one_request(apache: Apache) -> None:
    with Client(base_url=apache.url, auth=DigestAuth("user", "secret")) as client:
        for _ in range(4):
            assert (client.get("one-time/small.txt")).content == SMALL
    # Authentication-Info names the next one each time.
    assert [line.split()[2] for line in apache.requests(5)] == ["401"] + ["200"] * 4


def test_many_at_once(apache: Apache) -> None:
    with Client(base_url=apache.url, auth=DigestAuth("user", "secret")) as client:
        assert (client.get("digest/small.txt")).content == SMALL
        with TaskGroup() as group:
            tasks = [group.start_soon(client.get, "digest/small.txt") for _ in range(40)]
        assert all(task.value().content == SMALL for task in tasks)
    assert [line.split()[2] for line in apache.requests(42)] == ["401"] + ["200"] * 41
