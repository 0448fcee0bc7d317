# Generated from tests/_async/test_download_pieces.py by scripts/generate_sync.py. Do not edit.
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
    Client,
    ClientStatusError,
    ConnectError,
    DecodingError,
    HttpCallValidator,
    ProgressBar,
    Request,
    Response,
)
from duohttp._files import PartFile
from duohttp._sync import download as downloads
from duohttp._sync import download_pieces as pieces
from duohttp._sync.engines.engine import Engine

from ..servers.asgi import AsgiServer
from ..servers.nginx import MEGABYTE, Nginx
from .scripted import Pieces

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


class RangeEngine(Engine):
    """A server that gives parts of DATA, and whatever a test makes of it: ``faults`` by number of request."""

    def __init__(self, data: bytes = DATA, etag: str = '"v1"') -> None:
        self.data = data
        self.etag = etag
        self.headers: dict[str, str] = {}
        self.asked: list[str] = []
        self.faults: dict[int, object] = {}

    def execute(self, request: Request) -> Response:
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
        return Response(status, raw, CutPieces(data, cut), request=request)

    def close(self) -> None:
        """Nothing to close."""


class Cut:
    """The connection breaks after so many bytes."""

    def __init__(self, after: int) -> None:
        self.after = after


class CutPieces(Pieces):
    def __init__(self, data: bytes, cut: Cut | None) -> None:
        data = data if cut is None else data[: cut.after]
        super().__init__([data[at : at + 1000] for at in range(0, len(data), 1000)])
        self.cut = cut

    def receive(self) -> bytes:
        """Return the next piece, or break."""
        from duohttp import ReadError

        if self.cut is not None and not self.pieces:
            raise ReadError("cut")
        return super().receive()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def fetched(engine: RangeEngine, path: Path, parallel: int = 4, **options: object) -> bytes:
    with Client(engine=engine) as client:
        done = client.download("http://a.test/x", path, parallel=parallel, **options)  # type: ignore[arg-type]
        return done.read_bytes()


def test_a_real_server(nginx: Nginx, tmp_path: Path) -> None:
    source = nginx.html / f"pieces-{os.getpid()}-{id(tmp_path)}.bin"
    source.write_bytes(LARGE)
    seen: list[tuple[int, int | None]] = []
    try:
        with Client(base_url=nginx.url) as client:
            path = client.download(
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


def test_a_server_that_gives_no_parts(asgi_server: AsgiServer, tmp_path: Path) -> None:
    with Client(base_url=asgi_server.url) as client:
        path = client.download("bytes/50000", tmp_path / "x", parallel=4)
    assert path.stat().st_size == 50000
    assert names(tmp_path) == ["x"]


def test_pieces_cover_the_file(tmp_path: Path) -> None:
    engine = RangeEngine()
    assert fetched(engine, tmp_path / "x") == DATA
    assert engine.asked[0] == "bytes=0-7999"
    bounds = sorted(tuple(map(int, each[6:].split("-"))) for each in engine.asked)
    assert [last + 1 for _, last in bounds] == [*(first for first, _ in bounds[1:]), len(DATA)]
    assert names(tmp_path) == ["x"]


@pytest.mark.parametrize("size", [0, 1, 7_999, 8_000, 8_001])
def test_small_files(size: int, tmp_path: Path) -> None:
    engine = RangeEngine(DATA[:size])
    assert fetched(engine, tmp_path / "x") == DATA[:size]
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
def test_without_a_strong_validator_it_comes_as_one(
    etag: str, headers: dict[str, str], asked: list[str], tmp_path: Path
) -> None:
    engine = RangeEngine(etag=etag)
    engine.headers = headers
    assert fetched(engine, tmp_path / "x") == DATA
    assert engine.asked == asked
    assert names(tmp_path) == ["x"]


def test_cuts_are_mended_piece_by_piece(tmp_path: Path) -> None:
    engine = RangeEngine()
    engine.faults = {1: Cut(2500), 3: Cut(0), 5: Cut(9_999), 6: Cut(100)}
    assert fetched(engine, tmp_path / "x") == DATA
    assert len(engine.asked) == len(set(engine.asked)) + 1  # the one that brought nothing is asked for again


def test_what_came_is_kept_and_gone_on_with(tmp_path: Path) -> None:
    engine = RangeEngine()
    engine.faults = {number: Cut(1000) for number in range(3, 40)}
    with Client(engine=engine) as client:
        with pytest.raises(Exception, match="cut"):
            client.download("http://a.test/x", tmp_path / "x", parallel=3, max_resumes=0)
    assert names(tmp_path) == ["x.part", "x.part.json"]
    part = PartFile(tmp_path / "x", "http://a.test/x")
    part.open(resume=True)
    kept, holes = part.size, part.done.missing(len(DATA))
    part.close()
    assert 8_000 < kept < len(DATA)
    engine.faults, engine.asked = {}, []
    # As one: it takes up what the pieces have left.
    assert fetched(engine, tmp_path / "x", parallel=1) == DATA
    asked = [tuple(map(int, each[6:].split("-"))) for each in engine.asked]
    assert sum(last + 1 - first for first, last in asked) == len(DATA) - kept
    assert {first for first, _ in holes} <= {first for first, _ in asked}
    assert names(tmp_path) == ["x"]


def test_a_part_that_came_as_one_is_gone_on_with_in_pieces(tmp_path: Path) -> None:
    engine = RangeEngine()
    engine.faults = {0: Cut(20_500)}
    with Client(engine=engine) as client:
        with pytest.raises(Exception, match="cut"):
            client.download("http://a.test/x", tmp_path / "x", max_resumes=0)
    assert fetched(engine, tmp_path / "x") == DATA
    assert engine.asked[1].startswith("bytes=20500-")
    assert len(engine.asked) > 5


@pytest.mark.parametrize("change", ["another file", "no parts any more", "out of range"])
def test_a_file_that_changes_begins_anew(change: str, tmp_path: Path) -> None:
    class Changing(RangeEngine):
        def execute(self, request: Request) -> Response:
            """Become another file before the fourth request."""
            if len(self.asked) == 3:
                self.data = DATA[::-1]
                self.etag = '"v2"'
                if change == "out of range":
                    self.faults[3] = 416
                elif change == "no parts any more":
                    request.headers.pop("range")
            return super().execute(request)

    engine = Changing()
    assert fetched(engine, tmp_path / "x", parallel=3) == DATA[::-1]
    assert engine.asked[-1] == ""
    assert names(tmp_path) == ["x"]


@pytest.mark.parametrize("fault", [429, 503, ConnectError("refused")], ids=str)
def test_a_server_that_takes_fewer_connections(fault: object, tmp_path: Path) -> None:
    engine = RangeEngine()
    engine.faults = {1: fault, 2: fault}
    assert fetched(engine, tmp_path / "x", parallel=3) == DATA
    engine = RangeEngine()
    engine.faults = dict.fromkeys(range(1, 9), fault)
    with pytest.raises(Exception, match=r"refused|answered"):
        fetched(engine, tmp_path / "y", parallel=3)
    assert len(engine.asked) == 4


def test_statuses_that_a_plugin_raises_mean_the_same(tmp_path: Path) -> None:
    engine = RangeEngine()
    engine.faults = {1: 503, 5: 404}
    with Client(engine=engine, plugins=[HttpCallValidator()]) as client:
        with pytest.raises(ClientStatusError):
            client.download("http://a.test/x", tmp_path / "x", parallel=2)
    assert names(tmp_path) == ["x.part", "x.part.json"]


def test_the_servers_digest_is_asked_for_and_checked(tmp_path: Path) -> None:
    from base64 import b64encode

    engine = RangeEngine()
    wanted: list[str] = []
    for data, right in ((DATA, True), (b"", False)):
        engine.headers = {"repr-digest": f"sha-256=:{b64encode(hashlib.sha256(data).digest()).decode()}:"}
        with Client(engine=engine) as client:
            client.events.subscribe("sending", lambda e: wanted.append(e.request.headers.get("want-repr-digest", "")))
            if right:
                path = client.download("http://a.test/x", tmp_path / "x", parallel=3)
                assert path.read_bytes() == DATA
            else:
                with pytest.raises(DecodingError, match="sha256 of the file"):
                    client.download("http://a.test/x", tmp_path / "y", parallel=3)
    assert set(wanted) == {"sha-256=10, sha-512=9"}
    assert names(tmp_path) == ["x"]


@pytest.mark.parametrize("parallel", [1, 3])
def test_a_progress_bar_is_drawn_once(parallel: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich", None)  # the plain line
    out = StringIO()
    engine = RangeEngine()
    fetched(engine, tmp_path / "x", parallel=parallel, progress=ProgressBar("x", file=out, force=True))
    assert out.getvalue().count("\n") == 1
    assert out.getvalue().rstrip().endswith("x 100.4 kB of 100.4 kB, 100 %")


@pytest.mark.parametrize("wrong", [0, True, "4"])
def test_wrong_numbers(wrong: object, tmp_path: Path) -> None:
    with Client(engine=RangeEngine()) as client:
        with pytest.raises(ValueError, match="parallel"):
            client.download("http://a.test/x", tmp_path / "x", parallel=wrong)  # type: ignore[arg-type]
