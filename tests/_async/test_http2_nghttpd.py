"""HTTP/2 against the reference implementation of nghttp2, set up in ways that servers seldom are."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from duohttp import AsyncClient, Limits

from ..servers.certificates import Certificates
from ..servers.nghttpd import Nghttpd, run_nghttpd
from ..servers.nginx import MEGABYTE, SMALL

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def awkward() -> Generator[Nghttpd, None, None]:
    """Small windows, few streams, a small table, padding, trailers, no lengths."""
    options = ("-w", "10", "-m", "3", "-c", "100", "-b", "200", "--trailer", "x-checksum: abc", "--no-content-length")
    with run_nghttpd(*options) as server:
        yield server


@pytest.fixture(scope="module")
def echoing(certificates: Certificates) -> Generator[Nghttpd, None, None]:
    """Uploads come back; nothing is indexed."""
    with run_nghttpd(
        "--echo-upload", "-c", "0", "--encoder-header-table-size", "0", certificates=certificates
    ) as server:
        yield server


@pytest.fixture(scope="module")
def early() -> Generator[Nghttpd, None, None]:
    """Answers before it has read."""
    with run_nghttpd("--early-response") as server:
        yield server


async def test_downloads_with_padding_and_trailers(awkward: Nghttpd) -> None:
    async with AsyncClient(http1=False) as client:
        for _ in range(3):
            response = await client.get(f"{awkward.url}/1mb.bin")
            assert response.content == MEGABYTE
            assert response.trailers["x-checksum"] == "abc"
        assert (await client.get(f"{awkward.url}/none")).status_code == 404
        assert client.pool_stats().opened == 1


async def test_few_streams(awkward: Nghttpd) -> None:
    async with AsyncClient(http1=False, limits=Limits(max_connections=2)) as client:
        responses = await client.parallel_get([f"{awkward.url}/small.txt"] * 40)
        assert {response.content for response in responses} == {SMALL}
        assert client.pool_stats().opened <= 2
    assert awkward.logged("REFUSED_STREAM") == 0


async def test_uploads_through_small_windows(awkward: Nghttpd) -> None:
    async with AsyncClient(http1=False) as client:
        assert (await client.post(f"{awkward.url}/small.txt", content=MEGABYTE[:100_000])).content == SMALL
        assert (await client.get(f"{awkward.url}/small.txt")).content == SMALL


async def test_uploads_come_back(echoing: Nghttpd, certificates: Certificates) -> None:
    async with AsyncClient(http2=True, verify=str(certificates.ca)) as client:
        for size in (1, 70_000, 2**20):
            response = await client.post(f"{echoing.url}/", content=MEGABYTE[:size])
            assert (response.content, response.http_version) == (MEGABYTE[:size], "HTTP/2")
        async with client.scope() as scope:
            jobs = [scope.put(f"{echoing.url}/", content=MEGABYTE[:300_000]) for _ in range(5)]
        assert [(await job.result()).content for job in jobs] == [MEGABYTE[:300_000]] * 5
        assert client.pool_stats().opened == 1


async def test_an_answer_before_the_upload_ends(early: Nghttpd) -> None:
    async with AsyncClient(http1=False) as client:
        assert (await client.post(f"{early.url}/none", content=bytes(3 * 2**20))).status_code == 404
        assert (await client.post(f"{early.url}/small.txt", content=bytes(2**20))).content == SMALL
        assert (await client.get(f"{early.url}/small.txt")).content == SMALL
        assert client.pool_stats().opened == 1


async def test_what_is_given_up_is_reset(early: Nghttpd) -> None:
    before = early.logged("error_code=CANCEL")
    async with AsyncClient(http1=False) as client:
        async with client.stream("GET", f"{early.url}/1mb.bin") as response:
            assert response.status_code == 200
        assert (await client.get(f"{early.url}/small.txt")).content == SMALL
        assert client.pool_stats().opened == 1
    assert early.logged("error_code=CANCEL", before + 1) == before + 1


async def test_a_client_that_ends_says_goodbye(echoing: Nghttpd, certificates: Certificates) -> None:
    before = echoing.logged("recv GOAWAY")
    async with AsyncClient(http2=True, verify=str(certificates.ca)) as client:
        await client.post(f"{echoing.url}/", content=b"x")
    assert echoing.logged("recv GOAWAY", before + 1) == before + 1
