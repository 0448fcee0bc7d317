"""Whether two parts belong to one file, and what it must hash to."""

from __future__ import annotations

import hashlib
from base64 import b64encode

import pytest

from duohttp import Headers, InvalidRequest
from duohttp.rules.downloads import Digest, PartState, content_range, digest_of, digest_wanted


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("bytes 5-9/10", (5, 10)),
        ("bytes 5-9/*", (5, None)),
        ("bytes */10", (None, 10)),
        ("Bytes 0-0/1", (0, 1)),
        ("bytes 5-9", None),
        ("items 5-9/10", None),
        ("", None),
        ("bytes 5-9/" + "1" * 30, None),
    ],
)
def test_content_range(value: str, expected: object) -> None:
    assert content_range(value) == expected


def test_only_strong_validators_count() -> None:
    assert PartState.of("u", Headers({"ETag": '"a"', "Last-Modified": "d"}), 3).validator == '"a"'
    assert PartState.of("u", Headers({"ETag": 'W/"a"', "Last-Modified": "d"}), 3).validator == "d"
    assert PartState.of("u", Headers({"ETag": 'W/"a"'}), 3).validator == ""


def test_what_goes_on() -> None:
    state = PartState("u", '"a"', "", 10)
    assert state.goes_on(Headers({"Content-Range": "bytes 5-9/10"}), 5)
    assert state.goes_on(Headers({"Content-Range": "bytes 5-9/*", "ETag": '"a"'}), 5)
    for headers in (
        {"Content-Range": "bytes 5-9/10", "ETag": '"b"'},
        {"Content-Range": "bytes 4-9/10"},
        {"Content-Range": "bytes 5-10/11"},
        {"Content-Range": "bytes */10"},
        {},
    ):
        assert not state.goes_on(Headers(headers), 5), headers


def test_digests() -> None:
    value = hashlib.sha256(b"x").digest()
    wanted = Digest("sha256", value)
    assert digest_of(f"sha256:{value.hex()}") == digest_of(f"SHA-256: {value.hex().upper()}") == wanted
    for text in ("sha256:12", value.hex(), "sha257:" + value.hex(), "sha256:" + "x" * 64, "", "shake_128:"):
        with pytest.raises(InvalidRequest, match="digest="):
            digest_of(text)
    field = f"md5=:AAAA:, sha-256=:{b64encode(value).decode()}:"
    assert digest_wanted(Headers({"Repr-Digest": field})) == wanted
    for field in ("", "sha-256=:AAAA:", "sha-256=:A:", "md5=:AAAA:"):
        assert digest_wanted(Headers({"Repr-Digest": field})) is None
