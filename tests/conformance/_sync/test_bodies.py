# Generated from tests/conformance/_async/test_bodies.py by scripts/generate_sync.py. Do not edit.
"""Bodies of requests and responses, in memory and as a whole, over every engine."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from duohttp import BodyNotReplayable, LocalProtocolError

from ..behaviour import numbered
from ..subjects import Subject
from .support import client_of

pytestmark = pytest.mark.anyio

SIZES = [0, 1, 4095, 4096, 4097, 40_960, 65_537, 1_000_000]


def pieces_of(data: bytes, size: int = 10_000) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


@pytest.mark.parametrize("size", SIZES)
def test_bytes_come_back(subject: Subject, size: int) -> None:
    data = numbered(size)
    with client_of(subject) as client:
        assert (client.post("back", content=data)).content == data
        assert (client.post("back", content=pieces_of(data))).content == data


def test_kinds_of_bodies(subject: Subject, tmp_path: Path) -> None:
    data = numbered(100_000)
    path = tmp_path / "data.bin"
    path.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    with client_of(subject) as client:
        with path.open("rb") as file:
            bodies: list[Any] = [
                data,
                bytearray(data),
                io.BytesIO(data),
                list(pieces_of(data)),
                pieces_of(data),
                path,
                file,
            ]
            for body in bodies:
                answer = (client.post("upload", content=body)).json()
                assert (answer["length"], answer["sha256"]) == (100_000, digest), body


def test_text_json_and_forms(subject: Subject) -> None:
    with client_of(subject) as client:
        for method in ("POST", "PUT", "PATCH"):
            echo = (client.request(method, "echo", json={"a": [1, "é"]})).json()
            assert echo["body"].encode("latin-1").decode() == '{"a":[1,"é"]}'
        echo = (client.post("echo", content="grüß")).json()
        assert echo["body"].encode("latin-1").decode() == "grüß"
        assert ["content-type", "text/plain; charset=utf-8"] in echo["headers"]
        echo = (client.post("echo", form={"a": "1 2", "b": ["x", "y"]})).json()
        assert echo["body"] == "a=1+2&b=x&b=y"
        assert ["content-type", "application/x-www-form-urlencoded"] in echo["headers"]


def test_multipart(subject: Subject) -> None:
    with client_of(subject) as client:
        files = {"f": ("n.txt", io.BytesIO(b"content"), "text/plain")}
        echo = (client.post("echo", data={"k": "v"}, files=files)).json()
        assert 'name="k"\r\n\r\nv\r\n' in echo["body"]
        assert 'name="f"; filename="n.txt"\r\nContent-Type: text/plain\r\n\r\ncontent\r\n' in echo["body"]
        kinds = [value for name, value in echo["headers"] if name == "content-type"]
        assert kinds[0].startswith("multipart/form-data; boundary=")
        answer = (client.post("upload", files={"big": ("b", b"x" * 200_000)})).json()
        assert answer["length"] > 200_000


def test_no_body_and_an_empty_one(subject: Subject) -> None:
    with client_of(subject) as client:
        nothing: list[Any] = [None, b"", "", [], iter([]), io.BytesIO()]
        for content in nothing:
            echo = (client.post("echo", content=content)).json()
            assert echo["body"] == ""
        for _ in range(50):
            assert (client.post("back", content="")).content == b""
        echo = (client.post("echo", headers={"Content-Type": "application/json"})).json()
        assert echo["body"] == ""


def test_a_body_on_a_delete(subject: Subject) -> None:
    with client_of(subject) as client:
        assert (client.request("DELETE", "echo", json=[1])).json()["body"] == "[1]"


def test_an_iterator_is_sent_once(subject: Subject) -> None:
    with client_of(subject) as client:
        statement = client.prepare("POST", "back", content=iter([b"once"]))
        assert (statement.execute()).content == b"once"
        with pytest.raises(BodyNotReplayable):
            statement.execute()
        again = client.prepare("POST", "back", content=[b"again ", b"and again"])
        for _ in range(2):
            assert (again.execute()).content == b"again and again"


def test_an_iterator_that_fails_is_raised_as_it_is(subject: Subject) -> None:
    def broken() -> Iterator[bytes]:
        yield b"some"
        raise LookupError("no more")

    with client_of(subject) as client:
        for _ in range(2):
            with pytest.raises(LookupError, match="no more"):
                client.post("upload", content=broken())
        assert (client.get("bytes/1")).content == b"\0"


@pytest.mark.parametrize("pieces", [[b"much too much"], [b"no"]], ids=["more", "less"])
def test_a_body_of_another_length_than_promised(subject: Subject, pieces: list[bytes]) -> None:
    with client_of(subject) as client:
        with pytest.raises(LocalProtocolError, match="3"):
            client.post("upload", content=iter(pieces), headers={"Content-Length": "3"})
        assert (client.get("bytes/1")).content == b"\0"


def test_bodies_of_responses(subject: Subject) -> None:
    with client_of(subject) as client:
        for size in SIZES:
            assert (client.get(f"bytes/{size}")).content == numbered(size)
        assert (client.get("chunked?n=5&size=1000")).content == b"".join(b"%d" % n * 1000 for n in range(5))
        assert (client.get("chunked?n=0")).content == b""


def test_a_saved_body_can_be_read_again(subject: Subject) -> None:
    with client_of(subject) as client:
        response = client.get("lines?n=2")
        assert response.read() == response.content
        assert [line for line in response.iter_lines()] == response.text.splitlines()
        assert [item for item in response.iter_json(dict[str, int])] == [{"number": 0}, {"number": 1}]
