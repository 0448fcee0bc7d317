"""Frames that a server may send, good and bad: what becomes of them (RFC 6455, RFC 7692; after Autobahn's cases)."""

from __future__ import annotations

import random
import struct
import zlib
from typing import Any

import pytest
from websockets.extensions.permessage_deflate import PerMessageDeflate as Extension

from duohttp import InvalidRequest
from duohttp.rules.websocket_codec import WebSocketCodec, check_close

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10


def codec(**options: Any) -> WebSocketCodec:
    return WebSocketCodec(**{"max_message_size": 1 << 20, "max_frame_size": None, "extension": None} | options)


def deflating(**options: Any) -> WebSocketCodec:
    return codec(extension=Extension(False, False, 15, 12), **options)


def frame(opcode: int, data: bytes = b"", *, fin: bool = True, rsv: int = 0, mask: bool = False) -> bytes:
    head = bytes([fin << 7 | rsv << 4 | opcode])
    if len(data) < 126:
        head += bytes([mask << 7 | len(data)])
    elif len(data) < 65536:
        head += bytes([mask << 7 | 126]) + struct.pack("!H", len(data))
    else:
        head += bytes([mask << 7 | 127]) + struct.pack("!Q", len(data))
    return head + (b"\0\0\0\0" if mask else b"") + data


def sent(one: WebSocketCodec) -> list[tuple[int, bytes]]:
    """Take what the codec wants to send, unmasked."""
    found = []
    data = b"".join(one.taken_control())
    while data:
        size = data[1] & 127
        assert size < 126
        mask, payload = data[2:6], data[6 : 6 + size]
        found.append((data[0] & 15, bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))))
        data = data[6 + size :]
    return found


@pytest.mark.parametrize("step", [1, 2, 7, 1000])
@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 128, 65535, 65536])
def test_whole_messages_however_they_are_cut(size: int, step: int) -> None:
    one = codec()
    data = frame(TEXT, b"*" * size) + frame(BINARY, b"\xfe" * size)
    step = max(step, len(data) // 300)
    for start in range(0, len(data), step):
        one.receive(data[start : start + step])
    assert list(one.messages) == ["*" * size, b"\xfe" * size]
    assert one.is_open


def test_fragments_with_control_frames_between() -> None:
    one = codec()
    text = "Hello-µ@ßöäüàá-UTF-8!! 🎉".encode()
    one.receive(frame(TEXT, fin=False))
    for byte in text:  # characters are cut too
        one.receive(frame(CONTINUATION, bytes([byte]), fin=False) + frame(PING, b"?"))
        assert sent(one) == [(PONG, b"?")]
    one.receive(frame(CONTINUATION))
    assert list(one.messages) == [text.decode()]
    one.messages.clear()
    one.receive(frame(BINARY, b"\xff", fin=False) + frame(PONG, b"unasked") + frame(CONTINUATION, b"\xfe"))
    assert list(one.messages) == [b"\xff\xfe"]


@pytest.mark.parametrize(
    "data",
    [
        frame(TEXT, rsv=4),  # RSV1, and no extension was agreed to
        frame(BINARY, rsv=2),
        frame(TEXT, rsv=1),
        frame(PING, rsv=4),
        frame(CLOSE, rsv=7),
        *[frame(opcode) for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)],
        frame(PING, b"x" * 126),
        frame(PONG, b"x" * 126),
        frame(CLOSE, struct.pack("!H", 1000) + b"x" * 124),
        frame(PING, fin=False),
        frame(PONG, fin=False),
        frame(CLOSE, fin=False),
        frame(CONTINUATION, b"x"),
        frame(CONTINUATION, b"x", fin=False),
        frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"),
        frame(BINARY, b"a", fin=False) + frame(BINARY, b"b", fin=False),
        frame(TEXT, b"x", mask=True),
        frame(CLOSE, b"\x03"),
        *[frame(CLOSE, struct.pack("!H", code)) for code in (0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000)],
        *[frame(CLOSE, struct.pack("!H", code)) for code in (1015, 65535)],
    ],
    ids=lambda data: data[:12].hex(),
)
def test_violations_end_it_with_1002(data: bytes) -> None:
    one = codec()
    one.receive(data)
    assert not one.is_open
    assert not one.messages
    ((opcode, payload),) = sent(one)
    assert opcode == CLOSE
    assert payload[:2] == struct.pack("!H", 1002)
    one.receive(frame(TEXT, b"ignored"))
    assert not one.messages
    one.receive_end()
    assert one.is_ended
    assert one.ending()[0] == 1002


@pytest.mark.parametrize(
    "data",
    [
        b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
        b"\xf4\x90\x80\x80",
        b"\xc0\xaf",
        b"\xff",
        b"\xce",
        b"a\xf0\x9f\x8e",
    ],
    ids=bytes.hex,
)
@pytest.mark.parametrize("fragmented", [False, True])
def test_text_that_is_no_utf8_ends_it_with_1007(data: bytes, fragmented: bool) -> None:
    one = codec()
    if fragmented:
        for start in range(len(data)):
            last = start == len(data) - 1
            one.receive(frame(CONTINUATION if start else TEXT, data[start : start + 1], fin=last))
    else:
        one.receive(frame(TEXT, data))
    ((opcode, payload),) = sent(one)
    assert (opcode, payload[:2]) == (CLOSE, struct.pack("!H", 1007))
    assert not one.messages
    assert one.ending()[0] == 1007


def test_a_close_whose_reason_is_no_utf8() -> None:
    one = codec()
    one.receive(frame(CLOSE, struct.pack("!H", 1000) + b"\xff"))
    assert sent(one)[0][1][:2] == struct.pack("!H", 1007)
    assert one.ending()[0] == 1007


@pytest.mark.parametrize(
    "data",
    [
        frame(BINARY, b"x" * 101),
        frame(TEXT, b"x" * 50, fin=False) + frame(CONTINUATION, b"x" * 51),
        b"\x82\x7f" + struct.pack("!Q", 2**63),  # nothing of it has to come
        b"\x82\x7f" + struct.pack("!Q", 2**64 - 1),
        b"\x82\xfe"[:1] + b"\x7e" + struct.pack("!H", 65535),
    ],
    ids=lambda data: data[:12].hex(),
)
def test_what_is_too_long_ends_it_with_1009(data: bytes) -> None:
    one = codec(max_message_size=100)
    one.receive(frame(BINARY, b"x" * 100))
    assert list(one.messages) == [b"x" * 100]
    one.messages.clear()
    one.receive(data)
    assert sent(one)[0][1][:2] == struct.pack("!H", 1009)
    assert not one.messages
    assert one.ending()[0] == 1009


def test_frames_have_a_bound_of_their_own() -> None:
    one = codec(max_frame_size=10)
    one.receive(frame(TEXT, b"x" * 10, fin=False) + frame(CONTINUATION, b"y" * 10))
    assert list(one.messages) == ["x" * 10 + "y" * 10]
    one.receive(frame(TEXT, b"x" * 11))
    assert sent(one)[0][1][:2] == struct.pack("!H", 1009)


def test_without_a_bound() -> None:
    one = codec(max_message_size=None)
    one.receive(frame(BINARY, b"x" * 3_000_000))
    assert list(one.messages) == [b"x" * 3_000_000]


def test_pings_are_answered_and_the_last_pong_will_do() -> None:
    one = codec()
    for number in range(10_000):
        one.receive(frame(PING, b"%d" % number))
        assert len(one.control) == 1
    assert sent(one) == [(PONG, b"9999")]


def test_a_pong_answers_its_ping_and_those_before() -> None:
    one = codec()
    for name in (b"a", b"b", b"c"):
        one.ping(name)
    assert sent(one) == [(PING, b"a"), (PING, b"b"), (PING, b"c")]
    one.receive(frame(PONG, b"unknown"))
    assert list(one.awaited) == [b"a", b"b", b"c"]
    one.receive(frame(PONG, b"b"))
    assert list(one.awaited) == [b"c"]


def test_closing() -> None:
    one = codec()
    one.close(1000, "bye")
    assert sent(one) == [(CLOSE, struct.pack("!H", 1000) + b"bye")]
    one.receive(frame(TEXT, b"too late") + frame(CLOSE, struct.pack("!H", 1000)))
    assert not one.messages
    one.close(1001, "again")
    assert not one.control
    one.receive_end()
    assert one.is_ended
    assert one.ending() == (1000, "")


def test_being_closed() -> None:
    for data, code, reason in ((struct.pack("!H", 4321) + "Grüße".encode(), 4321, "Grüße"), (b"", 1005, "")):
        one = codec()
        one.receive(frame(TEXT, b"last words") + frame(CLOSE, data))
        assert list(one.messages) == ["last words"]
        assert sent(one) == [(CLOSE, data)]
        one.receive_end()
        assert one.ending() == (code, reason)


def test_being_closed_in_the_middle_of_a_message() -> None:
    one = codec()
    one.receive(frame(TEXT, b"a", fin=False) + frame(CLOSE, struct.pack("!H", 1001)))
    one.receive_end()
    assert not one.messages
    assert one.ending() == (1001, "")


@pytest.mark.parametrize("data", [b"", b"\x81", frame(BINARY, b"x" * 200)[:100], frame(TEXT, b"x", fin=False)])
def test_an_end_without_a_close_is_1006(data: bytes) -> None:
    one = codec()
    one.receive(data)
    one.receive_end()
    assert one.ending()[0] == 1006
    assert not sent(one)


def test_masks_are_fresh_and_unlike() -> None:
    one = codec()
    frames = [one.message(b"x" * 10, text=False) for _ in range(1000)]
    masks = {data[2:6] for data in frames}
    assert all(data[1] == 0x80 | 10 for data in frames)
    assert len(masks) == 1000  # two alike: once in 8,600 runs
    assert all(bytes(byte ^ data[2 + place % 4] for place, byte in enumerate(data[6:])) == b"x" * 10 for data in frames)


# Compression


def deflated(data: bytes, machine: Any = None) -> bytes:
    machine = machine or zlib.compressobj(wbits=-15)
    made: bytes = machine.compress(data) + machine.flush(zlib.Z_SYNC_FLUSH)
    return made[:-4]


def test_compressed_messages_and_their_fragments() -> None:
    one = deflating()
    machine = zlib.compressobj(wbits=-15)
    for text in ("first", "second, like the first", "x" * 5000):
        data = deflated(text.encode(), machine)
        half = len(data) // 2
        one.receive(frame(TEXT, data[:half], fin=False, rsv=4) + frame(PING) + frame(CONTINUATION, data[half:]))
        assert one.messages.popleft() == text
    one.receive(frame(TEXT, b"not compressed"))
    assert one.messages.popleft() == "not compressed"


def test_a_bomb_ends_it_with_1009() -> None:
    one = deflating(max_message_size=1 << 20)
    bomb = deflated(b"\0" * (1 << 28))
    assert len(bomb) < 300_000
    one.receive(frame(BINARY, bomb, rsv=4))
    while one.backlog:
        one.receive(b"")
    assert not one.messages
    assert one.ending()[0] == 1009


def test_many_small_bombs_are_taken_one_by_one() -> None:
    one = deflating(max_message_size=1 << 20)
    machine = zlib.compressobj(wbits=-15)
    data = b"".join(frame(BINARY, deflated(b"\0" * (1 << 20), machine), rsv=4) for _ in range(100))
    assert len(data) < 200_000
    one.receive(data)
    seen = 0
    while True:
        assert len(one.messages) <= 6  # not a hundred of them
        seen += len(one.messages)
        one.messages.clear()
        if not one.backlog:
            break
        one.receive(b"")
    assert seen == 100
    assert one.is_open


@pytest.mark.parametrize(
    "data",
    [
        frame(TEXT, b"\xff\xff\xff\xff", rsv=4),
        frame(TEXT, deflated(b"x" * 9)[:-2], fin=False, rsv=4) + frame(CONTINUATION, b"\0", rsv=4),
        frame(PING, b"x", rsv=4),
        frame(TEXT, deflated(b"x"), rsv=6),
    ],
    ids=lambda data: data[:12].hex(),
)
def test_broken_compression_ends_it_with_1002(data: bytes) -> None:
    one = deflating()
    one.receive(data)
    assert sent(one)[0][1][:2] == struct.pack("!H", 1002)


def test_an_end_while_something_is_left_over() -> None:
    one = deflating()
    one.receive(b"".join(frame(BINARY, bytes([number]) * 1000) for number in range(100)))
    assert one.backlog
    one.receive_end()
    one.receive(b"")
    assert not one.backlog
    assert one.ending()[0] == 1006


@pytest.mark.parametrize("compressed", [False, True])
def test_random_bytes_never_raise(compressed: bool) -> None:
    chance = random.Random(20260)
    for _ in range(300):
        one = deflating(max_message_size=1000) if compressed else codec(max_message_size=1000)
        for _ in range(chance.randrange(1, 6)):
            kind = chance.choice([TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG, 3])
            data = chance.randbytes(chance.choice([0, 1, 2, 10, 125, 126, 1500]))
            whole = frame(kind, data, fin=chance.random() < 0.7, rsv=chance.choice([0, 0, 0, 4, 1]))
            one.receive(whole[: chance.randrange(len(whole) + 1)] if chance.random() < 0.1 else whole)
            while one.backlog:
                one.messages.clear()
                one.receive(b"")
        one.receive_end()
        assert one.is_ended
        assert 1000 <= one.ending()[0] < 5000


def test_codes_and_reasons_that_may_be_sent() -> None:
    for code in (1000, 1001, 1003, 1011, 1014, 3000, 4999):
        check_close(code, "x" * 123)
    wrong: list[Any] = [(1005, ""), (1006, ""), (999, ""), (5000, ""), (1000, "ä" * 62), (1000, "\ud800"), ("x", "")]
    for code, reason in wrong:
        with pytest.raises(InvalidRequest):
            check_close(code, reason)
