"""What a request asks of a cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..values.headers import Headers
from .caching_directives import request_directives
from .caching_freshness import Stored
from .caching_keys import key_of, matches, selecting, vary_names
from .caching_ranges import if_range_holds
from .caching_serving import is_conditional, wanted_range
from .caching_storing import is_for_all

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..values.cache_entry import CacheEntry
    from ..values.request import Request
    from .caching_policy import CachePolicy
    from .caching_ranges import ByteRange

__all__ = ["Asked"]


class Asked:
    """A GET or HEAD as a cache sees it. The headers are a copy: what stands further in may change the request's."""

    __slots__ = ("conditional", "directives", "headers", "key", "method", "policy", "readable_range", "wanted")

    def __init__(self, request: Request, policy: CachePolicy) -> None:
        self.method = request.method
        self.headers = headers = Headers(request.headers)
        self.policy = policy
        self.key = key_of(request.url, headers.get("host"), shared=policy.shared)
        self.directives = request_directives(headers)
        self.conditional = is_conditional(headers)
        self.wanted, self.readable_range = wanted_range(headers) if request.method == "GET" else (None, True)

    @property
    def may_wait(self) -> bool:
        """Whether an equal request that is under way may answer this one, too."""
        directives = self.directives
        unwanted = ("no-cache", "no-store", "max-age", "min-fresh")
        return self.method == "GET" and not any(name in directives for name in unwanted)

    def candidates(self, entries: Iterable[CacheEntry]) -> list[Stored]:
        """Return those that could answer this request: the selecting headers are the same (section 4.1).

        A request with credentials gets nothing from a shared cache that could not have been stored for it: a page
        for nobody in particular is not what its user asked for.
        """
        shared = self.policy.shared
        found = [Stored(each, self.policy) for each in entries if matches(each.vary, self.headers, shared=shared)]
        if shared and "authorization" in self.headers:
            return [stored for stored in found if is_for_all(stored.directives)]
        return found

    def range_for(self, stored: Stored | None) -> ByteRange | None:
        """Return the range to answer with; None for the whole, as where If-Range names another response."""
        condition = self.headers.get("if-range")
        if self.wanted is None or condition is None or stored is None:
            return self.wanted
        return self.wanted if if_range_holds(condition, stored) else None

    def selecting(self, headers: Headers) -> tuple[tuple[str, str], ...]:
        """Return what chooses the variant a response with these headers is."""
        return selecting(vary_names(headers), self.headers, shared=self.policy.shared)

    def was_changed(self, headers: Headers, sent: Headers) -> bool:
        """Whether a header that chooses the variant was sent with another value than the cache saw.

        Requests that look the same here would then get different responses.
        """
        return any(self.headers.getall(name, ()) != sent.getall(name, ()) for name in vary_names(headers))
