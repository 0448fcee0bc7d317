# Generated from tests/_async/test_content_encoding.py by scripts/generate_sync.py. Do not edit.
"""ContentEncoding: which codings come, and which are sent."""

from __future__ import annotations

import bz2
import gzip
import zlib
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from duohttp import (
    Client,
    CodingLimits,
    ContentCodec,
    ContentEncoding,
    DecodingError,
    FormData,
    InvalidRequest,
    Request,
    Response,
)
from duohttp._concurrency import body_chunks
from duohttp.rules.accept_encoding import accept_encoding

from ..servers.asgi import AsgiServer
from ..servers.nginx import Nginx
from .scripted import Answer, ScriptedEngine

pytestmark = pytest.mark.anyio

URL = "http://a.test/"
TEXT = b"squeeze me " * 500
NOISE = b"".join(sha256(bytes([number])).digest() for number in range(64))


class Bz2(ContentCodec):
    """What no server knows."""

    name = "x-bz2"

    def compressor(self) -> Any:
        return bz2.BZ2Compressor()

    def decompressor(self) -> Any:
        return bz2.BZ2Decompressor()


class KeepingEngine(ScriptedEngine):
    """Keeps the bodies that were sent."""

    def execute(self, request: Request) -> Response:
        pieces = []
        if request.body is not None:
            for piece in body_chunks(request.body):
                pieces.append(piece)
        self.bodies = [*getattr(self, "bodies", []), b"".join(pieces)]
        return ScriptedEngine.execute(self, request)


def ok(request: Request) -> Answer:
    return 200, {}, b""


def client_of(plugin: ContentEncoding, answer: Any = ok) -> tuple[Client, KeepingEngine]:
    engine = KeepingEngine(answer)
    return Client(engine=engine, plugins=[plugin]), engine


# What is welcome.


@pytest.mark.parametrize(
    ("codings", "expected"),
    [
        ((), accept_encoding()),
        (("gzip",), "gzip"),
        (("br", ("gzip", 0.5), "deflate"), "br, gzip;q=0.5, deflate"),
        ((("identity", 0.1), ("*", 0)), "identity;q=0.1, *;q=0"),
        ((Bz2(), ("GZIP", 1 / 3)), "x-bz2, gzip;q=0.333"),
    ],
)
def test_accept_encoding(codings: tuple[Any, ...], expected: str) -> None:
    client, engine = client_of(ContentEncoding(*codings))
    client.get(URL)
    client.get(URL, headers={"Accept-Encoding": "own"})
    assert [request.headers["accept-encoding"] for request in engine.requests] == [expected, "own"]


@pytest.mark.parametrize(
    "options",
    [(("gzip", 1.1),), (("gzip", -0.1),), (("gzip", "high"),), (("gzip", True),), ("lzw",), (Bz2,), (7,)],
)
def test_what_is_no_coding(options: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError):
        ContentEncoding(*options)
    with pytest.raises(ValueError, match="lzw"):
        ContentEncoding(compress="lzw")


class Nameless(ContentCodec):
    name = "Bad Name"


def test_codecs_have_names() -> None:
    with pytest.raises(ValueError, match="Bad Name"):
        ContentEncoding(Nameless())


# What comes.


def coded(names: str, data: bytes) -> Any:
    return lambda request: (200, {"content-encoding": names}, [data[:10], data[10:]])


@pytest.mark.parametrize(
    ("names", "data", "applied"),
    [
        ("x-bz2", bz2.compress(TEXT), ("x-bz2",)),
        ("X-BZ2, gzip", gzip.compress(bz2.compress(TEXT), mtime=0), ("gzip", "x-bz2")),
        ("deflate, x-bz2, identity", bz2.compress(zlib.compress(TEXT)), ("x-bz2", "deflate")),
        ("identity", TEXT, ()),
    ],
)
def test_codecs_of_ones_own(names: str, data: bytes, applied: tuple[str, ...]) -> None:
    client, _ = client_of(ContentEncoding(Bz2()), coded(names, data))
    response = client.get(URL)
    assert response.content == TEXT
    assert response.raw_content == data
    assert response.applied_decoders == applied
    with client.stream("GET", URL) as streamed:
        assert b"".join([piece for piece in streamed.iter_bytes()]) == TEXT


def test_a_codec_that_is_not_installed_is_not_known() -> None:
    client, _ = client_of(ContentEncoding("gzip"), coded("x-bz2", bz2.compress(TEXT)))
    response = client.get(URL)
    assert response.applied_decoders == ()
    with pytest.raises(DecodingError, match="'x-bz2' is not known"):
        _ = response.content


@pytest.mark.parametrize(("data", "what"), [(bz2.compress(TEXT)[:-5], "cut"), (b"nonsense", "no valid x-bz2")])
def test_broken_codings_of_ones_own(data: bytes, what: str) -> None:
    client, _ = client_of(ContentEncoding(Bz2()), coded("x-bz2", data))
    with pytest.raises(DecodingError, match=what):
        _ = (client.get(URL)).content


class Nothing:
    def decompress(self, data: bytes) -> bytes:
        return b"mine"


class MyGzip(ContentCodec):
    name = "gzip"

    def decompressor(self) -> Any:
        return Nothing()


def test_a_codec_takes_the_place_of_a_built_in_one() -> None:
    client, _ = client_of(ContentEncoding(MyGzip()), lambda request: (200, {"content-encoding": "gzip"}, b"x"))
    assert (client.get(URL)).content == b"mine"


def test_limits() -> None:
    client, _ = client_of(
        ContentEncoding(limits=CodingLimits(max_size=100)), coded("gzip", gzip.compress(TEXT, mtime=0))
    )
    with pytest.raises(DecodingError, match="max_size"):
        _ = (client.get(URL)).content


# What is sent.


def undo(names: str, data: bytes) -> bytes:
    import brotli
    import zstandard

    undoing = {"gzip": gzip.decompress, "deflate": zlib.decompress, "br": brotli.decompress, "x-bz2": bz2.decompress}
    undoing["zstd"] = lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data)
    for name in reversed(names.split(", ")):
        data = undoing[name](data)
    return data


@pytest.mark.parametrize("names", ["gzip", "deflate", "br", "zstd", "x-bz2", "deflate, gzip"])
@pytest.mark.parametrize("stream", [False, True])
def test_compressed_bodies(names: str, stream: bool) -> None:
    client, engine = client_of(ContentEncoding(Bz2(), compress=names.split(", ")))
    content: Any = [TEXT[:100], TEXT[100:]] if stream else TEXT
    client.post(URL, content=content, headers={"Content-Type": "text/plain"})
    request = engine.requests[0]
    assert request.headers["content-encoding"] == names
    assert undo(names, engine.bodies[0]) == TEXT
    assert len(engine.bodies[0]) < len(TEXT)
    assert request.body is not None
    assert request.body.content_length == (None if stream else len(engine.bodies[0]))


PLAIN: list[tuple[dict[str, Any], bytes]] = [
    ({"content": b"small", "headers": {"Content-Type": "text/plain"}}, b"small"),
    ({"content": TEXT, "headers": {"Content-Type": "image/png"}}, TEXT),
    ({"content": TEXT}, TEXT),
    ({"content": TEXT, "headers": {"Content-Encoding": "own", "Content-Type": "text/plain"}}, TEXT),
    (
        {"content": TEXT, "headers": {"Content-Type": "text/plain"}, "attributes": {ContentEncoding.COMPRESS: None}},
        TEXT,
    ),
    ({"content": NOISE, "headers": {"Content-Type": "text/plain"}}, NOISE),
]


@pytest.mark.parametrize(("options", "body"), PLAIN)
def test_where_it_does_not_pay(options: dict[str, Any], body: bytes) -> None:
    client, engine = client_of(ContentEncoding(compress="gzip"))
    client.post(URL, **options)
    assert engine.requests[0].headers.get("content-encoding") in (None, "own")
    assert engine.bodies == [body]


def test_for_one_request() -> None:
    client, engine = client_of(ContentEncoding())
    attributes = {ContentEncoding.COMPRESS: "gzip"}
    client.post(URL, content=TEXT, headers={"Content-Type": "image/x"}, attributes=attributes)
    client.post(URL, content=b"tiny", attributes=attributes)
    client.post(URL, json={"text": TEXT.decode()}, attributes={ContentEncoding.COMPRESS: ["deflate", "gzip"]})
    client.post(URL, attributes=attributes)
    assert [request.headers.get("content-encoding") for request in engine.requests] == [
        "gzip",
        None,
        "deflate, gzip",
        None,
    ]
    assert gzip.decompress(engine.bodies[0]) == TEXT
    assert engine.bodies[1] == b"tiny"
    with pytest.raises(InvalidRequest, match="'lzw' is not known") as caught:
        client.post(URL, content=TEXT, attributes={ContentEncoding.COMPRESS: "lzw"})
    assert caught.value.__notes__ == ["raised by the plugin ContentEncoding"]
    assert len(engine.requests) == 4


def test_which_types_pay_can_be_said() -> None:
    plugin = ContentEncoding(compress="gzip", min_size=10, compressible=lambda content_type: content_type is None)
    client, engine = client_of(plugin)
    client.post(URL, content=b"x" * 100)
    client.post(URL, content="x" * 100)
    assert [request.headers.get("content-encoding") for request in engine.requests] == ["gzip", None]


def test_large_bodies_are_compressed_while_they_are_sent(tmp_path: Path) -> None:
    data = b"0123456789abcdef" * (2**17)
    path = tmp_path / "large.txt"
    path.write_bytes(data)
    client, engine = client_of(ContentEncoding(compress="gzip"))
    for content in (data, path):
        client.post(URL, content=content, headers={"Content-Type": "text/plain", "Content-Length": "5"})
    for request, body in zip(engine.requests, engine.bodies, strict=True):
        assert request.body is not None
        assert request.body.content_length is None
        assert request.body.replayable
        assert "content-length" not in request.headers
        assert gzip.decompress(body) == data


def test_multipart() -> None:
    client, engine = client_of(ContentEncoding())
    form = FormData().field("a", "text " * 100)
    client.post(URL, content=form, attributes={ContentEncoding.COMPRESS: "gzip"})
    assert gzip.decompress(engine.bodies[0]).count(b"text ") == 100
    assert engine.requests[0].headers["content-type"].startswith("multipart/form-data")


def test_a_redirect_sends_it_again() -> None:
    def moved(request: Request) -> Answer:
        return (307 if request.url.path == "/" else 200), {"location": "/end"}, b""

    client, engine = client_of(ContentEncoding(compress="gzip"), moved)
    client.post(URL, content=[TEXT], headers={"Content-Type": "text/plain"})
    assert [gzip.decompress(body) for body in engine.bodies] == [TEXT, TEXT]
    assert [request.headers["content-encoding"] for request in engine.requests] == ["gzip", "gzip"]


def test_repr() -> None:
    assert repr(ContentEncoding(Bz2(), ("gzip", 0.5), compress="gzip")) == (
        "ContentEncoding('x-bz2', 'gzip;q=0.5', compress='gzip')"
    )


# Servers.


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_against_an_application(asgi_server: AsgiServer, coding: str) -> None:
    with Client(plugins=[ContentEncoding(coding, compress=coding)]) as client:
        response = client.get(f"{asgi_server.url}/encoded/{coding}")
        assert response.json()["coding"] == coding
        assert response.applied_decoders == (coding,)
        sent = (client.post(f"{asgi_server.url}/echo", content=TEXT.decode())).json()
        headers = dict(sent["headers"])
        assert headers["content-encoding"] == coding
        assert headers["accept-encoding"] == coding
        assert undo(coding, sent["body"].encode("latin-1")) == TEXT


def test_against_nginx(nginx: Nginx) -> None:
    with Client(plugins=[ContentEncoding(("gzip", 0.5), ("identity", 0))]) as client:
        response = client.get(f"{nginx.url}/gzip/small.txt")
        assert response.applied_decoders == ("gzip",)
        assert len(response.content) == 54
