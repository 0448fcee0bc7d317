"""What is measured: the rows, their baselines and their targets."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

__all__ = ["ROWS", "Kind", "Row", "chosen_rows"]

Kind = Literal["ratio", "throughput", "scaling", "added", "memory", "fresh"]
"""Seconds over the baseline's; bytes a second over the baseline's; seconds over the library's own at 50 at once;
microseconds more than the baseline; megabytes; milliseconds in fresh processes."""

SYNC = (
    "raw",
    "duohttp",
    "duohttp_httpcore",
    "http_client",
    "urllib3",
    "requests",
    "httpx",
    "httpx2",
    "httpcore",
    "niquests",
    "pycurl",
    "curl_cffi",
    "primp",
    "wreq",
    "pyreqwest",
)
ASYNC = (
    "raw",
    "raw_buffered",
    "duohttp",
    "duohttp_httpcore",
    "aiohttp",
    "httpx",
    "httpx2",
    "niquests",
    "wreq",
    "pyreqwest",
)
THREADED = (
    "raw",
    "raw_working",
    "duohttp",
    "urllib3",
    "requests",
    "httpx",
    "httpx2",
    "curl_cffi",
    "primp",
    "wreq",
    "pyreqwest",
)
STREAMING = tuple(name for name in SYNC if name not in ("duohttp_httpcore", "httpcore"))
ASYNC_STREAMING = ("raw", "duohttp", "aiohttp", "httpx", "httpx2", "wreq", "pyreqwest")
HTTP2 = ("raw", "duohttp", "httpx", "httpx2", "niquests", "pycurl", "primp", "wreq", "pyreqwest")
ASYNC_HTTP2 = ("raw", "duohttp", "httpx", "httpx2", "niquests", "primp", "wreq", "pyreqwest")
WEBSOCKET = ("websockets", "duohttp", "duohttp_httpcore", "websocket_client")
ASYNC_WEBSOCKET = ("websockets", "duohttp", "duohttp_httpcore", "aiohttp")
PLUGINS = ("duohttp", "duohttp_plugins", "duohttp_around", "duohttp_flows")


@dataclass(frozen=True, slots=True)
class Row:
    """One table. ``target`` is what duohttp is meant to reach: at most, for ``throughput`` at least."""

    name: str
    title: str
    kind: Kind
    libraries: tuple[str, ...]
    task: str = "get"
    url: str = "small"
    target: float | None = None
    baseline: str = "raw"
    options: dict[str, Any] = field(default_factory=dict)
    """Fields of ``Setup``."""
    answer: str = "seconds"
    """Which number of a round counts."""

    @property
    def unit(self) -> str:
        return {
            "ratio": f"× {self.baseline}",
            "throughput": f"of {self.baseline}",
            "scaling": "× at 50",
            "added": "µs more",
            "memory": "MB",
            "fresh": "ms",
        }[self.kind]

    def reached(self, value: float) -> bool | None:
        """Return whether the target is reached; None when there is none."""
        if self.target is None:
            return None
        return value >= self.target if self.kind == "throughput" else value <= self.target


def async_rows(loop: str, target: float) -> list[Row]:
    return [
        Row(
            f"{loop}-{concurrency}",
            f"async GET, 54 bytes, {concurrency} at once, {loop}",
            "ratio",
            ASYNC,
            task="async_get",
            target=target,
            options={"concurrency": concurrency, "loop": loop},
        )
        for concurrency in (1, 50, 500)
    ]


def websocket_rows(name: str, what: str, url: str, compression: bool = False) -> list[Row]:
    return [
        Row(
            f"{name}-{size}{'' if task == 'echo' else '-asyncio'}",
            f"echo of {size} bytes over a WebSocket{what}{'' if task == 'echo' else ', asyncio'}",
            "ratio",
            WEBSOCKET if task == "echo" else ASYNC_WEBSOCKET,
            task=task,
            url=url,
            target=1.0,
            baseline="websockets",
            options={"size": size, "compression": compression},
        )
        for size in (100, 65536)
        for task in ("echo", "async_echo")
    ]


ROWS = (
    Row("get", "sync GET, 54 bytes, kept alive", "ratio", SYNC, target=1.8),
    Row("varied", "sync GET, 54 bytes, kept alive, no two response heads alike", "ratio", SYNC, url="varied"),
    *async_rows("asyncio", 1.5),
    *async_rows("uvloop", 1.8),
    Row(
        "varied-asyncio",
        "async GET, 54 bytes, 50 at once, no two response heads alike, asyncio",
        "ratio",
        ASYNC,
        task="async_get",
        url="varied",
        options={"concurrency": 50},
    ),
    Row(
        "scaling",
        "async GET, cost of a request with 1,000 at once, asyncio",
        "scaling",
        ASYNC,
        task="async_get",
        target=1.3,
        options={"concurrency": 1000},
    ),
    Row(
        "scaling-uvloop",
        "async GET, cost of a request with 1,000 at once, uvloop",
        "scaling",
        ASYNC,
        task="async_get",
        target=1.3,
        options={"concurrency": 1000, "loop": "uvloop"},
    ),
    Row(
        "threads",
        "sync GET, 54 bytes, 32 threads on one client",
        "ratio",
        THREADED,
        task="threads",
        target=1.8,
        options={"concurrency": 32},
    ),
    Row("download", "100 MB down, streamed", "throughput", STREAMING, task="download", url="long", target=0.9),
    Row("upload", "100 MB up, from memory", "throughput", STREAMING, task="upload", url="upload", target=0.9),
    Row(
        "async-download",
        "100 MB down, streamed, asyncio",
        "throughput",
        ASYNC_STREAMING,
        task="async_download",
        url="long",
        target=0.9,
    ),
    Row(
        "async-upload",
        "100 MB up, from memory, asyncio",
        "throughput",
        ASYNC_STREAMING,
        task="async_upload",
        url="upload",
        target=0.9,
    ),
    Row(
        "memory",
        "memory added by 1 GB streamed down",
        "memory",
        STREAMING,
        task="memory",
        url="streamed",
        target=8,
        answer="megabytes",
    ),
    Row(
        "async-memory",
        "memory added by 1 GB streamed down, asyncio",
        "memory",
        ASYNC_STREAMING,
        task="async_memory",
        url="streamed",
        target=8,
        answer="megabytes",
    ),
    Row(
        "plugins",
        "time added by ten plugins that do nothing",
        "added",
        PLUGINS,
        target=10,
        baseline="duohttp",
    ),
    Row(
        "async-plugins",
        "time added by ten plugins that do nothing, asyncio",
        "added",
        PLUGINS,
        task="async_get",
        target=10,
        baseline="duohttp",
    ),
    Row("import", "import, over a bare interpreter", "fresh", (*SYNC[1:], "aiohttp"), target=40, answer="import"),
    Row("client", "making a client, once imported", "fresh", SYNC[1:], target=1, answer="create"),
    Row("tls", "sync GET, 54 bytes, TLS, kept alive", "ratio", SYNC, url="tls"),
    Row(
        "tls-asyncio",
        "async GET, 54 bytes, TLS, 50 at once, asyncio",
        "ratio",
        ASYNC,
        task="async_get",
        url="tls",
        options={"concurrency": 50},
    ),
    Row("http2-1", "sync GET, 54 bytes, HTTP/2, one stream", "ratio", HTTP2, url="http2", options={"http2": True}),
    Row(
        "http2-100",
        "async GET, 54 bytes, HTTP/2, 100 streams at once, asyncio",
        "ratio",
        ASYNC_HTTP2,
        task="async_get",
        url="http2",
        options={"http2": True, "concurrency": 100},
    ),
    *websocket_rows("websocket", "", "ws"),
    *websocket_rows("websocket-tls", " over TLS", "wss"),
    *websocket_rows("websocket-deflate", ", compressed", "ws", compression=True),
)


def chosen_rows(patterns: list[str]) -> list[Row]:
    """Return the rows whose names match one of the patterns (``uvloop-*``), all rows for no pattern.

    Raises ValueError for a pattern that matches none.
    """
    for pattern in patterns:
        if not any(fnmatchcase(row.name, pattern) for row in ROWS):
            raise ValueError(f"no row is called {pattern!r}; there are {', '.join(row.name for row in ROWS)}")
    return [row for row in ROWS if not patterns or any(fnmatchcase(row.name, pattern) for pattern in patterns)]
