"""Responses kept in Redis."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from importlib import import_module
from typing import IO, Any
from urllib.parse import urlsplit

from .._concurrency import fork_generation, wall_time
from .._files.spooled import SpooledWriter
from ..exceptions import MissingExtra
from ..plugins.cache_storage import CacheReader, CacheStorage, CacheWriter
from ..values.cache_entry import CacheEntry
from ..values.checks import check_options

__all__ = ["RedisCacheStorage"]

WEEK = 7 * 86400.0
# Before the entry itself: when it was committed, in ns, and the token that names its body.
TOKEN = 16
HEADER = 8 + TOKEN
TRIES = 5


class RedisCacheStorage(CacheStorage):
    """Keeps responses in a Redis server, for all processes and machines that use it.

    ``url`` is one that the ``redis`` package takes, ``rediss://`` and ``unix://`` too; ``options`` go to its
    ``Redis.from_url``. All keys begin with ``prefix``. What nobody used for ``ttl`` seconds (a week) is removed by
    the server, and what its ``maxmemory-policy`` chooses. A body of more than ``max_body`` bytes (16 MiB) is not kept.
    A response and what it replaces change in one transaction. A server that does not answer within 5 seconds (2 to
    connect) has nothing.

    Methods raise OSError, which HttpCache logs and takes as "not there". Raises MissingExtra without the extra
    ``redis``, ValueError for a url, sizes or times that are none.
    """

    def __init__(
        self,
        url: str = "redis://localhost:6379/0",
        *,
        prefix: str = "duohttp",
        ttl: float = WEEK,
        max_body: int = 16 * 1024 * 1024,
        **options: Any,
    ) -> None:
        check_options(RedisCacheStorage, locals())
        library()
        if max_body < 0:
            raise ValueError(f"max_body is a number of bytes from 0 on, not {max_body!r}")
        if not 1 <= ttl < 1e10:
            raise ValueError(f"ttl is a number of seconds from 1 on, not {ttl!r}")
        self.prefix = prefix
        self.ttl = ttl
        self.max_body = max_body
        self._url = url
        self._options = options
        self._clients: dict[int, Any] = {}
        self._new_client()  # which connects later, but says now what is wrong

    def entries(self, key: str) -> list[CacheEntry]:
        """Return all entries of a key, the newest first."""
        with mapped():
            values = self._client().hvals(self._home(key))
        found = []
        for value in values:
            try:
                entry = CacheEntry.load(value[HEADER:])
            except ValueError:
                continue  # of another version of this package
            if entry.key == key:
                found.append((entry.response_time, value[:8], entry))
        found.sort(key=lambda each: each[:2], reverse=True)
        return [entry for _, _, entry in found]

    def open(self, entry: CacheEntry) -> CacheReader | None:
        """Return a reader of the body of an entry; None where it is gone."""
        home = self._home(entry.key)
        with mapped():
            client = self._client()
            value = client.hget(home, entry.id)
            if value is None:
                return None
            body = _body(home, value)
            pipe = client.pipeline(transaction=False)
            pipe.strlen(body).pexpire(body, self._lifetime(entry)).pexpire(home, int(self.ttl * 1000)).exists(body)
            size, _, _, there = pipe.execute()
        return _Reader(self, body, entry.size) if there and size == entry.size else None

    def create(self, entry: CacheEntry) -> CacheWriter | None:
        """Begin to store a body; None where it is known to be too large."""
        return None if entry.size > self.max_body else SpooledWriter(self._store, self.max_body)

    def update(self, entry: CacheEntry) -> bool:
        """Replace the entry with this id; False where it is gone."""
        home = self._home(entry.key)
        with mapped(), self._client().pipeline() as pipe:
            for _ in range(TRIES):
                pipe.watch(home)
                value = pipe.hget(home, entry.id)
                if value is None:
                    return False
                pipe.multi()
                pipe.hset(home, entry.id, value[:HEADER] + entry.dump())
                pipe.pexpire(_body(home, value), self._lifetime(entry))
                pipe.pexpire(home, int(self.ttl * 1000))
                try:
                    pipe.execute()
                except library().WatchError:
                    continue  # others work on the same key: look again
                return True
        return False

    def remove(self, key: str, ids: Iterable[str] | None = None) -> None:
        """Remove entries of a key: those with these ids, or all."""
        home = self._home(key)
        with mapped():
            client = self._client()
            chosen = client.hkeys(home) if ids is None else list(ids)
            pipe = client.pipeline()
            _remove(client, pipe, home, chosen)
            pipe.execute()

    def clear(self) -> None:
        """Remove all that begins with the prefix."""
        pattern = "".join(f"\\{letter}" if letter in "*?[]\\^" else letter for letter in self.prefix)
        with mapped():
            client = self._client()
            position = 0
            while True:
                position, keys = client.scan(position, match=f"{pattern}:*", count=1000)
                if keys:
                    client.unlink(*keys)
                if position == 0:
                    return

    def close(self) -> None:
        """Close the connections; what is stored stays."""
        client = self._clients.pop(fork_generation(), None)
        if client is not None:
            with mapped():
                client.close()

    def _store(self, entry: CacheEntry, body: IO[bytes], size: int, replaces: Iterable[str]) -> bool:
        """Write a response and remove what it replaces, in one transaction."""
        home = self._home(entry.key)
        header = time.time_ns().to_bytes(8, "big") + os.urandom(TOKEN)
        fits = size == entry.size
        with mapped():
            client = self._client()
            pipe = client.pipeline()
            _remove(client, pipe, home, [*replaces, entry.id])
            if fits:
                pipe.set(_body(home, header), body.read(), px=self._lifetime(entry))
                pipe.hset(home, entry.id, header + entry.dump())
                pipe.pexpire(home, int(self.ttl * 1000))
            pipe.execute()
        return fits

    def _home(self, key: str) -> str:
        """Return the key of what belongs to a url; all of it is on one node of a cluster, by the braces."""
        return f"{self.prefix}:{{{sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}}}"

    def _lifetime(self, entry: CacheEntry) -> int:
        """Return for how many milliseconds a body is kept."""
        left = self.ttl if entry.expires_at is None else min(self.ttl, entry.expires_at - wall_time())
        return max(1000, int(left * 1000))

    def _client(self) -> Any:
        generation = fork_generation()
        client = self._clients.get(generation)
        return self._clients.setdefault(generation, self._new_client()) if client is None else client

    def _new_client(self) -> Any:
        redis = library()
        # One that was closed while it was idle is opened again; a server that is not there is not waited for.
        once = redis.retry.Retry(redis.backoff.NoBackoff(), 1)
        given = {"socket_timeout": 5.0, "socket_connect_timeout": 2.0, "retry": once, **self._options}
        return redis.Redis.from_url(self._url, **{**given, "decode_responses": False})

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_clients": {}}

    def __repr__(self) -> str:
        parts = urlsplit(self._url)
        place = parts.netloc.rpartition("@")[2]
        return f"RedisCacheStorage('{parts.scheme}://{place}{parts.path}')"


class _Reader(CacheReader):
    """Reads ranges; it holds nothing open between two calls. No body ever takes the name of another."""

    __slots__ = ("_body", "_size", "_storage")

    def __init__(self, storage: RedisCacheStorage, body: str, size: int) -> None:
        self._storage = storage
        self._body = body
        self._size = size

    def read(self, start: int, size: int) -> bytes:
        end = min(start + size, self._size)
        if start >= end:
            return b""
        with mapped():
            data: bytes = self._storage._client().getrange(self._body, start, end - 1)
        if len(data) != end - start:
            raise LookupError("the stored body is gone")
        return data

    def close(self) -> None:
        pass


def _body(home: str, value: bytes) -> str:
    """Return the key of a body, by the value of its entry."""
    return f"{home}:{value[8:HEADER].hex()}"


def _remove(client: Any, pipe: Any, home: str, ids: Iterable[Any]) -> None:
    """Add to a transaction that entries and their bodies are removed."""
    chosen = list(ids)
    if chosen:
        bodies = [_body(home, value) for value in client.hmget(home, chosen) if value is not None]
        pipe.hdel(home, *chosen)
        if bodies:
            pipe.unlink(*bodies)


def library() -> Any:
    """Return the ``redis`` package. Raises MissingExtra."""
    try:
        return import_module("redis")
    except ImportError:
        raise MissingExtra("a cache in Redis needs the package redis: install duohttp[redis]") from None


@contextmanager
def mapped() -> Iterator[None]:
    """Turn what the package raises into OSError."""
    try:
        yield
    except library().RedisError as error:
        raise OSError(f"the cache in Redis failed: {error}") from error
