# Generated from tests/_async/test_same_heads.py by scripts/generate_sync.py. Do not edit.
"""Responses with equal heads: what is remembered of one must not show in another."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator

import pytest

from duohttp import Client

from ..faults.scripted_server import Peer, ScriptedServer, reply, scripted_server

pytestmark = pytest.mark.anyio

PACKED = gzip.compress(b"hello")


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as server:
        yield server


def always(answer: bytes, times: int) -> Callable[[Peer], None]:
    def act(peer: Peer) -> None:
        for _ in range(times):
            peer.read_request()
            peer.send(answer)
        peer.read_to_end()

    return act


def test_a_list_of_headers_is_each_response_s_own(server: ScriptedServer) -> None:
    server.then(always(reply(b"hello"), 3))
    with Client(trust_env=False) as client:
        first = client.get(server.url())
        second = client.get(server.url())
        second.raw_headers.append((b"x-added", b"by the caller"))
        third = client.get(server.url())
    assert first.raw_headers == third.raw_headers
    assert "x-added" in second.headers
    assert "x-added" not in first.headers
    assert "x-added" not in third.headers
    assert server.connections == 1


def test_codings_of_equal_heads(server: ScriptedServer) -> None:
    server.then(always(reply(PACKED, "200 OK", "Content-Encoding: gzip"), 3))
    with Client(trust_env=False) as client:
        for _ in range(3):
            assert (client.get(server.url())).content == b"hello"


def test_headers_changed_by_hand_count(server: ScriptedServer) -> None:
    """Whoever changes the headers, a plugin say, changes how the body is understood."""
    server.then(always(reply(PACKED), 4))
    with Client(trust_env=False) as client:
        for _ in range(2):
            response = client.get(server.url())
            response.raw_headers.append((b"content-encoding", b"gzip"))
            assert response.content == b"hello"
            response = client.get(server.url())
            response.raw_headers = [(b"Content-Encoding", b"gzip")]
            assert response.content == b"hello"


def test_cookies_of_equal_heads(server: ScriptedServer) -> None:
    """The same Set-Cookie twice: the second one counts again, after the cookie was deleted in between."""
    server.then(always(reply(b"hello", "200 OK", "Set-Cookie: a=1"), 2))
    with Client(trust_env=False) as client:
        for _ in range(2):
            assert not client.cookies
            client.get(server.url())
            assert client.cookies["a"] == "1"
            client.cookies.clear()


def test_a_url_is_remembered_as_what_it_was(server: ScriptedServer) -> None:
    """The same text of a url with other parameters, another client's base, or a plugin's change is another url."""
    with (
        Client(trust_env=False, base_url=server.url("/base")) as client,
        client.derive(base_url=server.url("/other")) as derived,
    ):
        for _ in range(2):
            client.get("x")
            client.get("x", params={"a": "1"})
            derived.get("x")
            client.get(server.url("/whole"))
            request = client.build_request("GET", "x")
            request.url = request.url.with_path("/moved")
            client.send(request)
    assert [request.target for request in server.received] == [
        *("/base/x", "/base/x?a=1", "/other/x", "/whole", "/moved"),
    ] * 2
