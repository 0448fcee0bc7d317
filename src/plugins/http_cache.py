"""A cache for responses (RFC 9111)."""

from __future__ import annotations

from os import PathLike, fspath
from typing import TYPE_CHECKING

from ..values.checks import check_options
from .plugin import Stage
from .shared_state import StatefulPlugin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..rules.caching_policy import CachePolicy
    from ..rules.caching_state import CacheState
    from ..values.url import URLTypes
    from .cache_storage import CacheStorage

__all__ = ["HttpCache"]


class HttpCache(StatefulPlugin):
    """Keeps responses and answers equal requests with them, as RFC 9111 says: while they are fresh, or once the server
    has confirmed them.

    - ``storage``: where they are kept; a MemoryCacheStorage of its own by default.
    - ``shared``: False is a private cache, for one user: it keeps all that may be kept, and gives a response to a
      request with credentials only to requests with the same ones. True is a cache for many users, as a service has
      when it asks for all of them: nothing ``private`` is kept, nothing that came with credentials or a cookie unless
      the server says it is for everyone; ``s-maxage``, ``proxy-revalidate`` and the ``targets`` count.
    - ``heuristic``: the part of the time since Last-Modified that a response lives for which nobody told a lifetime
      (0.1, at most one day); 0 for none.
    - ``stale_if_error``: for how many seconds (0) a stale response stands in where the server fails, if neither it nor
      the request says so itself (RFC 5861); likewise ``stale_while_revalidate``, for stale ones that are used at once
      and confirmed beside it.
    - ``targets``: in a shared cache, the fields that stand in for Cache-Control, the first that is there
      (CDN-Cache-Control, RFC 9213).

    GET is stored, and HEAD answered from it; ranges are stored, put together and answered. Of equal GETs that are
    saved at the same time one is sent, the others wait for what it stores; streamed ones go on their own, as nobody
    knows how fast their bodies are read. What is streamed is stored while it is read, and only if it is read to its
    end. Set-Cookie is never stored. A request with a body, with ``Upgrade``, ``If-Match`` or ``If-Unmodified-Since``
    passes by.

    ``response.cache_status`` tells what was done, ``response.from_cache`` and ``response.cache_age`` the rest. A
    request says what it wants by Cache-Control (``no-cache``, ``no-store``, ``max-age``, ``min-fresh``, ``max-stale``,
    ``only-if-cached``, ``stale-if-error``), or goes without a cache by ``attributes={HttpCache: None}``. One object
    may serve several clients, of both colours. What its storage raises is logged (logger ``duohttp.cache``), and never
    breaks a call. Closing a client ends the validation that goes on beside its use. Raises ValueError, TypeError.
    """

    stage = Stage.CACHE
    handler = "http_cache"

    def __init__(
        self,
        storage: CacheStorage | None = None,
        *,
        shared: bool = False,
        heuristic: float = 0.1,
        stale_if_error: float = 0.0,
        stale_while_revalidate: float = 0.0,
        targets: Iterable[str] = ("CDN-Cache-Control",),
    ) -> None:
        from .cache_memory import MemoryCacheStorage
        from .cache_storage import CacheStorage

        if storage is None:
            storage = MemoryCacheStorage()
        if not isinstance(storage, CacheStorage):
            hint = "; make an object of it: add ()" if isinstance(storage, type) else ""
            if isinstance(storage, (str, PathLike)):
                hint = f"; for a file write HttpCache(SqliteCacheStorage({fspath(storage)!r}))"
            raise TypeError(f"storage is an object of a CacheStorage class, not {storage!r}{hint}")
        check_options(HttpCache, locals())
        if not 0 <= heuristic <= 1:
            raise ValueError(f"heuristic is a part of a time, from 0 to 1, not {heuristic!r}")
        for name, value in (("stale_if_error", stale_if_error), ("stale_while_revalidate", stale_while_revalidate)):
            if not 0 <= value < float("inf"):
                raise ValueError(f"{name} is a number of seconds from 0 on, not {value!r}")
        self.storage = storage
        self.shared = shared
        self.heuristic = heuristic
        self.stale_if_error = stale_if_error
        self.stale_while_revalidate = stale_while_revalidate
        self.targets = tuple(targets)

    @property
    def policy(self) -> CachePolicy:
        """What the rules need to know of the options."""
        from ..rules.caching_policy import CachePolicy

        return CachePolicy(
            shared=self.shared,
            heuristic=float(self.heuristic),
            stale_if_error=float(self.stale_if_error),
            stale_while_revalidate=float(self.stale_while_revalidate),
            targets=self.targets if self.shared else (),
        )

    def new_state(self) -> CacheState:
        """Return the record of the calls under way: none."""
        from ..rules.caching_state import CacheState

        return CacheState()

    def clear(self) -> None:
        """Remove all responses; those on their way are not stored. It blocks where the storage does."""
        self._drop(None)
        self.storage.clear()

    def remove(self, url: URLTypes) -> None:
        """Remove what is stored for a url, all variants of it. It blocks where the storage does. Raises InvalidURL."""
        from ..rules.caching_keys import key_of
        from ..values.url import parse_url

        key = key_of(parse_url(url), shared=self.shared)
        self._drop([key])
        self.storage.remove(key)

    def _drop(self, keys: list[str] | None) -> None:
        for state in list(vars(self).get("_states", {}).values()):
            with state.lock:
                state.value.drop(keys)
