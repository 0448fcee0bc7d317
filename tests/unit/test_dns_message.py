"""DNS messages."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies

from duohttp.rules.dns_message import AAAA, MAX_TTL, A, DnsAnswer, decode_answer, encode_question

NAME = b"\x03www\x07example\x03org\x00"
QUESTION = encode_question("www.example.org", A)
POINTER = b"\xc0\x0c"
"""To the name in the question."""


def record(name: bytes, kind: int, ttl: int, data: bytes, group: int = 1) -> bytes:
    numbers = kind.to_bytes(2, "big") + group.to_bytes(2, "big") + ttl.to_bytes(4, "big")
    return name + numbers + len(data).to_bytes(2, "big") + data


def message(
    *answers: bytes,
    authority: tuple[bytes, ...] = (),
    flags: int = 0x8180,
    question: bytes = QUESTION[12:],
    count: int = 1,
) -> bytes:
    counts = (0, flags, count, len(answers), len(authority), 0)
    return b"".join(number.to_bytes(2, "big") for number in counts) + question + b"".join((*answers, *authority))


ADDRESS = record(POINTER, A, 300, bytes([192, 0, 2, 1]))


def test_a_question() -> None:
    # The example of RFC 8484 section 4.1.1.
    assert bytes.fromhex("00000100000100000000000003777777076578616d706c65036f72670000010001") == QUESTION
    assert encode_question("www.example.org.", A) == QUESTION
    assert encode_question("www.example.org", AAAA)[-4:] == b"\x00\x1c\x00\x01"


@pytest.mark.parametrize("name", ["", ".", "a..b", "x" * 64, ".".join(["x" * 63] * 4) + ".y", "bücher.test"])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(ValueError, match="host name"):
        encode_question(name, A)


def test_addresses() -> None:
    six = record(NAME, AAAA, 60, bytes([0x20, 1, 0xD, 0xB8] + [0] * 11 + [1]))
    second = record(NAME.upper(), A, 200, bytes([192, 0, 2, 2]))
    assert decode_answer(message(ADDRESS, second, ADDRESS), QUESTION, A) == DnsAnswer(["192.0.2.1", "192.0.2.2"], 200)
    wanted = encode_question("WWW.example.ORG", AAAA)
    assert decode_answer(message(six, question=wanted[12:]), wanted, AAAA) == DnsAnswer(["2001:db8::1"], 60)


def test_aliases() -> None:
    first = record(POINTER, 5, 100, b"\x04real\xc0\x10")  # real.example.org
    second = record(b"\x04real\xc0\x10", 5, 50, b"\x05other\x04test\x00")
    last = record(b"\x05other\x04test\x00", A, 300, bytes([192, 0, 2, 7]))
    for order in ((first, second, last), (last, second, first)):
        assert decode_answer(message(*order), QUESTION, A) == DnsAnswer(["192.0.2.7"], 50)
    assert decode_answer(message(first), QUESTION, A) == DnsAnswer([], 0)
    stranger = record(b"\x05other\x04test\x00", A, 300, bytes([6, 6, 6, 6]))
    assert decode_answer(message(stranger), QUESTION, A) == DnsAnswer([], 0)
    circle = record(POINTER, 5, 100, POINTER)
    with pytest.raises(ValueError, match="too many aliases"):
        decode_answer(message(circle), QUESTION, A)


def test_no_address() -> None:
    numbers = b"".join(number.to_bytes(4, "big") for number in (1, 2, 3, 4, 20))
    authority = record(b"\x07example\x03org\x00", 6, 900, b"\x02ns\x00\x04root\x00" + numbers)
    assert decode_answer(message(authority=(authority,)), QUESTION, A) == DnsAnswer([], 20)
    assert decode_answer(message(authority=(authority,), flags=0x8183), QUESTION, A) == DnsAnswer([], 20, exists=False)
    assert decode_answer(message(flags=0x8183), QUESTION, A) == DnsAnswer([], 0, exists=False)


def test_how_long_it_holds() -> None:
    for ttl, believed in ((0, 0), (2**31 - 1, MAX_TTL), (2**31, 0), (2**32 - 1, 0)):
        answer = record(POINTER, A, ttl, bytes([192, 0, 2, 1]))
        assert decode_answer(message(answer), QUESTION, A).ttl == believed


WRONG = [
    (b"", "no size"),
    (message(ADDRESS)[:11], "no size"),
    (b"\0" * 65536, "no size"),
    (message(ADDRESS, flags=0x0180), "no whole answer"),
    (message(ADDRESS, flags=0x8380), "no whole answer"),
    (message(ADDRESS, flags=0x9180), "no whole answer"),
    (message(flags=0x8182), "says server failure"),
    (message(flags=0x8185), "says refused"),
    (message(flags=0x818F), "says error 15"),
    (message(ADDRESS, question=encode_question("other.test", A)[12:]), "another question"),
    (message(ADDRESS, question=encode_question("www.example.org", AAAA)[12:]), "another question"),
    (message(ADDRESS, count=0), "another question"),
    (message(ADDRESS)[:-1], "ends too early"),
    (message(ADDRESS)[:-8], "ends too early"),
    (message(record(POINTER, A, 1, b"abc")), "wrong size"),
    (message(record(POINTER, 5, 1, POINTER + b"x")), "wrong size"),
    (message(record(b"\xc0\x40", A, 1, b"abcd")), "points onwards"),
    (message(record(b"\x40" + b"x" * 64 + b"\0", A, 1, b"abcd")), "too long"),
    (message(record((b"\x3f" + b"x" * 63) * 4 + b"\0", A, 1, b"abcd")), "too long"),
    (message(record(b"\x01x\xc0\x21", A, 1, b"abcd")), "too early"),  # which points at itself
    (message(authority=(record(POINTER, 6, 1, b"abc"),)), "in authority"),
]


@pytest.mark.parametrize(("data", "says"), WRONG, ids=range(len(WRONG)))
def test_what_is_no_answer(data: bytes, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        decode_answer(data, QUESTION, A)


@given(strategies.binary(max_size=60), strategies.integers(0, 80), strategies.integers(0, 3))
def test_garbage_is_refused_or_understood(garbage: bytes, at: int, answers: int) -> None:
    whole = message(*[ADDRESS] * answers, authority=(ADDRESS,))
    try:
        answer = decode_answer(whole[:at] + garbage + whole[at + len(garbage) :], QUESTION, A)
    except ValueError:
        return
    assert isinstance(answer, DnsAnswer)
