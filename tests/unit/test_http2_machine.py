"""The client's side of HTTP/2 without I/O, against public cases and a second implementation."""

from __future__ import annotations

import json
import random
import struct
from pathlib import Path
from typing import Any

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, Event, RequestReceived, StreamEnded
from hpack import Encoder

from duohttp import Http2Options, RemoteProtocolError
from duohttp.exceptions import ReadError, ServerDisconnected
from duohttp.rules.http2_frames import frame
from duohttp.rules.http2_machine import Http2Machine
from duohttp.rules.http2_stream import Http2Stream
from duohttp.values.headers import Headers

VECTORS = Path(__file__).parents[2] / ".." / "shared" / "vectors" / "http2-frames.json"
CASES: list[dict[str, Any]] = json.loads(VECTORS.read_text()) if VECTORS.exists() else []

SETTINGS = frame(4, 0, 0)
OK = Encoder().encode([(":status", "200")])


def machine_of(**options: Any) -> Http2Machine:
    """A machine whose server has greeted."""
    machine = Http2Machine(Http2Options(**options))
    machine.receive(SETTINGS)
    machine.take_outgoing()
    return machine


def open_stream(machine: Http2Machine, method: str = "GET", *, end: bool = True) -> Http2Stream:
    headers = Headers({"Accept": "*/*"})
    return machine.open(method, "https", b"a.test", b"/", headers, None, end=end)


def frames(data: bytes) -> list[tuple[int, int, int, bytes]]:
    """Split bytes into kind, flags, stream and payload."""
    found = []
    while data:
        size = int.from_bytes(data[:3], "big")
        found.append((data[3], data[4], int.from_bytes(data[5:9], "big"), data[9 : 9 + size]))
        data = data[9 + size :]
    return found


def goaway_code(machine: Http2Machine) -> int | None:
    sent = [payload for kind, _, _, payload in frames(machine.take_outgoing()) if kind == 7]
    return struct.unpack(">II", sent[-1][:8])[1] if sent else None


@pytest.mark.skipif(not CASES, reason="the public vectors are not here")
@pytest.mark.parametrize("case", [case for case in CASES if case["error"]], ids=lambda case: case["file"])
def test_public_cases_of_broken_frames(case: dict[str, Any]) -> None:
    machine = machine_of()
    for _ in range(60):
        open_stream(machine)
    machine.take_outgoing()
    machine.receive(bytes.fromhex(case["wire"]))
    sent = frames(machine.take_outgoing())
    if case["file"] == "error/window_update-frame-increment.json":  # an error of its stream alone
        assert [(kind, number, payload) for kind, _, number, payload in sent] == [(3, 1, b"\0\0\0\1")]
    else:
        assert isinstance(machine.error, RemoteProtocolError)
        assert int.from_bytes(sent[-1][3][4:8], "big") in case["error"]


@pytest.mark.skipif(not CASES, reason="the public vectors are not here")
@pytest.mark.parametrize("name", ["goaway", "ping", "priority", "rst_stream", "settings", "window_update"])
def test_public_cases_of_sound_frames(name: str) -> None:
    case = next(case for case in CASES if case["file"] == f"{name}/normal.json")
    wire = bytearray.fromhex(case["wire"])
    if wire[8]:
        wire[8] = 1  # a stream of this client's
    machine = machine_of()
    stream = open_stream(machine, end=False)
    machine.receive(bytes(wire))
    assert machine.error is None
    if name == "rst_stream":
        assert "CANCEL" in str(stream.error)
    if name == "settings":
        assert machine.max_streams == 256


def pump(machine: Http2Machine, server: H2Connection) -> list[Event]:
    """Carry bytes both ways until neither side has any."""
    events: list[Event] = []
    while True:
        data = machine.take_outgoing()
        if data:
            for event in server.receive_data(data):
                events.append(event)
                if isinstance(event, DataReceived):
                    server.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        back = server.data_to_send()
        if back:
            machine.receive(back)
        if not data and not back:
            return events


def texts(fields: Any) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in fields}


def server_of() -> H2Connection:
    server = H2Connection(H2Configuration(client_side=False))
    server.initiate_connection()
    return server


def test_against_h2() -> None:
    """Requests and responses of many kinds, each judged by the other implementation."""
    source = random.Random(20261127)
    machine, server = Http2Machine(Http2Options()), server_of()
    for number in range(300):
        path = "/" + "x" * source.choice((0, 1, 125, 126, 127, 128, 300, 20_000))
        headers = Headers({"Accept": "*/*", "X-N": str(number % 7), "Authorization": "secret", "Connection": "close"})
        length = source.choice((None, 0, 5000))
        stream = machine.open(
            "GET" if length is None else "POST", "https", b"a.test", path.encode(), headers, length, end=not length
        )
        if length:
            data = memoryview(bytes(length))
            while data:
                pump(machine, server)
                data = data[machine.send_data(stream, data[:999]) :]
            machine.send_end(stream)
        events = pump(machine, server)
        # h2 says nothing twice, so what came before the last pump is in its state only
        seen = {type(event) for event in events}
        assert StreamEnded in seen
        if not length:
            (request,) = (event for event in events if isinstance(event, RequestReceived))
            fields = texts(request.headers)
            assert fields[":path"] == path
            assert (fields["x-n"], fields["authorization"], ":authority" in fields) == (str(number % 7), "secret", True)
            assert "connection" not in fields
            assert fields.get("content-length") == (None if length is None else "0")
        body = bytes([number % 256]) * source.choice((0, 10, 16384))
        fields_back = [
            (":status", "200"),
            ("server", "test"),
            ("x-n", str(number % 5)),
            ("content-length", str(len(body))),
        ]
        server.send_headers(stream.id, fields_back)
        server.send_data(stream.id, body, end_stream=True)
        pump(machine, server)
        assert (stream.status, stream.take(), stream.ended, stream.error) == (200, body, True, None)
        assert (b"x-n", str(number % 5).encode()) in stream.headers
    assert machine.streams == {}


def test_whole_or_byte_by_byte() -> None:
    block = Encoder().encode([(":status", "200"), ("a", "b")])
    wire = (
        frame(1, 0, 1, block[:2]) + frame(9, 4, 1, block[2:]) + frame(0, 8, 1, b"\x02body\0\0") + frame(0, 1, 1, b"!")
    )
    for size in (1, 2, 7, 9, 10, 1000):
        machine = machine_of()
        stream = open_stream(machine)
        for start in range(0, len(wire), size):
            machine.receive(wire[start : start + size])
        assert (stream.status, stream.headers, stream.take(), stream.ended) == (200, [(b"a", b"b")], b"body!", True)


def test_one_stream_until_the_server_greets() -> None:
    machine = Http2Machine(Http2Options())
    assert machine.max_streams == 1
    machine.receive(frame(4, 0, 0, struct.pack(">HI", 3, 7)))
    assert machine.max_streams == 7
    assert machine.changed
    machine.receive(frame(7, 0, 0, bytes(8)))
    assert machine.max_streams == 0


def test_a_server_that_ignores_a_window() -> None:
    machine = machine_of(stream_window=65535)
    stream = open_stream(machine)
    machine.take_outgoing()
    machine.receive(frame(1, 4, 1, OK) + frame(0, 0, 1, bytes(16384)) * 3)
    assert stream.error is None
    machine.receive(frame(0, 0, 1, bytes(16384)))
    assert "window" in str(stream.error)
    assert [(kind, number, payload) for kind, _, number, payload in frames(machine.take_outgoing())] == [
        (3, 1, struct.pack(">I", 3))
    ]
    assert machine.error is None


def test_windows_are_given_back() -> None:
    machine = machine_of(stream_window=65535)
    stream = open_stream(machine)
    machine.receive(frame(1, 4, 1, OK))
    machine.take_outgoing()
    given = 0
    for _ in range(100):
        machine.receive(frame(0, 8, 1, b"\x05" + bytes(1000) + bytes(5)))
        stream.take()
        machine.acknowledge(stream)
        given += sum(int.from_bytes(payload, "big") for kind, _, number, payload in frames(machine.take_outgoing()))
    assert 100 * 1006 - 65535 < given <= 100 * 1006


def test_a_widened_window_is_not_given_back_twice() -> None:
    machine = machine_of(stream_window=65535)
    stream = open_stream(machine, end=False)
    machine.receive(frame(1, 4, 1, OK) + frame(0, 0, 1, bytes(16000)) * 3)
    machine.take_outgoing()
    machine.widen(stream)
    machine.widen(stream)
    assert [int.from_bytes(payload, "big") for *_, payload in frames(machine.take_outgoing())] == [48000]
    assert len(stream.take()) == 48000
    machine.acknowledge(stream)
    assert machine.take_outgoing() == b""


def test_the_connection_window_does_not_wait_for_readers() -> None:
    machine = machine_of(stream_window=2**31 - 1)
    open_stream(machine)
    piece = frame(0, 0, 1, bytes(16384)) * 64
    machine.receive(frame(1, 4, 1, OK))
    machine.take_outgoing()
    given = 0
    for _ in range(300):
        machine.receive(piece)
        machine.streams[1].chunks.clear()
        given += sum(int.from_bytes(payload, "big") for *_, payload in frames(machine.take_outgoing()))
    assert given >= 2**28


def test_sending_obeys_both_windows_and_the_frame_size() -> None:
    machine = Http2Machine(Http2Options())
    machine.receive(frame(4, 0, 0, struct.pack(">HI", 4, 100_000)))
    first, second = open_stream(machine, end=False), open_stream(machine, end=False)
    machine.take_outgoing()
    assert machine.send_data(first, memoryview(bytes(90_000))) == 65_535
    sent = frames(machine.take_outgoing())
    assert [len(payload) for *_, payload in sent] == [16384, 16384, 16384, 16383]
    assert machine.send_data(second, memoryview(b"x")) == 0
    second.waiter = object()
    assert machine.receive(frame(8, 0, 0, struct.pack(">I", 10))) == [second]
    assert machine.send_data(second, memoryview(bytes(20))) == 10
    assert machine.send_data(second, memoryview(bytes(20))) == 0
    machine.receive(frame(8, 0, 0, struct.pack(">I", 100_000)))
    assert machine.send_data(first, memoryview(bytes(90_000))) == 100_000 - 65_535


def test_goaway_spares_what_is_processed() -> None:
    machine = machine_of()
    first, second = open_stream(machine), open_stream(machine)
    machine.receive(frame(7, 0, 0, struct.pack(">II", 1, 0)))
    assert (first.error, second.unprocessed) == (None, True)
    assert isinstance(second.error, ReadError)
    machine.receive(frame(1, 5, 1, OK))
    assert (first.status, first.ended, first.error) == (200, True, None)
    machine.receive(frame(7, 0, 0, struct.pack(">II", 0, 0)))
    assert machine.error is None


def test_the_end_of_the_connection() -> None:
    machine = machine_of()
    whole, cut = open_stream(machine), open_stream(machine)
    machine.receive(frame(1, 5, 1, OK) + frame(1, 4, 3, OK))
    machine.receive(b"")
    assert whole.error is None
    assert isinstance(cut.error, ServerDisconnected)
    assert machine.error is not None
    assert machine.max_streams == 0


def test_numbers_of_streams_are_used_up() -> None:
    machine = machine_of()
    machine._last = 2**31 - 5
    assert open_stream(machine).id == 2**31 - 3
    assert machine.max_streams == 256
    assert open_stream(machine).id == 2**31 - 1
    assert (machine.max_streams, machine.goaway, machine.error) == (0, True, None)


def test_frames_for_closed_streams_are_passed_over() -> None:
    machine = machine_of()
    stream = open_stream(machine)
    machine.reset(stream, 8)
    encoder = Encoder()
    late = encoder.encode([(":status", "200"), ("x-table", "entry")])
    wire = frame(1, 4, 1, late) + frame(0, 0, 1, bytes(1000)) + frame(8, 0, 1, b"\0\0\0\1") + frame(3, 0, 1, bytes(4))
    machine.receive(wire)
    assert machine.error is None
    other = open_stream(machine)
    machine.receive(frame(1, 5, 3, encoder.encode([(":status", "200"), ("x-table", "entry")])))
    assert other.headers == [(b"x-table", b"entry")]


@pytest.mark.parametrize("size", [0, 1000, 4096, 65536])
def test_the_table_of_the_server_may_have_any_size(size: int) -> None:
    machine, server = Http2Machine(Http2Options()), server_of()
    server.update_settings({1: size})
    pump(machine, server)
    for number in range(50):
        stream = machine.open("GET", "https", b"a.test", b"/", Headers({"X-N": str(number % 3)}), None, end=True)
        events = pump(machine, server)
        (request,) = (event for event in events if isinstance(event, RequestReceived))
        assert texts(request.headers)["x-n"] == str(number % 3)
        server.send_headers(stream.id, [(":status", "204")], end_stream=True)
        pump(machine, server)
        assert stream.status == 204


def test_blocks_that_came_before_mean_the_same_only_with_the_same_table() -> None:
    """Servers whose table changes between equal blocks."""
    machine = machine_of()
    encoder = Encoder()
    source = random.Random(1)
    for number in range(400):
        fields = [(":status", "200"), ("x-a", str(source.randrange(40)) * 30), ("x-b", str(source.randrange(40)) * 30)]
        stream = open_stream(machine)
        machine.receive(frame(1, 5, stream.id, encoder.encode(fields)))
        assert [(name.decode(), value.decode()) for name, value in stream.headers] == fields[1:], number


FLOODS = {
    "ping": frame(6, 0, 0, bytes(8)),
    "settings": SETTINGS,
    "settings ack": frame(4, 1, 0),
    "empty data": frame(0, 0, 1),
    "data for a closed stream": frame(0, 0, 3, b"x"),
    "reset of a closed stream": frame(3, 0, 3, bytes(4)),
    "priority": frame(2, 0, 1, bytes(5)),
    "window": frame(8, 0, 0, b"\0\0\0\1"),
    "unknown": frame(99, 0, 0),
    "goaway": frame(7, 0, 0, struct.pack(">II", 2**31 - 1, 0)),
}


@pytest.mark.parametrize("name", FLOODS)
def test_floods_are_bounded(name: str) -> None:
    machine = machine_of(max_idle_frames=100)
    open_stream(machine)
    machine.reset(open_stream(machine), 8)
    machine.receive(frame(1, 4, 1, OK))
    machine.take_outgoing()
    machine.receive(FLOODS[name] * 100)
    assert machine.error is None
    machine.receive(frame(0, 0, 1, b"of use") + FLOODS[name] * 100)
    assert machine.error is None
    machine.receive(FLOODS[name])
    assert goaway_code(machine) == 11
    assert machine.error is not None


def test_a_long_upload_is_no_flood() -> None:
    machine = machine_of(max_idle_frames=10)
    stream = open_stream(machine, end=False)
    for _ in range(100):
        assert machine.send_data(stream, memoryview(bytes(100))) == 100
        machine.receive(frame(8, 0, 0, b"\0\0\0\x64") + frame(8, 0, 1, b"\0\0\0\x64"))
    assert machine.error is None


@pytest.mark.parametrize(
    ("wire", "code"),
    [
        (frame(1, 0, 1, OK) + frame(9, 0, 1, bytes(16000)) * 4, 11),
        (frame(1, 0, 1, OK) + frame(9, 0, 1) * 200, 11),
        (frame(9, 0, 1), 1),
        (frame(1, 0, 1, OK) + frame(0, 0, 1, b"x"), 1),
        (frame(1, 4, 0, OK), 1),
        (frame(1, 0x24, 1, b"\0"), 6),
        (frame(1, 0x0C, 1, b"\x09"), 1),
        (frame(5, 4, 1, b"\0\0\0\2" + OK), 1),
        (frame(1, 4, 1, b"\x7f\xff\xff\xff\xff\xff"), 9),
        (frame(1, 4, 1, OK + b"\xbf"), 9),
        (frame(1, 4, 1, OK + b"\x3f\xe1\xff\x03"), 9),
        (frame(0, 0, 1, bytes(16385)), 6),
    ],
)
def test_faults_of_the_connection(wire: bytes, code: int) -> None:
    machine = machine_of(max_header_bytes=40_000)
    stream = open_stream(machine)
    machine.receive(wire)
    assert goaway_code(machine) == code
    assert isinstance(stream.error, RemoteProtocolError)


def test_trailers_with_a_broken_block_end_the_connection() -> None:
    machine = machine_of()
    open_stream(machine)
    machine.receive(frame(1, 4, 1, OK) + frame(1, 5, 1, b"\xff\xff\xff\xff\xff\xff\xff"))
    assert goaway_code(machine) == 9


def test_no_settings_first() -> None:
    for wire in (b"HTTP/1.1 400 Bad Request\r\n\r\n", frame(6, 0, 0, bytes(8)), frame(4, 1, 0)):
        machine = Http2Machine(Http2Options())
        stream = open_stream(machine)
        machine.receive(wire)
        assert isinstance(stream.error, RemoteProtocolError)


@pytest.mark.parametrize(
    "given", [{"stream_window": 1}, {"max_streams": 0}, {"ping_timeout": None}, {"probe_after": -1}]
)
def test_options_are_checked(given: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError), match=next(iter(given))):
        Http2Options(**given)


def test_all_who_ask_are_answered() -> None:
    for last in (frame(6, 1, 0, bytes(8)), b""):
        machine = machine_of()
        askers = [Http2Stream(0, "", 0), Http2Stream(0, "", 0)]
        for asker in askers:
            asker.waiter = object()
            machine.ping(asker)
        assert machine.receive(last) == askers
        assert machine.pings == 0 or not last
