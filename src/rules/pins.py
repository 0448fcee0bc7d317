"""Pins: which public keys a host's certificates may have (RFC 7469 section 2.4, as curl and OkHttp write them)."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["checked_pins", "pin_of", "pins_for"]

PIN_LENGTH = 44
SEQUENCE = 0x30
EXPLICIT_0 = 0xA0
FIELDS_BEFORE_KEY = 5
"""serialNumber, signature, issuer, validity, subject (RFC 5280 section 4.1), after a version that may be left out."""


def checked_pins(pins: Any) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return pins in one form, by host in small letters. Raises ValueError, TypeError."""
    if isinstance(pins, tuple):
        pins = dict(pins)
    if not isinstance(pins, Mapping):
        raise TypeError(f"pins map a host to its pins, {{'example.org': ['sha256/…']}}; they are no {pins!r}")
    checked: dict[str, tuple[str, ...]] = {}
    for host, given in pins.items():
        name = host.lower().rstrip(".") if isinstance(host, str) else ""
        if not name or "*" in name.removeprefix("*.") or "/" in name:
            raise ValueError(f"pins are for a host such as 'example.org' or '*.example.org', not {host!r}")
        values = tuple(_checked(pin) for pin in ([given] if isinstance(given, str) else given))
        if not values:
            raise ValueError(f"no pin was given for {host!r}, which nothing could fulfil")
        checked[name] = checked.get(name, ()) + values
    return tuple(sorted(checked.items()))


def _checked(pin: object) -> str:
    if isinstance(pin, str) and pin.startswith("sha256/"):
        text = pin.removeprefix("sha256/")
        if len(text) > PIN_LENGTH:  # curl writes two slashes; of one hash in 64 the base64 itself begins with one
            text = text.removeprefix("/")
        try:
            if len(b64decode(text, validate=True)) == 32:
                return f"sha256/{text}"
        except ValueError:
            pass
    raise ValueError(f"a pin is 'sha256/' and the base64 of the SHA-256 of a public key, not {pin!r}")


def pins_for(pins: Iterable[tuple[str, tuple[str, ...]]], host: str) -> frozenset[str]:
    """Return the pins for a host: those of its name, and those of a pattern that stands for it."""
    name = host.lower().rstrip(".")
    pattern = "*." + name.partition(".")[2]
    return frozenset(pin for wanted, values in pins if wanted in (name, pattern) for pin in values)


def pin_of(certificate: bytes) -> str:
    """Return the pin of a certificate in DER: of its SubjectPublicKeyInfo. Raises ValueError for what is none."""
    from hashlib import sha256

    _, fields, end, _ = _element(certificate, 0)
    _, at, end, _ = _element(certificate, fields)
    tag, _, after, _ = _element(certificate, at)
    if tag == EXPLICIT_0:
        at = after
    for _ in range(FIELDS_BEFORE_KEY):
        _, _, at, _ = _element(certificate, at)
    tag, _, after, start = _element(certificate, at)
    if tag != SEQUENCE or after > end:
        raise ValueError("this is no certificate")
    return "sha256/" + b64encode(sha256(certificate[start:after]).digest()).decode("ascii")


def _element(data: bytes, at: int) -> tuple[int, int, int, int]:
    """Return tag, start of the content, end, and start of one element of DER."""
    if at + 2 > len(data):
        raise ValueError("this is no certificate: it ends too early")
    size = data[at + 1]
    content = at + 2
    if size & 0x80:
        count = size & 0x7F
        if not 1 <= count <= 4:
            raise ValueError("this is no certificate: a length is not DER")
        size = int.from_bytes(data[content : content + count], "big")
        content += count
    if content + size > len(data):
        raise ValueError("this is no certificate: it ends too early")
    return data[at], content, content + size, at
