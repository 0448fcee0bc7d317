"""DNS messages: questions for addresses, and what the answers say (RFC 1035 section 4, RFC 3596)."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

__all__ = ["AAAA", "MAX_TTL", "A", "DnsAnswer", "decode_answer", "encode_question"]

A, CNAME, SOA, AAAA = 1, 5, 6, 28
INTERNET = 1
SIZES = {A: 4, AAAA: 16}
RESPONSE, OPCODE, TRUNCATED, RECURSION_DESIRED = 0x8000, 0x7800, 0x0200, 0x0100
NO_SUCH_NAME = 3
CODES = {1: "format error", 2: "server failure", 4: "not implemented", 5: "refused"}
MAX_MESSAGE = 65535
MAX_NAME = 255
MAX_ALIASES = 16
MAX_TTL = 86400
"""The longest that an answer is believed, in seconds."""


class DnsAnswer(NamedTuple):
    """What an answer says of a name: its addresses, for how many seconds that holds, and whether the name exists."""

    addresses: list[str]
    ttl: int
    exists: bool = True


class _Record(NamedTuple):
    name: bytes
    kind: int
    ttl: int
    start: int
    end: int


def encode_question(name: str, kind: int) -> bytes:
    """Return the message that asks for a name's addresses, with the id 0, as caches like it (RFC 8484 section 4.1).

    Raises ValueError for what is no name.
    """
    encoded = b""
    for label in name.removesuffix(".").split("."):
        if not 1 <= len(label) <= 63 or not label.isascii():
            raise ValueError(f"{name!r} is no host name in ASCII")
        encoded += bytes((len(label),)) + label.encode("ascii")
    encoded += b"\0"
    if len(encoded) > MAX_NAME:
        raise ValueError(f"{name!r} is longer than a host name may be")
    header = (0, RECURSION_DESIRED, 1, 0, 0, 0)
    return b"".join(number.to_bytes(2, "big") for number in header) + encoded + _pair(kind)


def _pair(kind: int) -> bytes:
    return kind.to_bytes(2, "big") + INTERNET.to_bytes(2, "big")


def decode_answer(message: bytes, question: bytes, kind: int) -> DnsAnswer:
    """Return what a message says about a question of ``encode_question``.

    Raises ValueError for what is no answer to it. Aliases are followed within the message; the ttl is the shortest of
    all on the way. Without addresses it is that of the negative answer (RFC 2308 section 5).
    """
    if len(message) > MAX_MESSAGE or len(message) < 12:
        raise ValueError("the message has no size that a DNS message can have")
    _, flags, questions, answers, authorities, _ = (_number(message, at) for at in range(0, 12, 2))
    if not flags & RESPONSE or flags & (OPCODE | TRUNCATED):
        raise ValueError("the message is no whole answer")
    code = flags & 0x0F
    if code not in (0, NO_SUCH_NAME):
        raise ValueError(f"the DNS server says {CODES.get(code, f'error {code}')}")
    asked, at = _name(message, 12)
    wanted, _ = _name(question, 12)
    if questions != 1 or asked != wanted or message[at : at + 4] != _pair(kind):
        raise ValueError("the message answers another question")
    at += 4
    records: list[_Record] = []
    for _ in range(answers + authorities):
        record, at = _record(message, at)
        if record is not None:
            records.append(record)
    return _found(message, wanted, kind, records, exists=code == 0)


def _found(message: bytes, name: bytes, kind: int, records: list[_Record], *, exists: bool) -> DnsAnswer:
    ttl = MAX_TTL
    for _ in range(MAX_ALIASES):
        own = [record for record in records if record.name == name and record.kind == kind]
        if own:
            if any(record.end - record.start != SIZES[kind] for record in own):
                raise ValueError("an address in the message has a wrong size")
            make = IPv4Address if kind == A else IPv6Address
            addresses = [str(make(message[record.start : record.end])) for record in own]
            return DnsAnswer(list(dict.fromkeys(addresses)), min(ttl, *(record.ttl for record in own)))
        alias = next((record for record in records if record.name == name and record.kind == CNAME), None)
        if alias is None:
            break
        ttl = min(ttl, alias.ttl)
        name, end = _name(message, alias.start)
        if end != alias.end:
            raise ValueError("an alias in the message has a wrong size")
    else:
        raise ValueError("the message has too many aliases")
    for record in records:
        if record.kind == SOA:
            if record.end - record.start < 20:
                raise ValueError("the message says wrongly who is in authority")
            minimum = int.from_bytes(message[record.end - 4 : record.end], "big")
            return DnsAnswer([], min(ttl, record.ttl, minimum), exists)
    return DnsAnswer([], 0, exists)


def _record(message: bytes, at: int) -> tuple[_Record | None, int]:
    name, at = _name(message, at)
    kind, group = _number(message, at), _number(message, at + 2)
    ttl = _number(message, at + 4) << 16 | _number(message, at + 6)
    start = at + 10
    end = start + _number(message, at + 8)
    if end > len(message):
        raise ValueError("the message ends too early")
    ttl = 0 if ttl & 0x80000000 else min(ttl, MAX_TTL)  # RFC 2181 section 8
    return (_Record(name, kind, ttl, start, end) if group == INTERNET else None), end


def _name(message: bytes, at: int) -> tuple[bytes, int]:
    """Return a name in small letters, and where it ends; a pointer leads back, never on, so that this ends."""
    labels: list[bytes] = []
    end = 0
    size = 1
    limit = len(message)
    while True:
        if at >= limit:
            raise ValueError("the message ends too early")
        length = message[at]
        if length == 0:
            return b".".join(labels), end or at + 1
        if length >= 0xC0:
            target = _number(message, at) & 0x3FFF
            end = end or at + 2
            if target >= at:
                raise ValueError("a name in the message points onwards")
            limit, at = at, target
            continue
        size += length + 1
        if length > 63 or size > MAX_NAME or at + 1 + length > limit:
            raise ValueError("a name in the message is too long")
        labels.append(message[at + 1 : at + 1 + length].lower())
        at += 1 + length


def _number(message: bytes, at: int) -> int:
    if at + 2 > len(message):
        raise ValueError("the message ends too early")
    return int.from_bytes(message[at : at + 2], "big")
