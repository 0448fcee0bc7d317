# Generated from tests/conformance/_async/support.py by scripts/generate_sync.py. Do not edit.
"""What the tests of the suite share."""

from __future__ import annotations

from typing import Any

from duohttp import Client
from duohttp._concurrency import monotonic, sleep

from ..subjects import Subject

__all__ = ["client_of", "first_of", "until"]


def client_of(subject: Subject, **options: Any) -> Client:
    """Return a client with the engine under test, whose base url is the behaviour."""
    return Client(engine=subject.make(), **{**subject.options, **options})


def first_of(items: Any) -> Any:
    """Return the first item, and read no further."""
    for item in items:
        return item
    raise AssertionError("there is no item")


def until(condition: Any) -> None:
    """Wait for what another task or thread does."""
    end = monotonic() + 10
    while not condition():
        assert monotonic() < end, "it did not happen"
        sleep(0.005)
