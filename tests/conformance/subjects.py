"""The engines that the suite is about, and how each is served."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from duohttp import AsgiEngine, AsyncEngine, Capability, Engine, HttpcoreEngine, MockEngine, NativeEngine, WsgiEngine
from duohttp._async.engines import build_engine
from duohttp.engines.options import EngineOptions
from duohttp.values.settings import ConnectionSettings

__all__ = ["EXTERNAL", "SUBJECTS", "Subject", "external", "subjects"]

EXTERNAL = "external"
"""The name of the engine given with ``--engine``."""

MOCKED = {Capability.TIMEOUTS, Capability.TRAILERS, Capability.STREAM_UPLOAD, Capability.STREAM_DOWNLOAD}


@dataclass
class Subject:
    """One engine, told what a client needs to use it against the behaviour."""

    name: str
    make: Callable[[], Any]
    """Makes what is given as ``engine=``."""
    network: bool = True
    """Whether it talks to a server over sockets; else it has the behaviour inside."""
    http_version: str = "HTTP/1.1"
    options: dict[str, Any] = field(default_factory=dict)
    """Options of the client that it needs besides."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What the engine says it can do."""
        made = self.make()
        if isinstance(made, EngineOptions):
            return build_engine(made, ConnectionSettings(http2=self.http_version == "HTTP/2")).capabilities
        capabilities: frozenset[Capability] = made.capabilities
        return capabilities

    def serves(self, *, blocking: bool) -> bool:
        """Whether the engine is one for this client."""
        made = self.make()
        return isinstance(made, (EngineOptions, Engine if blocking else AsyncEngine))


def _asgi() -> EngineOptions:
    from .asgi_front import app

    return AsgiEngine(app, raise_app_exceptions=False)


def _wsgi() -> EngineOptions:
    from .wsgi_front import app

    return WsgiEngine(app, raise_app_exceptions=False)


def _mock() -> EngineOptions:
    from .mock_front import answer

    return MockEngine(answer, capabilities=MOCKED)


SUBJECTS = {
    subject.name: subject
    for subject in (
        Subject("native", NativeEngine),
        Subject("native-h2", NativeEngine, http_version="HTTP/2", options={"http2": True}),
        Subject("httpcore", HttpcoreEngine),
        Subject("httpcore-h2", HttpcoreEngine, http_version="HTTP/2", options={"http2": True}),
        Subject("asgi", _asgi, network=False),
        Subject("wsgi", _wsgi, network=False),
        Subject("mock", _mock, network=False),
    )
}


def external(name: str) -> Subject:
    """Return the subject for ``--engine module:callable``; what it makes is an engine, or an engine's options."""
    module, _, attribute = name.partition(":")
    return Subject(EXTERNAL, getattr(import_module(module), attribute or "make"))


def subjects(name: str | None) -> dict[str, Subject]:
    """Return what the suite runs over: the engine of that name, or ours."""
    return SUBJECTS if name is None else {EXTERNAL: external(name)}
