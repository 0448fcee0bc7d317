"""The behaviour as the answers of a MockEngine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from duohttp.engines.mock_reply import Reply, reply
from duohttp.engines.mock_rules import Recorded
from duohttp.exceptions import ServerDisconnected

from .behaviour import Call, Cut, Head, Read, Sleep, route

__all__ = ["answer"]


def answer(recorded: Recorded) -> Reply:
    """Do what the behaviour says. A mock tells no time in the middle of a body: it does not wait there."""
    request = recorded.request
    headers = [(name.lower(), value) for name, value in request.headers.items()]
    if "host" not in request.headers:
        headers.append(("host", request.url.authority))
    call = Call(request.method, request.url.raw_path_qs, headers)
    steps = route(call)
    left = [recorded.content] if recorded.content else []
    value: Any = None
    delay = 0.0
    while True:
        step = steps.send(value)
        value = None
        match step:
            case Read():
                value = left.pop() if left else b""
            case Sleep():
                delay += step.seconds
            case Head():
                stream = pieces(steps, left)
                return reply(step.status, headers=step.headers, trailers=step.trailers, stream=stream, delay=delay)


def pieces(steps: Any, left: list[bytes]) -> Iterator[Any]:
    value: Any = None
    while True:
        try:
            step = steps.send(value)
        except StopIteration:
            return
        value = None
        match step:
            case bytes():
                yield step
            case Read():
                value = left.pop() if left else b""
            case Cut():
                yield ServerDisconnected("this answer is meant to be broken off")
