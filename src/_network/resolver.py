"""From host names to addresses: the system's way, a fixed map, a cache, or the user's own function."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from time import monotonic
from typing import Any, TypeAlias

from ..exceptions import RequestError, ResolveError
from ..values.checks import check_options
from .addresses import Address, literal, normalise

__all__ = ["Answer", "CachedResolver", "Resolver", "ResolverTypes", "StaticResolver", "SystemResolver", "as_resolver"]


class Answer(list[Any]):
    """Addresses from a resolver that knows for how many seconds (``ttl``) they hold."""

    def __init__(self, addresses: Iterable[Any], ttl: float) -> None:
        super().__init__(addresses)
        self.ttl = ttl


class Resolver:
    """Turns a host name into addresses, for both clients.

    Subclass it and write ``resolve``; write ``async_resolve`` too if the lookup can be awaited, else the async
    client calls ``resolve`` in a thread. IP literals never come here.
    """

    def resolve(self, host: str, port: int) -> Sequence[Any]:
        """Return the addresses of a host, best first: IP literals, or (family, socket address) pairs.

        May block; it is then called in a thread if there is a time limit. Raises ResolveError (or any OSError).
        """
        raise NotImplementedError

    async def async_resolve(self, host: str, port: int) -> Sequence[Any]:
        """Return the addresses of a host, without blocking."""
        from .async_lookup import lookup

        return await lookup((self, host, port), lambda: self.resolve(host, port))  # type: ignore[no-any-return]

    def resolve_now(self, host: str, port: int) -> Sequence[Any] | None:
        """Return the addresses if they are known without waiting, else None."""
        return None


class SystemResolver(Resolver):
    """Asks the operating system (``getaddrinfo``), in its order of preference."""

    def resolve(self, host: str, port: int) -> Sequence[Any]:
        try:
            found = socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM)
        except UnicodeError:
            raise ResolveError(f"the host name {host!r} is not ASCII; it has to be IDNA-encoded") from None
        except socket.gaierror as error:
            raise ResolveError(f"the host name {host!r} has no address: {error.strerror}") from error
        return [(int(family), address) for family, _, _, _, address in found]

    def resolve_now(self, host: str, port: int) -> Sequence[Any] | None:
        return self.resolve(host, port) if host == "localhost" else None


class StaticResolver(Resolver):
    """Knows some hosts by heart, as curl's ``--resolve``, and asks ``fallback`` for the others.

    Keys are ``"host"`` or ``"host:port"``, values an IP literal or a list of them. ``fallback`` is the system by
    default; with None, other hosts raise ResolveError.
    """

    def __init__(
        self,
        hosts: Mapping[str, str | Sequence[str]],
        fallback: Resolver | None = SystemResolver(),  # noqa: B008 it has no state
    ) -> None:
        check_options(StaticResolver, locals())
        self.fallback = fallback
        self._hosts: dict[str, list[str]] = {}
        for host, addresses in hosts.items():
            known = [addresses] if isinstance(addresses, str) else list(addresses)
            for address in known:
                if literal(address, 0) is None:
                    raise ValueError(f"{address!r}, given for {host!r}, is no IP address")
            self._hosts[host.lower()] = known

    def _known(self, host: str, port: int) -> list[str] | None:
        host = host.lower()
        known = self._hosts.get(f"{host}:{port}")
        return self._hosts.get(host) if known is None else known

    def resolve_now(self, host: str, port: int) -> Sequence[Any] | None:
        known = self._known(host, port)
        if known is None and self.fallback is not None:
            return self.fallback.resolve_now(host, port)
        return known

    def resolve(self, host: str, port: int) -> Sequence[Any]:
        known = self._known(host, port)
        if known is not None:
            return known
        return self._fallback(host).resolve(host, port)

    async def async_resolve(self, host: str, port: int) -> Sequence[Any]:
        known = self._known(host, port)
        if known is not None:
            return known
        return await self._fallback(host).async_resolve(host, port)

    def _fallback(self, host: str) -> Resolver:
        if self.fallback is None:
            raise ResolveError(f"the host name {host!r} is not in the static map")
        return self.fallback


class CachedResolver(Resolver):
    """Keeps the answers of another resolver for ``ttl`` (60) seconds, at most ``max_entries`` (1000) of them.

    An answer that knows its own ttl is kept no longer than that. That a name has no address is kept for
    ``negative_ttl`` (0) seconds, or as long as the answer says. The oldest answers go first.
    """

    def __init__(
        self, inner: ResolverTypes = None, ttl: float = 60.0, max_entries: int = 1000, negative_ttl: float = 0.0
    ) -> None:
        check_options(CachedResolver, locals())
        self.inner = as_resolver(inner)
        self.ttl = ttl
        self.max_entries = max_entries
        self.negative_ttl = negative_ttl
        # Without a lock, which a thread of the parent might hold while a child is forked: each step is one of the dict.
        self._answers: dict[tuple[str, int], tuple[float, Sequence[Any] | ResolveError]] = {}

    def resolve_now(self, host: str, port: int) -> Sequence[Any] | None:
        answer = self._answers.get((host, port))
        if answer is not None and answer[0] > monotonic():
            if isinstance(answer[1], ResolveError):
                raise ResolveError(answer[1].message)
            return answer[1]
        return self.inner.resolve_now(host, port)

    def resolve(self, host: str, port: int) -> Sequence[Any]:
        known = self.resolve_now(host, port)
        if known:
            return known
        try:
            found = self.inner.resolve(host, port)
        except ResolveError as error:
            self._keep(host, port, error, getattr(error, "ttl", self.negative_ttl))
            raise
        return self._kept(host, port, found)

    async def async_resolve(self, host: str, port: int) -> Sequence[Any]:
        known = self.resolve_now(host, port)
        if known:
            return known
        try:
            found = await self.inner.async_resolve(host, port)
        except ResolveError as error:
            self._keep(host, port, error, getattr(error, "ttl", self.negative_ttl))
            raise
        return self._kept(host, port, found)

    def clear(self) -> None:
        """Forget all answers."""
        self._answers.clear()

    def _kept(self, host: str, port: int, found: Sequence[Any]) -> Sequence[Any]:
        if found:
            self._keep(host, port, found, min(self.ttl, getattr(found, "ttl", self.ttl)))
        return found

    def _keep(self, host: str, port: int, answer: Sequence[Any] | ResolveError, ttl: float) -> None:
        answers = self._answers
        answers.pop((host, port), None)
        if ttl <= 0 or self.max_entries <= 0:
            return
        answers[host, port] = monotonic() + ttl, answer
        while len(answers) > self.max_entries:
            try:
                answers.pop(next(iter(answers)), None)
            except (RuntimeError, StopIteration):  # another thread changes it, and tidies up too
                return

    def __getstate__(self) -> dict[str, Any]:
        names = ("inner", "ttl", "max_entries", "negative_ttl")
        return {name: getattr(self, name) for name in names}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]


class FunctionResolver(Resolver):
    """Calls a function of the user with host and port; it may be a coroutine function for the async client."""

    def __init__(self, function: Callable[[str, int], Any]) -> None:
        self.function = function
        from inspect import iscoroutinefunction  # slow to load, and few need it

        self.is_async = iscoroutinefunction(function) or iscoroutinefunction(type(function).__call__)

    def resolve(self, host: str, port: int) -> Sequence[Any]:
        found = self.function(host, port)
        if hasattr(found, "__await__"):
            getattr(found, "close", lambda: None)()
            raise TypeError("the resolver is asynchronous: the blocking client can't call it")
        return found  # type: ignore[no-any-return]

    async def async_resolve(self, host: str, port: int) -> Sequence[Any]:
        if self.is_async:
            return await self.function(host, port)  # type: ignore[no-any-return]
        return await super().async_resolve(host, port)


ResolverTypes: TypeAlias = Resolver | Mapping[str, str | Sequence[str]] | Callable[[str, int], Any] | None
"""What users may give: a Resolver, a map for a StaticResolver, a function of host and port, or None."""

_SYSTEM = SystemResolver()


def as_resolver(value: ResolverTypes, *, blocking: bool = False) -> Resolver:
    """Return a resolver for what users may give. Raises TypeError, also for a coroutine function if ``blocking``."""
    if value is None:
        return _SYSTEM
    if isinstance(value, Resolver):
        resolver: Resolver = value
    elif isinstance(value, Mapping):
        resolver = StaticResolver(value)
    elif callable(value):
        resolver = FunctionResolver(value)
    else:
        raise TypeError(f"a resolver is a Resolver, a map or a function of host and port, not {type(value).__name__}")
    if blocking and isinstance(resolver, FunctionResolver) and resolver.is_async:
        raise TypeError("the resolver is a coroutine function, which the blocking client can't call")
    return resolver


def known_addresses(resolver: Resolver, host: str, port: int) -> list[Address] | None:
    """Return addresses that need no waiting: of a literal, or what the resolver knows. Raises ResolveError."""
    address = literal(host, port)
    if address is not None:
        return [address]
    found = checked(host, lambda: resolver.resolve_now(host, port))
    return None if found is None else normalise(host, port, found)


def checked(host: str, ask: Callable[[], Any]) -> Any:
    """Ask a resolver, turning whatever it raises into ResolveError."""
    try:
        return ask()
    except Exception as error:
        raise resolve_error(host, error) from error


def resolve_error(host: str, error: Exception) -> Exception:
    """Return the ResolveError for what a resolver raised."""
    if isinstance(error, RequestError):
        return error
    return ResolveError(f"looking up the host name {host!r} failed: {error or type(error).__name__}")
