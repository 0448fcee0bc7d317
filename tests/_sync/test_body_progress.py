# Generated from tests/_async/test_body_progress.py by scripts/generate_sync.py. Do not edit.
"""BodyProgress: how far bodies have come."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from duohttp import BodyProgress, Client, FormData, ReadError, Request, Response, Retry
from duohttp._concurrency import body_chunks

from ..servers.asgi import AsgiServer
from ..servers.nginx import Nginx
from .scripted import Answer, ScriptedEngine

pytestmark = pytest.mark.anyio

URL = "http://a.test/"
Told = list[tuple[int, int | None]]


class ReadingEngine(ScriptedEngine):
    """Reads the body of each request, as a real engine does."""

    def execute(self, request: Request) -> Response:
        self.sizes: list[int] = []
        if request.body is not None:
            for piece in body_chunks(request.body):
                self.sizes.append(len(piece))
        return ScriptedEngine.execute(self, request)


def told() -> tuple[Told, Callable[[int, int | None], None]]:
    seen: Told = []

    def tell(done: int, total: int | None) -> None:
        seen.append((done, total))

    return seen, tell


def client_of(answer: Any, *plugins: Any) -> tuple[Client, ReadingEngine]:
    engine = ReadingEngine(answer if callable(answer) else lambda request: answer)
    return Client(engine=engine, plugins=plugins), engine


UPLOADS: list[tuple[Any, Told]] = [
    (b"abc", [(3, 3), (3, 3)]),
    (b"", [(0, 0)]),
    ([b"ab", b"", b"c"], [(2, None), (3, None), (3, None)]),
    (None, [(0, 0)]),
    (bytes(100_000), [(65536, 100_000), (100_000, 100_000), (100_000, 100_000)]),
]


@pytest.mark.parametrize(("content", "expected"), UPLOADS)
def test_uploads(content: Any, expected: Told) -> None:
    seen, tell = told()
    client, engine = client_of((200, {}, b""), BodyProgress(on_upload=tell))
    client.post(URL, content=content)
    assert seen == expected
    assert sum(engine.sizes) == expected[-1][0]


def test_uploads_of_files_and_forms(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_bytes(b"x" * 1000)
    seen, tell = told()
    client, engine = client_of((200, {}, b""), BodyProgress(on_upload=tell))
    client.post(URL, content=path)
    assert seen == [(1000, 1000), (1000, 1000)]
    form = FormData().field("a", "1").file("f", path)
    client.post(URL, content=form)
    assert seen[-1] == (form.content_length, form.content_length)
    request = engine.requests[-1]
    assert request.body is not None
    assert request.body.replayable


DOWNLOADS: list[tuple[dict[str, str], list[bytes], Told]] = [
    ({"content-length": "3"}, [b"ab", b"c"], [(2, 3), (3, 3), (3, 3)]),
    ({}, [b"ab", b"c"], [(2, None), (3, None), (3, None)]),
    ({"content-length": "0"}, [], [(0, 0)]),
    ({"content-length": "nonsense"}, [b"a"], [(1, None), (1, None)]),
]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("headers", "pieces", "expected"), DOWNLOADS)
def test_downloads(headers: dict[str, str], pieces: list[bytes], expected: Told, stream: bool) -> None:
    seen, tell = told()
    client, engine = client_of(lambda request: (200, headers, list(pieces)), BodyProgress(on_download=tell))
    if stream:
        with client.stream("GET", URL) as response:
            assert not seen
            assert response.read() == b"".join(pieces)
    else:
        response = client.get(URL)
        assert response.content == b"".join(pieces)
        assert response.request.stream is False
    assert seen == expected
    assert engine.streams[0].closed


def test_head_has_no_body() -> None:
    seen, tell = told()
    client, _ = client_of((200, {"content-length": "10"}, []), BodyProgress(on_download=tell))
    client.head(URL)
    assert seen == [(0, 0)]


def test_what_goes_over_the_wire_is_counted() -> None:
    seen, tell = told()
    data = gzip.compress(b"x" * 1000)
    headers = {"content-encoding": "gzip", "content-length": str(len(data))}
    client, _ = client_of((200, headers, data), BodyProgress(on_download=tell))
    assert len((client.get(URL)).content) == 1000
    assert seen == [(len(data), len(data))] * 2


def test_listeners_that_wait_and_for_one_request() -> None:
    seen: Told = []

    def tell(done: int, total: int | None) -> None:
        seen.append((done, total))

    client, _ = client_of((200, {}, b"abc"))
    client.post(URL, content=b"xy", plugins=[BodyProgress(on_upload=tell, on_download=tell)])
    assert seen == [(2, 2), (2, 2), (3, None), (3, None)]
    client.get(URL)
    assert len(seen) == 4


def test_each_attempt_is_told_of_from_its_start() -> None:
    seen, tell = told()
    left = [503, 200]

    def answer(request: Request) -> Answer:
        return left.pop(0), {"retry-after": "0"}, b""

    client, _ = client_of(answer, BodyProgress(on_upload=tell), Retry(max_retries=1, methods=["POST"]))
    client.post(URL, content=[b"ab", b"c"])
    assert seen == [(2, None), (3, None), (3, None)] * 2


class Oops(Exception):
    pass


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("at", [1, 3])
def test_a_listener_that_raises_ends_the_call_and_leaves_no_connection(stream: bool, at: int) -> None:
    seen: Told = []

    def tell(done: int, total: int | None) -> None:
        seen.append((done, total))
        if len(seen) == at:
            raise Oops

    client, engine = client_of(lambda request: (200, {}, [b"a", b"b"]), BodyProgress(on_download=tell))
    with pytest.raises(Oops) as caught:
        _read(client) if stream else client.get(URL)
    assert caught.value.__notes__ == ["raised by the plugin BodyProgress"]
    assert engine.streams[0].closed


def _read(client: Client) -> None:
    with client.stream("GET", URL) as response:
        response.read()


def test_an_upload_listener_that_raises() -> None:
    def tell(done: int, total: int | None) -> None:
        raise Oops

    client, _ = client_of((200, {}, b""), BodyProgress(on_upload=tell))
    for content in (b"abc", None):
        with pytest.raises(Oops) as caught:
            client.post(URL, content=content)
        assert "raised by the plugin BodyProgress" in caught.value.__notes__


def test_options() -> None:
    with pytest.raises(TypeError, match="on_upload"):
        BodyProgress(on_upload=5)  # type: ignore[arg-type]


# Servers.


def test_against_nginx(nginx: Nginx) -> None:
    seen, tell = told()
    with Client(plugins=[BodyProgress(on_download=tell)]) as client:
        response = client.get(f"{nginx.url}/1mb.bin")
        assert len(response.content) == 2**20
        assert seen[-1] == seen[-2] == (2**20, 2**20)
        assert [done for done, _ in seen] == sorted(done for done, _ in seen)
        assert len(seen) > 2
        assert response.elapsed_seconds > 0
        with client.stream("GET", f"{nginx.url}/small.txt") as streamed:
            assert len(streamed.read()) == 54
    assert seen[-1] == (54, 54)


def test_against_an_application(asgi_server: AsgiServer) -> None:
    seen, tell = told()
    with Client(plugins=[BodyProgress(on_upload=tell)]) as client:
        answer = (client.post(f"{asgi_server.url}/upload", content=bytes(200_000))).json()
        assert answer["length"] == 200_000
        assert seen[-2:] == [(200_000, 200_000)] * 2
        assert len(seen) == 5
        client.post(f"{asgi_server.url}/upload", content=iter([b"ab", b"c"]))
        assert seen[5:] == [(2, None), (3, None), (3, None)]
    broken, tell = told()
    with Client(plugins=[BodyProgress(on_download=tell)]) as client:
        with pytest.raises(ReadError):
            client.get(f"{asgi_server.url}/broken")
    assert broken == [(10, 100)]
