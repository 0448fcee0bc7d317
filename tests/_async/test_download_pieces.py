"""Downloads in several pieces at once: against nginx, and against servers that don't play along."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from io import StringIO
from pathlib import Path

import pytest

from duohttp import (
    AsyncClient,
    AsyncResponse,
    ClientStatusError,
    ConnectError,
    DecodingError,
    HttpCallValidator,
    ProgressBar,
    Request,
)
from duohttp._async import download as downloads
from duohttp._async import download_pieces as pieces
from duohttp._async.engines.engine import AsyncEngine
from duohttp._files import PartFile

from ..servers.asgi import AsgiServer
from ..servers.nginx import MEGABYTE, Nginx
from .scripted import AsyncPieces

pytestmark = pytest.mark.anyio

DATA = bytes(range(251)) * 400
LARGE = MEGABYTE * 12


@pytest.fixture(autouse=True)
def small_pieces(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "nginx" not in request.fixturenames:
        monkeypatch.setattr(downloads, "PROBE", 8_000)
        monkeypatch.setattr(pieces, "PIECE", 10_000)
        monkeypatch.setattr(pieces, "BATCH", 3_000)
        monkeypatch.setattr(downloads, "FIRST_DELAY", 0.001)


class AsyncRangeEngine(AsyncEngine):
    """A server that gives parts of DATA, and whatever a test makes of it: ``faults`` by number of request."""

    def __init__(self, data: bytes = DATA, etag: str = '"v1"') -> None:
        self.data = data
        self.etag = etag
        self.headers: dict[str, str] = {}
        self.asked: list[str] = []
        self.faults: dict[int, object] = {}

    async def execute(self, request: Request) -> AsyncResponse:
        """Answer one request."""
        number = len(self.asked)
        self.asked.append(request.headers.get("range", ""))
        fault = self.faults.get(number)
        if isinstance(fault, Exception):
            raise fault
        headers = {"accept-ranges": "bytes", **self.headers}
        if self.etag:
            headers["etag"] = self.etag
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("range", ""))
        status, data = 200, self.data
        if isinstance(fault, int):
            status, data = fault, b""
        elif found and request.headers.get("if-range", self.etag) == self.etag:
            first, end = int(found[1]), min(int(found[2] or len(data)) + 1, len(data))
            if first >= len(data):
                status, data, headers["content-range"] = 416, b"", f"bytes */{len(data)}"
            else:
                status, headers["content-range"] = 206, f"bytes {first}-{end - 1}/{len(data)}"
                data = data[first:end]
        headers["content-length"] = str(len(data))
        cut = fault if isinstance(fault, Cut) else None
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        return AsyncResponse(status, raw, AsyncCutPieces(data, cut), request=request)

    async def aclose(self) -> None:
        """Nothing to close."""


class Cut:
    """The connection breaks after so many bytes."""

    def __init__(self, after: int) -> None:
        self.after = after


class AsyncCutPieces(AsyncPieces):
    def __init__(self, data: bytes, cut: Cut | None) -> None:
        data = data if cut is None else data[: cut.after]
        super().__init__([data[at : at + 1000] for at in range(0, len(data), 1000)])
        self.cut = cut

    async def receive(self) -> bytes:
        """Return the next piece, or break."""
        from duohttp import ReadError

        if self.cut is not None and not self.pieces:
            raise ReadError("cut")
        return await super().receive()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def fetched(engine: AsyncRangeEngine, path: Path, parallel: int = 4, **options: object) -> bytes:
    async with AsyncClient(engine=engine) as client:
        done = await client.download("http://a.test/x", path, parallel=parallel, **options)  # type: ignore[arg-type]
        return done.read_bytes()


async def test_a_real_server(nginx: Nginx, tmp_path: Path) -> None:
    source = nginx.html / f"pieces-{os.getpid()}-{id(tmp_path)}.bin"
    source.write_bytes(LARGE)
    seen: list[tuple[int, int | None]] = []
    try:
        async with AsyncClient(base_url=nginx.url) as client:
            path = await client.download(
                source.name,
                tmp_path / "x.bin",
                parallel=4,
                digest=f"sha256:{hashlib.sha256(LARGE).hexdigest()}",
                progress=lambda *state: seen.append(state),
            )
            assert path.read_bytes() == LARGE
            assert 2 <= client.pool_stats().open <= 4
    finally:
        source.unlink()
    assert names(tmp_path) == ["x.bin"]
    assert seen[-1] == (len(LARGE), len(LARGE))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    statuses = [line.split()[2] for line in nginx.requests(source.name, 5)]
    assert set(statuses) == {"206"}


async def test_a_server_that_gives_no_parts(asgi_server: AsgiServer, tmp_path: Path) -> None:
    async with AsyncClient(base_url=asgi_server.url) as client:
        path = await client.download("bytes/50000", tmp_path / "x", parallel=4)
    assert path.stat().st_size == 50000
    assert names(tmp_path) == ["x"]


async def test_pieces_cover_the_file(tmp_path: Path) -> None:
    engine = AsyncRangeEngine()
    assert await fetched(engine, tmp_path / "x") == DATA
    assert engine.asked[0] == "bytes=0-7999"
    bounds = sorted(tuple(map(int, each[6:].split("-"))) for each in engine.asked)
    assert [last + 1 for _, last in bounds] == [*(first for first, _ in bounds[1:]), len(DATA)]
    assert names(tmp_path) == ["x"]


@pytest.mark.parametrize("size", [0, 1, 7_999, 8_000, 8_001])
async def test_small_files(size: int, tmp_path: Path) -> None:
    engine = AsyncRangeEngine(DATA[:size])
    assert await fetched(engine, tmp_path / "x") == DATA[:size]
    assert len(engine.asked) == (1 if 0 < size <= 8_000 else 2)


@pytest.mark.parametrize(
    ("etag", "headers", "asked"),
    [
        ("", {}, ["bytes=0-7999", ""]),
        ('W/"v1"', {}, ["bytes=0-7999", ""]),
        ("", {"last-modified": "Mon, 01 Jan 2024 00:00:00 GMT"}, ["bytes=0-7999", "bytes=8000-"]),
        ('"v1"', {"content-encoding": "identity"}, ["bytes=0-7999", ""]),
    ],
    ids=["no validator", "weak validator", "last modified", "coded"],
)
async def test_without_a_strong_validator_it_comes_as_one(
    etag: str, headers: dict[str, str], asked: list[str], tmp_path: Path
) -> None:
    engine = AsyncRangeEngine(etag=etag)
    engine.headers = headers
    assert await fetched(engine, tmp_path / "x") == DATA
    assert engine.asked == asked
    assert names(tmp_path) == ["x"]


async def test_cuts_are_mended_piece_by_piece(tmp_path: Path) -> None:
    engine = AsyncRangeEngine()
    engine.faults = {1: Cut(2500), 3: Cut(0), 5: Cut(9_999), 6: Cut(100)}
    assert await fetched(engine, tmp_path / "x") == DATA
    assert len(engine.asked) == len(set(engine.asked)) + 1  # the one that brought nothing is asked for again


async def test_what_came_is_kept_and_gone_on_with(tmp_path: Path) -> None:
    engine = AsyncRangeEngine()
    engine.faults = {number: Cut(1000) for number in range(3, 40)}
    async with AsyncClient(engine=engine) as client:
        with pytest.raises(Exception, match="cut"):
            await client.download("http://a.test/x", tmp_path / "x", parallel=3, max_resumes=0)
    assert names(tmp_path) == ["x.part", "x.part.json"]
    part = PartFile(tmp_path / "x", "http://a.test/x")
    part.open(resume=True)
    kept, holes = part.size, part.done.missing(len(DATA))
    part.close()
    assert 8_000 < kept < len(DATA)
    engine.faults, engine.asked = {}, []
    # As one: it takes up what the pieces have left.
    assert await fetched(engine, tmp_path / "x", parallel=1) == DATA
    asked = [tuple(map(int, each[6:].split("-"))) for each in engine.asked]
    assert sum(last + 1 - first for first, last in asked) == len(DATA) - kept
    assert {first for first, _ in holes} <= {first for first, _ in asked}
    assert names(tmp_path) == ["x"]


async def test_a_part_that_came_as_one_is_gone_on_with_in_pieces(tmp_path: Path) -> None:
    engine = AsyncRangeEngine()
    engine.faults = {0: Cut(20_500)}
    async with AsyncClient(engine=engine) as client:
        with pytest.raises(Exception, match="cut"):
            await client.download("http://a.test/x", tmp_path / "x", max_resumes=0)
    assert await fetched(engine, tmp_path / "x") == DATA
    assert engine.asked[1].startswith("bytes=20500-")
    assert len(engine.asked) > 5


@pytest.mark.parametrize("change", ["another file", "no parts any more", "out of range"])
async def test_a_file_that_changes_begins_anew(change: str, tmp_path: Path) -> None:
    class AsyncChanging(AsyncRangeEngine):
        async def execute(self, request: Request) -> AsyncResponse:
            """Become another file before the fourth request."""
            if len(self.asked) == 3:
                self.data = DATA[::-1]
                self.etag = '"v2"'
                if change == "out of range":
                    self.faults[3] = 416
                elif change == "no parts any more":
                    request.headers.pop("range")
            return await super().execute(request)

    engine = AsyncChanging()
    assert await fetched(engine, tmp_path / "x", parallel=3) == DATA[::-1]
    assert engine.asked[-1] == ""
    assert names(tmp_path) == ["x"]


@pytest.mark.parametrize("fault", [429, 503, ConnectError("refused")], ids=str)
async def test_a_server_that_takes_fewer_connections(fault: object, tmp_path: Path) -> None:
    engine = AsyncRangeEngine()
    engine.faults = {1: fault, 2: fault}
    assert await fetched(engine, tmp_path / "x", parallel=3) == DATA
    engine = AsyncRangeEngine()
    engine.faults = dict.fromkeys(range(1, 9), fault)
    with pytest.raises(Exception, match=r"refused|answered"):
        await fetched(engine, tmp_path / "y", parallel=3)
    assert len(engine.asked) == 4


async def test_statuses_that_a_plugin_raises_mean_the_same(tmp_path: Path) -> None:
    engine = AsyncRangeEngine()
    engine.faults = {1: 503, 5: 404}
    async with AsyncClient(engine=engine, plugins=[HttpCallValidator()]) as client:
        with pytest.raises(ClientStatusError):
            await client.download("http://a.test/x", tmp_path / "x", parallel=2)
    assert names(tmp_path) == ["x.part", "x.part.json"]


async def test_the_servers_digest_is_asked_for_and_checked(tmp_path: Path) -> None:
    from base64 import b64encode

    engine = AsyncRangeEngine()
    wanted: list[str] = []
    for data, right in ((DATA, True), (b"", False)):
        engine.headers = {"repr-digest": f"sha-256=:{b64encode(hashlib.sha256(data).digest()).decode()}:"}
        async with AsyncClient(engine=engine) as client:
            client.events.subscribe("sending", lambda e: wanted.append(e.request.headers.get("want-repr-digest", "")))
            if right:
                path = await client.download("http://a.test/x", tmp_path / "x", parallel=3)
                assert path.read_bytes() == DATA
            else:
                with pytest.raises(DecodingError, match="sha256 of the file"):
                    await client.download("http://a.test/x", tmp_path / "y", parallel=3)
    assert set(wanted) == {"sha-256=10, sha-512=9"}
    assert names(tmp_path) == ["x"]


@pytest.mark.parametrize("parallel", [1, 3])
async def test_a_progress_bar_is_drawn_once(parallel: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich", None)  # the plain line
    out = StringIO()
    engine = AsyncRangeEngine()
    await fetched(engine, tmp_path / "x", parallel=parallel, progress=ProgressBar("x", file=out, force=True))
    assert out.getvalue().count("\n") == 1
    assert out.getvalue().rstrip().endswith("x 100.4 kB of 100.4 kB, 100 %")


@pytest.mark.parametrize("wrong", [0, True, "4"])
async def test_wrong_numbers(wrong: object, tmp_path: Path) -> None:
    async with AsyncClient(engine=AsyncRangeEngine()) as client:
        with pytest.raises(ValueError, match="parallel"):
            await client.download("http://a.test/x", tmp_path / "x", parallel=wrong)  # type: ignore[arg-type]
