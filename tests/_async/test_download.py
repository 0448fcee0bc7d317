"""Downloads: whole or not there, against real servers and against connections that are cut."""

from __future__ import annotations

import hashlib
import os
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from duohttp import AsyncClient, ClientStatusError, DecodingError, ReadError, RemoteProtocolError, Timeout, TotalTimeout
from duohttp._files import PartFile

from ..servers.nginx import MEGABYTE, SMALL, Nginx
from ..servers.raw import Hang, RawServer
from .scripted import Answer, AsyncScriptedEngine

pytestmark = pytest.mark.anyio

DATA = bytes(range(250)) * 40
TAG = b'etag: "v1"\r\n'
Servers = Callable[..., RawServer]


def whole(data: bytes = DATA, headers: bytes = TAG, promised: int | None = None) -> bytes:
    length = len(data) if promised is None else promised
    return b"HTTP/1.1 200 OK\r\n" + headers + b"content-length: %d\r\n\r\n" % length + data


def rest(first: int, headers: bytes = TAG, end: int | None = None) -> bytes:
    lines = b"content-range: bytes %d-%d/%d\r\n" % (first, len(DATA) - 1, len(DATA))
    head = b"HTTP/1.1 206 Partial Content\r\n" + headers + lines + b"content-length: %d\r\n\r\n" % (len(DATA) - first)
    return head + DATA[first:end]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_a_real_server(nginx: Nginx, tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    digest = f"sha256:{hashlib.sha256(MEGABYTE).hexdigest()}"
    async with AsyncClient(base_url=nginx.url) as client:
        path = await client.download(
            "/1mb.bin", tmp_path / "x.bin", digest=digest, progress=lambda *state: seen.append(state)
        )
        assert path == tmp_path / "x.bin"
        assert path.read_bytes() == MEGABYTE
        assert (seen[0], seen[-1]) == ((0, len(MEGABYTE)), (len(MEGABYTE), len(MEGABYTE)))
        await client.download("/small.txt", str(path))
        assert path.read_bytes() == SMALL
    assert names(tmp_path) == ["x.bin"]


@pytest.mark.parametrize("cut", [1, 500_000, len(MEGABYTE)])
async def test_a_part_of_another_process_is_gone_on_with(nginx: Nginx, tmp_path: Path, cut: int) -> None:
    async with AsyncClient(base_url=nginx.url) as client:
        tag = (await client.head("/1mb.bin")).headers["etag"]
        part = leave(tmp_path / "x.bin", f"{nginx.url}/1mb.bin", MEGABYTE[:cut], tag)
        path = await client.download("/1mb.bin", tmp_path / "x.bin")
        assert path.read_bytes() == MEGABYTE
        assert not part.exists()
        leave(path, f"{nginx.url}/1mb.bin", b"?" * cut, '"old"')
        assert (await client.download("/1mb.bin", path)).read_bytes() == MEGABYTE
        leave(path, f"{nginx.url}/other.bin", b"?" * cut, tag)
        assert (await client.download("/1mb.bin", path)).read_bytes() == MEGABYTE
        leave(path, f"{nginx.url}/1mb.bin", b"?" * cut, tag)
        assert (await client.download("/1mb.bin", path, resume=False)).read_bytes() == MEGABYTE
    assert names(tmp_path) == ["x.bin"]


def leave(path: Path, url: str, data: bytes, etag: str) -> Path:
    from duohttp.rules.downloads import PartState

    part = PartFile(path, url)
    part.open(resume=False)
    part.begin(PartState(url, etag, "", None))
    part.write([data])
    part.close()
    return part.part


async def test_a_cut_is_mended(raw_server: Servers, tmp_path: Path) -> None:
    server = raw_server(
        [whole(DATA[:4000], promised=len(DATA))],
        [rest(4000, end=7000)],
        [],
        [rest(7000)],
    )
    seen: list[int] = []
    async with AsyncClient() as client:
        path = await client.download(server.url, tmp_path / "x", progress=lambda done, _: seen.append(done))
    assert path.read_bytes() == DATA
    assert b"Range: bytes=4000-\r\n" in server.received[1]
    assert b'If-Range: "v1"\r\n' in server.received[1]
    assert b"Accept-Encoding: identity\r\n" in server.received[0]
    assert b"Range: bytes=7000-\r\n" in server.received[3]
    assert seen == sorted(seen)
    assert names(tmp_path) == ["x"]


@pytest.mark.parametrize(
    "second",
    [whole(DATA), rest(3000), rest(4000, b'etag: "v2"\r\n'), b"HTTP/1.1 416 No\r\ncontent-length: 0\r\n\r\n"],
    ids=["all", "another range", "another file", "out of range"],
)
async def test_a_rest_that_does_not_fit_begins_anew(raw_server: Servers, tmp_path: Path, second: bytes) -> None:
    server = raw_server([whole(b"?" * 4000, promised=len(DATA))], [second], [whole()])
    async with AsyncClient() as client:
        path = await client.download(server.url, tmp_path / "x")
    assert path.read_bytes() == DATA
    if server.connections == 3:
        assert b"Range:" not in server.received[2]


async def test_without_a_validator_nothing_is_mended(raw_server: Servers, tmp_path: Path) -> None:
    server = raw_server([whole(DATA[:4000], b"", len(DATA))])
    async with AsyncClient() as client:
        with pytest.raises(ReadError):
            await client.download(server.url, tmp_path / "x")
    assert server.connections == 1
    assert names(tmp_path) == []


async def test_resumes_are_bounded_and_the_part_is_kept(raw_server: Servers, tmp_path: Path) -> None:
    server = raw_server([whole(DATA[:4000], promised=len(DATA))], [], [], [rest(4000)])
    async with AsyncClient() as client:
        with pytest.raises(ReadError):
            await client.download(server.url, tmp_path / "x", max_resumes=2)
        assert names(tmp_path) == ["x.part", "x.part.json"]
        assert (await client.download(server.url, tmp_path / "x")).read_bytes() == DATA
    assert names(tmp_path) == ["x"]


async def test_a_total_is_for_all_of_it(raw_server: Servers, tmp_path: Path) -> None:
    server = raw_server([whole(DATA[:4000], promised=len(DATA)), Hang()])
    async with AsyncClient() as client:
        with pytest.raises(TotalTimeout):
            await client.download(server.url, tmp_path / "x", timeout=Timeout(total=0.2))
    assert (tmp_path / "x.part").read_bytes() == DATA[:4000]


async def test_digests(raw_server: Servers, tmp_path: Path) -> None:
    right = b64encode(hashlib.sha256(DATA).digest())
    wrong = b64encode(hashlib.sha256(b"").digest())
    server = raw_server(
        [whole(headers=b"repr-digest: sha-256=:" + right + b":\r\n")],
        [whole(headers=TAG + b"repr-digest: sha-256=:" + wrong + b":\r\n")],
        [whole()],
    )
    async with AsyncClient() as client:
        assert (await client.download(server.url, tmp_path / "x")).read_bytes() == DATA
        (tmp_path / "x").write_bytes(b"old")
        with pytest.raises(DecodingError, match=r"sha256 of the file is [0-9a-f]{64}, not e3b0c442"):
            await client.download(server.url, tmp_path / "x")
        with pytest.raises(DecodingError, match="md5"):
            await client.download(server.url, tmp_path / "x", digest="md5:" + "0" * 32)
    assert (tmp_path / "x").read_bytes() == b"old"
    assert names(tmp_path) == ["x"]


def scripted(*answers: Answer) -> AsyncClient:
    left = list(answers)
    return AsyncClient(engine=AsyncScriptedEngine(lambda _: left.pop(0)))


async def test_names_in_a_folder(tmp_path: Path) -> None:
    named = {"Content-Disposition": 'attachment; filename="../../été.txt"'}
    client = scripted((200, named, b"1"), (200, named, b"2"), (200, {}, b"3"), (200, {}, b"4"))
    paths = [await client.download("http://a.test/dir/x%20y.bin", tmp_path) for _ in range(3)]
    assert [path.name for path in paths] == ["été.txt", "été (1).txt", "x y.bin"]
    assert (await client.download("http://a.test/", tmp_path)).name == "download"
    assert [path.read_bytes() for path in paths] == [b"1", b"2", b"3"]
    assert len(names(tmp_path)) == 4


async def test_refused_statuses_leave_nothing(tmp_path: Path) -> None:
    client = scripted((404, {}, b"why"), (206, {"Content-Range": "bytes 0-1/2"}, b"ab"), (416, {}, b""))
    with pytest.raises(ClientStatusError, match="why"):
        await client.download("http://a.test/", tmp_path / "x")
    with pytest.raises(RemoteProtocolError, match="nobody asked"):
        await client.download("http://a.test/", tmp_path / "x")
    with pytest.raises(ClientStatusError):
        await client.download("http://a.test/", tmp_path / "x")
    assert names(tmp_path) == []


async def test_a_coded_body_is_undone(tmp_path: Path) -> None:
    import gzip

    packed = gzip.compress(DATA)
    headers = {"Content-Encoding": "gzip", "Content-Length": str(len(packed)), "ETag": '"v1"'}
    client = scripted((200, headers, packed))
    assert (await client.download("http://a.test/", tmp_path / "x")).read_bytes() == DATA


async def test_what_can_not_be_written(tmp_path: Path) -> None:
    client = scripted((200, {}, b"x"))
    with pytest.raises(FileNotFoundError, match="missing"):
        await client.download("http://a.test/", tmp_path / "missing" / "x")
    busy = PartFile(tmp_path / "x", "http://a.test/")
    busy.open(resume=True)
    with pytest.raises(BlockingIOError, match="another download"):
        await client.download("http://a.test/", tmp_path / "x")
    busy.close()
    assert names(tmp_path) == []


@pytest.mark.skipif(not os.path.exists("/sys/kernel"), reason="no folder that nobody may write to")
async def test_a_folder_that_may_not_be_written() -> None:
    client = scripted((200, {}, b"x"))
    with pytest.raises(OSError, match=r"(Permission|Read-only|not permitted).*/sys/kernel/duohttp\.bin\.part"):
        await client.download("http://a.test/", "/sys/kernel/duohttp.bin")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
async def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x").write_bytes(b"old")
    begin = PartFile.begin

    def filled(self: Any, state: Any) -> None:
        begin(self, state)
        self._file.close()
        self._file = open("/dev/full", "wb")  # noqa: SIM115 - closed by the part

    monkeypatch.setattr(PartFile, "begin", filled)
    client = scripted((200, {"ETag": '"v1"'}, DATA))
    with pytest.raises(OSError, match="No space left") as caught:
        await client.download("http://a.test/", tmp_path / "x")
    assert caught.value.filename == str(tmp_path / "x.part")
    assert (tmp_path / "x").read_bytes() == b"old"
    assert names(tmp_path) == ["x"]
