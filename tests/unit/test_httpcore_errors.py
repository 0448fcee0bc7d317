"""Whatever httpcore and the libraries under it raise is mapped to an error of ours."""

from __future__ import annotations

import asyncio
import inspect
import pkgutil
import ssl
from importlib import import_module
from types import ModuleType
from typing import Any

import anyio
import h2.exceptions
import pytest
import trio

from duohttp import exceptions
from duohttp.engines.httpcore_errors import mapped
from duohttp.exceptions import (
    HTTPError,
    NetworkError,
    ReadTimeout,
    RemoteProtocolError,
    ServerDisconnected,
    TimeoutException,
    TLSError,
)

httpcore = pytest.importorskip("httpcore")

SAME_NAME = {name for name in exceptions.__all__ if inspect.isclass(getattr(exceptions, name))}


def exceptions_of(package: ModuleType) -> list[type[Exception]]:
    """Every exception class that a package defines, in any of its modules."""
    modules = [package]
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        modules.append(import_module(info.name))
    found = {
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Exception) and value.__module__.startswith(package.__name__)
    }
    return sorted(found, key=lambda kind: kind.__name__)


def made(kind: type[Exception]) -> Exception:
    for arguments in (["something"], [1, 2]):
        try:
            return kind(*arguments)
        except TypeError:
            pass
    return kind.__new__(kind)  # an abstract one


@pytest.mark.parametrize("kind", exceptions_of(httpcore), ids=lambda kind: kind.__name__)
def test_every_exception_of_httpcore(kind: type[Exception]) -> None:
    error = mapped(made(kind))
    assert error is not None
    assert type(error).__module__ == "duohttp.exceptions"
    assert "something" in str(error)
    if kind.__name__ in SAME_NAME:
        assert type(error).__name__ == kind.__name__


@pytest.mark.parametrize("name", ["h11", "h2", "hpack", "hyperframe", "socksio"])
def test_every_exception_of_the_libraries_under_it(name: str) -> None:
    kinds = exceptions_of(import_module(name))
    assert kinds
    unmapped = [kind for kind in kinds if not isinstance(mapped(made(kind)), HTTPError)]
    assert unmapped == []


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (ssl.SSLError("handshake failure"), TLSError, "handshake failure"),
        (ConnectionResetError(104, "Connection reset by peer"), NetworkError, "Connection reset by peer"),
        (TimeoutError(), TimeoutException, "something took too long"),
        (anyio.BrokenResourceError(), NetworkError, "the connection broke"),
        (trio.ClosedResourceError(), NetworkError, "the connection broke"),
        (httpcore.ReadTimeout(), ReadTimeout, "no byte came in time"),
        (httpcore.RemoteProtocolError("Server disconnected without a word"), ServerDisconnected, "Server disconnected"),
        (httpcore.RemoteProtocolError("peer closed connection early"), ServerDisconnected, "peer closed"),
        (httpcore.RemoteProtocolError("illegal status line"), RemoteProtocolError, "illegal status line"),
    ],
)
def test_kinds_and_texts(error: Exception, kind: type[HTTPError], text: str) -> None:
    found = mapped(error)
    assert type(found) is kind
    assert text in str(found)


def test_reason_of_a_bad_certificate() -> None:
    error: Any = ssl.SSLCertVerificationError("long text with numbers")
    error.verify_message = "certificate has expired"
    assert str(mapped(error)) == "TLS failed: certificate has expired"


@pytest.mark.parametrize(
    ("code", "text"),
    [(7, "the server reset the stream: refused stream (7)"), (99, "reset the stream: error code (99)")],
)
def test_events_of_http2(code: int, text: str) -> None:
    class StreamReset:
        stream_id = 1
        error_code = code

    assert text in str(mapped(httpcore.RemoteProtocolError(StreamReset())))


def test_end_of_http2() -> None:
    class ConnectionTerminated:
        error_code = 0

    found = mapped(httpcore.RemoteProtocolError(ConnectionTerminated()))
    assert str(found) == "the server ended the connection: no error (0)"


def test_exception_within_an_exception() -> None:
    inner = h2.exceptions.StreamClosedError(1)
    assert isinstance(mapped(httpcore.LocalProtocolError(inner)), exceptions.LocalProtocolError)


def test_ours_stay_as_they_are() -> None:
    error = ReadTimeout("x")
    assert mapped(error) is error


@pytest.mark.parametrize(
    "error", [asyncio.CancelledError(), KeyboardInterrupt(), ValueError("bug"), GeneratorExit(), KeyError("x")]
)
def test_what_is_nobodys_passes(error: BaseException) -> None:
    assert mapped(error) is None
