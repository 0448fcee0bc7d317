"""Engines: what turns one request into one response."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ...engines.options import EngineOptions, default_options
from ...rules.requirements import check_capabilities
from ...values.settings import ConnectionSettings
from .engine import AsyncEngine

__all__ = ["DRIVERS", "build_engine"]

# The driver named by an options class: its module in this folder, and its class there.
DRIVERS: dict[str, tuple[str, str]] = {
    "asgi": (".asgi", "AsyncAsgiDriver"),
    "httpcore": (".httpcore_engine", "AsyncHttpcoreDriver"),
    "mock": (".mock", "AsyncMockDriver"),
    "native": (".native.engine", "AsyncNativeDriver"),
    "native_http2": (".native.http2_engine", "AsyncHttp2Driver"),
    "wsgi": (".wsgi", "AsyncWsgiDriver"),
}


def build_engine(engine: EngineOptions | AsyncEngine | None, settings: ConnectionSettings) -> AsyncEngine:
    """Return the engine a client works with; only its own module is imported. None means the default one.

    An AsyncEngine is taken as it is. Raises TypeError for what is no engine, or one of the
    other client's, and UnsupportedByEngine where the settings ask for what the engine lacks.
    """
    if isinstance(engine, AsyncEngine):
        check_capabilities(engine, engine.capabilities, settings)
        return engine
    options = default_options(settings) if engine is None else engine
    if not isinstance(options, EngineOptions):
        hint = "; make an object of it: add ()" if isinstance(options, type) else ""
        raise TypeError(f"engine is an engine's options or an {AsyncEngine.__name__}, not {options!r}{hint}")
    driver = DRIVERS.get(options.driver_for(settings))
    if driver is None:
        raise TypeError(f"no engine is registered as {options.driver!r}, which {options!r} asks for")
    module, name = driver
    make: Any = getattr(import_module(module, __package__), name)
    result: AsyncEngine = make(options, settings)
    check_capabilities(options, result.capabilities, options.applied(settings))
    return result
