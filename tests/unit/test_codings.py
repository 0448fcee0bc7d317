"""Undoing content codings, within bounds."""

from __future__ import annotations

import base64
import gzip
import json
import random
import subprocess
import sys
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import brotli
import pytest
import zstandard

from duohttp.exceptions import DecodingError, MissingExtra
from duohttp.rules import zstd
from duohttp.rules.accept_encoding import accept_encoding
from duohttp.rules.codings import decode_all, make_decoder
from duohttp.values.settings import CodingLimits

VECTORS = Path(__file__).resolve().parents[2].parent / "shared" / "vectors"
LIMITS = CodingLimits()
UNBOUNDED = CodingLimits(max_ratio=None)
TEXT = b"".join(b"line %d of a body that compresses\n" % number for number in range(3000))


def raw_deflate(data: bytes) -> bytes:
    deflate = zlib.compressobj(wbits=-15)
    return deflate.compress(data) + deflate.flush()


def zstd_with_checksum(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


ENCODERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "raw deflate": ("deflate", raw_deflate),
    "br": ("br", partial(brotli.compress, quality=4)),
    "zstd": ("zstd", zstandard.compress),
    "zstd with checksum": ("zstd", zstd_with_checksum),
}
every_coding = pytest.mark.parametrize("encoder", ENCODERS)


def stream(data: bytes, names: list[str], size: int, limits: CodingLimits = LIMITS) -> list[bytes]:
    decoder = make_decoder(names, limits)
    pieces = [piece for at in range(0, len(data), size) for piece in decoder.feed(data[at : at + size])]
    return [*pieces, *decoder.finish()]


@every_coding
@pytest.mark.parametrize("content", [b"", b"x", TEXT, random.Random(1).randbytes(300_000)], ids=len)
def test_round_trip(encoder: str, content: bytes) -> None:
    name, encode = ENCODERS[encoder]
    encoded = encode(content)
    assert decode_all(encoded, [name], LIMITS) == content
    assert decode_all(encoded, [name.upper() + " ,, identity"], LIMITS) == content
    for size in (1, 1000, len(encoded)) if len(encoded) < 50_000 else (999, 10**6):
        pieces = stream(encoded, [name], size)
        assert b"".join(pieces) == content
        assert all(pieces)


@every_coding
def test_a_body_cut_anywhere_is_an_error(encoder: str) -> None:
    name, encode = ENCODERS[encoder]
    encoded = encode(b"a small body, cut everywhere")
    for end in range(1, len(encoded)):
        with pytest.raises(DecodingError, match=r"is cut|is no valid"):
            decode_all(encoded[:end], [name], LIMITS)
        with pytest.raises(DecodingError, match=r"is cut|is no valid"):
            stream(encoded[:end], [name], 3)


@every_coding
def test_an_empty_body_is_empty(encoder: str) -> None:
    name, _ = ENCODERS[encoder]
    assert decode_all(b"", [name], LIMITS) == b""
    assert stream(b"", [name], 1) == []


@every_coding
def test_rubbish_is_an_error_that_names_the_coding(encoder: str) -> None:
    name, _ = ENCODERS[encoder]
    with pytest.raises(DecodingError, match=name) as caught:
        decode_all(b"<html>no coding at all</html>", [name], LIMITS)
    assert caught.value.__cause__ is not None or "cut" in str(caught.value)


@every_coding
def test_flipped_bits_are_an_error_or_leave_the_content_alone(encoder: str) -> None:
    name, encode = ENCODERS[encoder]
    encoded = encode(TEXT[:2000])
    rand = random.Random(7)
    for _ in range(200):
        broken = bytearray(encoded)
        broken[rand.randrange(len(broken))] ^= 1 << rand.randrange(8)
        try:
            decode_all(bytes(broken), [name], LIMITS)
        except DecodingError as error:
            assert name in str(error)  # noqa: PT017


def test_codings_are_undone_from_right_to_left_over_all_header_lines() -> None:
    encoded = brotli.compress(zlib.compress(gzip.compress(TEXT)))
    assert decode_all(encoded, ["gzip, deflate, br"], LIMITS) == TEXT
    assert decode_all(encoded, ["GZIP", "Deflate ,Br"], LIMITS) == TEXT
    assert b"".join(stream(encoded, ["gzip", "deflate", "br"], 10)) == TEXT
    with pytest.raises(DecodingError):
        decode_all(encoded, ["br, deflate, gzip"], LIMITS)


@pytest.mark.parametrize("names", [[], [""], ["identity"], ["Identity, identity", " , "]])
def test_identity_leaves_the_body_as_it_is(names: list[str]) -> None:
    assert decode_all(TEXT, names, LIMITS) == TEXT
    assert b"".join(stream(TEXT, names, 1000)) == TEXT
    assert stream(b"", names, 1) == []


@pytest.mark.parametrize("name", ["compress", "aws-chunked", "gzip;q=1", "utf-8", "x" * 1000])
def test_an_unknown_coding_is_named(name: str) -> None:
    with pytest.raises(DecodingError, match=f"{name[:40]!r}"):
        decode_all(b"x", ["gzip", name], LIMITS)


def test_at_most_five_codings_however_they_are_written() -> None:
    encoded = TEXT
    for _ in range(5):
        encoded = gzip.compress(encoded)
    assert decode_all(encoded, ["gzip"] * 5, LIMITS) == TEXT
    for names in (["gzip"] * 6, ["gzip, gzip, gzip", "gzip, gzip, gzip"], ["identity" + ",gzip" * 5]):
        with pytest.raises(DecodingError, match="6 content codings, more than 5"):
            make_decoder(names, LIMITS)
    with pytest.raises(DecodingError, match="more than 1"):
        decode_all(b"", ["gzip, gzip"], CodingLimits(max_codings=1))


# gzip: members, and what follows them.


def test_gzip_members_follow_one_another() -> None:
    encoded = gzip.compress(TEXT) + gzip.compress(b"") + gzip.compress(b"end")
    assert decode_all(encoded, ["gzip"], LIMITS) == TEXT + b"end"
    for size in (1, 2, 3, 100):
        assert b"".join(stream(encoded, ["gzip"], size)) == TEXT + b"end"


@pytest.mark.parametrize("garbage", [b"\x00" * 512, b"\r\n", b"garbage", b"\x1fno", b"\x1f\x8b\x00"])
@pytest.mark.parametrize("encoder", ["gzip", "deflate", "raw deflate"])
def test_what_follows_the_end_and_is_no_member_is_passed_over(encoder: str, garbage: bytes) -> None:
    name, encode = ENCODERS[encoder]
    encoded = encode(b"content") + garbage
    assert decode_all(encoded, [name], LIMITS) == b"content"
    for size in (1, 2, 5):
        assert b"".join(stream(encoded, [name], size)) == b"content"


@pytest.mark.parametrize("encoder", ["br", "zstd"])
def test_what_follows_brotli_and_zstd_is_an_error(encoder: str) -> None:
    name, encode = ENCODERS[encoder]
    for size in (1, 1000):
        with pytest.raises(DecodingError, match=f"no valid {name}|{name} coding is not complete"):
            stream(encode(b"content") + b"garbage", [name], size)


def test_a_second_member_that_is_cut_is_an_error_at_every_offset() -> None:
    first, second = gzip.compress(b"first"), gzip.compress(b"second")
    for end in range(1, len(second)):
        with pytest.raises(DecodingError, match="cut"):
            decode_all(first + second[:end], ["gzip"], LIMITS)


def go_gunzip() -> list[Any]:
    path = VECTORS / "go-gunzip.json"
    if not path.exists():
        return [pytest.param(None, marks=pytest.mark.skip("go-gunzip.json is not here"))]
    return [pytest.param(case, id=f"{case['desc']}: {case['err']}") for case in json.loads(path.read_text())]


@pytest.mark.parametrize("case", go_gunzip())
def test_gzip_as_go_reads_it(case: dict[str, str]) -> None:
    encoded = base64.b64decode(case["gzip"])
    # Go refuses what follows the last member; browsers pass it over, and so do we.
    fails = case["err"] and not (case["desc"] == "hello.txt + garbage" and case["err"] == "gzip: invalid header")
    for size in (1, 10, len(encoded)):
        if fails:
            with pytest.raises(DecodingError):
                stream(encoded, ["gzip"], size)
        else:
            assert b"".join(stream(encoded, ["gzip"], size)) == case["raw"].encode()


# zstd, by each library.


def block_stage() -> Any:
    return zstd.BlockStage(zstandard)


def frame_stage() -> Any:
    name = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
    return zstd.FrameStage(pytest.importorskip(name), 128 * 1024)


zstd_stages = pytest.mark.parametrize("make", [block_stage, frame_stage])


def run(stage: Any, data: bytes, size: int) -> tuple[bytes, int]:
    pieces = [piece for at in range(0, len(data), size) for piece in stage.feed(data[at : at + size])]
    stage.finish()
    return b"".join(pieces), max(map(len, pieces), default=0)


SKIPPABLE = b"\x53\x2a\x4d\x18\x03\x00\x00\x00abc"


@zstd_stages
@pytest.mark.parametrize("checksum", [False, True])
@pytest.mark.parametrize("content", [b"", b"abc", TEXT, bytes(2_000_000)], ids=len)
def test_zstd_frames_in_bounded_pieces(make: Callable[[], Any], content: bytes, checksum: bool) -> None:
    known = zstandard.ZstdCompressor(write_checksum=checksum).compress(content)
    unknown = zstandard.ZstdCompressor(write_checksum=checksum, write_content_size=False).compress(content)
    for size in (1, 7, 100_000):
        decoded, largest = run(make(), known + SKIPPABLE + unknown + SKIPPABLE, size)
        assert decoded == content * 2
        assert largest <= 128 * 1024


@zstd_stages
def test_zstd_cut_anywhere_is_an_error(make: Callable[[], Any]) -> None:
    encoded = SKIPPABLE + zstd_with_checksum(b"content")
    for end in range(1, len(encoded)):
        if end != len(SKIPPABLE):
            with pytest.raises(EOFError):
                run(make(), encoded[:end], 4)


@zstd_stages
def test_zstd_asking_for_too_much_memory_is_an_error_rfc_9659(make: Callable[[], Any]) -> None:
    parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=24)
    large = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    with pytest.raises(Exception, match=r"(?i)memory|window"):
        run(make(), large.compress(TEXT) + large.flush(), 1000)


@zstd_stages
@pytest.mark.parametrize("block", [b"\x07\x00\x00", b"\xff\xff\xff", b"\x03\x00\x20x"])
def test_zstd_blocks_that_may_not_be(make: Callable[[], Any], block: bytes) -> None:
    with pytest.raises(Exception, match=r"(?i)corrupt|128 KiB|block"):
        run(make(), b"\x28\xb5\x2f\xfd\x00\x58" + block + bytes(20), 100)


def golden() -> list[Any]:
    paths = sorted((VECTORS / "zstd").glob("*.zst"))
    if not paths:
        return [pytest.param(None, marks=pytest.mark.skip("the zstd vectors are not here"))]
    return [pytest.param(path, id=path.name) for path in paths]


@zstd_stages
@pytest.mark.parametrize("path", golden())
def test_zstd_golden_files(make: Callable[[], Any], path: Path) -> None:
    encoded = path.read_bytes()
    for size in (1, 17, 10**6):
        if "errors" in path.name:
            with pytest.raises(Exception, match=r"(?i)corrupt|zstd"):
                run(make(), encoded, size)
        else:
            expected = zstandard.ZstdDecompressor().decompressobj().decompress(encoded)
            assert run(make(), encoded, size)[0] == expected


# Bounds.


def bomb(encoder: str) -> bytes:
    """Ten gigabytes of zeros (brotli: 64 MB, it has no cheap way to say more)."""
    zeros = bytes(8 * 1024 * 1024)
    if encoder == "gzip":
        return gzip.compress(zeros) * 1250
    if encoder == "deflate":
        deflate = zlib.compressobj()
        start = deflate.compress(zeros) + deflate.flush(zlib.Z_FULL_FLUSH)
        block = deflate.compress(zeros) + deflate.flush(zlib.Z_FULL_FLUSH)
        return start + block * 1250
    if encoder == "br":
        compressor = brotli.Compressor(quality=1)
        return bytes(compressor.process(bytes(64 * 1024 * 1024)) + compressor.flush())
    return b"\x28\xb5\x2f\xfd\x00\x68" + b"\x02\x00\x10\x00" * 80_000  # 80,000 blocks of 128 KiB


@pytest.mark.parametrize("encoder", ["gzip", "deflate", "br", "zstd"])
def test_memory_stays_flat_however_much_a_body_decodes_to(encoder: str) -> None:
    encoded = bomb(encoder)
    decoder = make_decoder([encoder], UNBOUNDED)
    seen = 0
    tracemalloc.start()
    try:
        for piece in decoder.feed(encoded):
            assert len(piece) <= 128 * 1024
            seen += len(piece)
            if seen > 60_000_000:
                break
        assert seen > 60_000_000
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("encoder", ["gzip", "deflate", "br", "zstd"])
def test_the_ratio_is_bounded_past_a_floor(encoder: str) -> None:
    name, encode = ENCODERS[encoder]
    small, large = encode(bytes(9 * 1024 * 1024)), encode(bytes(100 * 1024 * 1024))
    assert len(decode_all(small, [name], LIMITS)) == 9 * 1024 * 1024
    with pytest.raises(DecodingError, match="more than 200 times its size"):
        decode_all(large, [name], LIMITS)
    received = 0
    pieces = make_decoder([name], LIMITS).feed(large)
    try:
        for piece in pieces:
            received += len(piece)
    except DecodingError:
        assert received <= max(LIMITS.ratio_floor, 200 * len(large))
    else:
        pytest.fail("the bomb went off")


def test_the_ratio_holds_between_codings_too() -> None:
    # The inner gzip ends early: what follows it is passed over, but not for ever.
    encoded = gzip.compress(gzip.compress(b"end") + bytes(100 * 1024 * 1024))
    with pytest.raises(DecodingError, match="more than 200 times its size"):
        decode_all(encoded, ["gzip, gzip"], LIMITS)


@pytest.mark.parametrize("encoder", ["gzip", "deflate", "br", "zstd"])
def test_the_size_is_bounded(encoder: str) -> None:
    name, encode = ENCODERS[encoder]
    encoded = encode(TEXT)
    assert decode_all(encoded, [name], CodingLimits(max_size=len(TEXT))) == TEXT
    with pytest.raises(DecodingError, match="max_size"):
        decode_all(encoded, [name], CodingLimits(max_size=len(TEXT) - 1))
    with pytest.raises(DecodingError, match="max_size"):
        stream(encoded, [name], 10, CodingLimits(max_size=len(TEXT) - 1))


def test_a_floor_of_zero_judges_small_bodies() -> None:
    with pytest.raises(DecodingError, match="more than 10 times"):
        decode_all(gzip.compress(bytes(10_000)), ["gzip"], CodingLimits(max_ratio=10, ratio_floor=0))


def test_a_dense_body_is_decoded_as_it_is_asked_for() -> None:
    decoder = make_decoder(["gzip"], UNBOUNDED)
    pieces = decoder.feed(bomb("gzip")[:20_000])
    assert next(iter(pieces)) == bytes(128 * 1024)


# Libraries that may be missing.


@pytest.fixture
def _fresh_library() -> Iterator[None]:
    zstd._library.cache_clear()
    yield
    zstd._library.cache_clear()


@pytest.mark.usefixtures("_fresh_library")
def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("brotli", "brotlicffi", "compression.zstd", "backports.zstd", "zstandard"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra, match=r"duohttp\[brotli\]"):
        make_decoder(["br"], LIMITS)
    with pytest.raises(MissingExtra, match=r"duohttp\[zstd\]"):
        make_decoder(["zstd"], LIMITS)


@pytest.mark.usefixtures("_fresh_library")
def test_zstandard_serves_where_nothing_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("compression.zstd", "backports.zstd"):
        monkeypatch.setitem(sys.modules, module, None)
    assert decode_all(zstandard.compress(TEXT), ["zstd"], LIMITS) == TEXT
    with pytest.raises(DecodingError, match="no valid zstd"):
        decode_all(b"no zstd at all", ["zstd"], LIMITS)


def test_an_old_brotli_is_fed_little_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    class Decompressor:
        def __init__(self) -> None:
            self._inner = brotli.Decompressor()
            self.is_finished = self._inner.is_finished

        def process(self, data: bytes) -> bytes:
            assert len(data) <= 16
            output: bytes = self._inner.process(data)
            return output

    monkeypatch.setitem(sys.modules, "brotli", SimpleNamespace(Decompressor=Decompressor))
    encoded = brotli.compress(TEXT)
    assert decode_all(encoded, ["br"], LIMITS) == TEXT
    with pytest.raises(DecodingError, match="cut"):
        decode_all(encoded[:-1], ["br"], LIMITS)


def test_accept_encoding_says_what_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert accept_encoding() == "gzip, deflate, br, zstd"
    installed: set[str] = set()

    def find(name: str) -> str | None:
        return name if name in installed else None

    monkeypatch.setattr("duohttp.rules.accept_encoding.find_spec", find)
    for names, expected in [
        (set(), "gzip, deflate"),
        ({"brotli"}, "gzip, deflate, br"),
        ({"brotlicffi"}, "gzip, deflate, br"),
        ({"zstandard"}, "gzip, deflate, zstd"),
        ({"backports", "backports.zstd"}, "gzip, deflate, zstd"),
        ({"backports"}, "gzip, deflate"),
    ]:
        installed.clear()
        installed.update(names)
        assert accept_encoding.__wrapped__() == expected


def test_accept_encoding_imports_no_library() -> None:
    script = (
        "import sys; from duohttp.rules.accept_encoding import accept_encoding; accept_encoding();"
        "print([name for name in sys.modules if name.split('.')[0] in ('brotli', 'zstandard', 'compression')])"
    )
    root = Path(__file__).resolve().parents[2] / ".dev"
    done = subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONPATH": str(root)}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
