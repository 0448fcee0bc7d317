"""duohttp with its default engine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from ..task import Setup, Unsupported

DISTRIBUTIONS = ("httptools", "yarl", "multidict")
IMPORT = "from duohttp import Client"
CREATE = "Client()"


def default_engine(duohttp: Any) -> Any:
    return None


class Runner:
    """The same with another engine, or with plugins."""

    def __init__(
        self,
        make_engine: Callable[[Any], Any] = default_engine,
        make_plugins: Callable[[Any], list[Any]] = lambda duohttp: [],
    ) -> None:
        self.make_engine = make_engine
        self.make_plugins = make_plugins

    def options(self, duohttp: Any, setup: Setup) -> dict[str, Any]:
        options: dict[str, Any] = {
            "verify": False,
            "http2": setup.http2,
            "limits": duohttp.Limits(max_connections=None),
        }
        if engine := self.make_engine(duohttp):
            options["engine"] = engine
        if plugins := self.make_plugins(duohttp):
            options["plugins"] = plugins
        return options

    @contextmanager
    def client(self, setup: Setup) -> Iterator[Any]:
        import duohttp

        if not hasattr(duohttp, "Client"):
            raise Unsupported("has no Client yet")
        with duohttp.Client(**self.options(duohttp, setup)) as made:
            yield made

    @asynccontextmanager
    async def async_client(self, setup: Setup) -> AsyncIterator[Any]:
        import duohttp

        if not hasattr(duohttp, "AsyncClient"):
            raise Unsupported("has no AsyncClient yet")
        async with duohttp.AsyncClient(**self.options(duohttp, setup)) as made:
            yield made

    @contextmanager
    def get(self, setup: Setup) -> Iterator[Callable[[], bytes]]:
        url = setup.url
        with self.client(setup) as made:
            yield lambda: made.get(url).content

    @asynccontextmanager
    async def async_get(self, setup: Setup) -> AsyncIterator[Callable[[], Awaitable[bytes]]]:
        url = setup.url
        async with self.async_client(setup) as made:

            async def call() -> bytes:
                content: bytes = (await made.get(url)).content
                return content

            yield call

    @contextmanager
    def download(self, setup: Setup) -> Iterator[Callable[[str], int]]:
        with self.client(setup) as made:

            def fetch(url: str) -> int:
                with made.stream("GET", url) as response:
                    return sum(len(chunk) for chunk in response.iter_bytes())

            yield fetch

    @contextmanager
    def upload(self, setup: Setup) -> Iterator[Callable[[str, bytes], int]]:
        with self.client(setup) as made:
            yield lambda url, body: made.put(url, content=body).status_code

    @asynccontextmanager
    async def async_download(self, setup: Setup) -> AsyncIterator[Callable[[str], Awaitable[int]]]:
        async with self.async_client(setup) as made:

            async def fetch(url: str) -> int:
                total = 0
                async with made.stream("GET", url) as response:
                    async for chunk in response.iter_bytes():
                        total += len(chunk)
                return total

            yield fetch

    @asynccontextmanager
    async def async_upload(self, setup: Setup) -> AsyncIterator[Callable[[str, bytes], Awaitable[int]]]:
        async with self.async_client(setup) as made:

            async def send(url: str, body: bytes) -> int:
                status: int = (await made.put(url, content=body)).status_code
                return status

            yield send

    def websocket(self, made: Any, setup: Setup) -> Any:
        return made.websocket(setup.url, compression=setup.compression, max_message_size=None)

    @contextmanager
    def echo(self, setup: Setup) -> Iterator[Callable[[bytes], bytes]]:
        with self.client(setup) as made, self.websocket(made, setup) as connection:

            def call(message: bytes) -> bytes:
                connection.send(message)
                return connection.receive()  # type: ignore[no-any-return]

            yield call

    @asynccontextmanager
    async def async_echo(self, setup: Setup) -> AsyncIterator[Callable[[bytes], Awaitable[bytes]]]:
        async with self.async_client(setup) as made, self.websocket(made, setup) as connection:

            async def call(message: bytes) -> bytes:
                await connection.send(message)
                return await connection.receive()  # type: ignore[no-any-return]

            yield call


runner = Runner()
get, async_get = runner.get, runner.async_get
download, upload = runner.download, runner.upload
async_download, async_upload = runner.async_download, runner.async_upload
echo, async_echo = runner.echo, runner.async_echo
