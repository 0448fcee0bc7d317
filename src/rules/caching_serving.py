"""Whether a stored response answers a request as it is, after validation, or not at all (RFC 9111 section 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from .caching_ranges import covers, parse_range
from .http_date import http_date

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..values.headers import Headers
    from .caching_directives import Directives
    from .caching_freshness import Stored
    from .caching_ranges import ByteRange

__all__ = ["Decision", "bypasses", "choose", "decide", "is_conditional", "not_modified", "stale_on_error"]

STALE_STATUSES = frozenset({500, 502, 503, 504})
"""What counts as an error for ``stale-if-error`` (RFC 5861 section 4)."""


class Decision(NamedTuple):
    """What to do: ``use`` the stored response, ``forward`` the request, or ``refuse`` it (504).

    ``reason`` says why it is forwarded, in the words of RFC 9211 section 2.2. A response that is used may be
    ``stale``; ``refresh`` then says to validate it beside its use.
    """

    action: Literal["use", "forward", "refuse"]
    reason: str = ""
    stale: bool = False
    refresh: bool = False


def bypasses(headers: Headers) -> bool:
    """Whether a request has nothing to do with a cache: it changes the protocol, or asks what only the origin knows."""
    return "upgrade" in headers or "if-match" in headers or "if-unmodified-since" in headers


def is_conditional(headers: Headers) -> bool:
    """Whether a request brings a condition of its own."""
    return "if-none-match" in headers or "if-modified-since" in headers


def choose(candidates: Sequence[Stored], wanted: ByteRange | None) -> Stored | None:
    """Return the stored response that answers (section 4): the newest by Date; of its parts the one that fits."""
    if not candidates:
        return None
    newest = max(candidates, key=lambda stored: (stored.date, stored.entry.response_time))
    if covers(newest.entry, wanted):
        return newest
    for other in candidates:
        same = newest.strong_etag and other.strong_etag == newest.strong_etag
        if same and covers(other.entry, wanted):
            return other
    return newest


def decide(directives: Directives, wanted: ByteRange | None, stored: Stored | None, now: float) -> Decision:
    """Decide about a GET or HEAD with these directives, which wants a range or (None) the whole.

    ``stored`` is the response that would answer it, if there is one.
    """
    only_stored = "only-if-cached" in directives  # section 5.2.1.7
    decision = _judge(directives, wanted, stored, now)
    if not only_stored:
        return decision
    return decision._replace(refresh=False) if decision.action == "use" else Decision("refuse", decision.reason)


def _judge(directives: Directives, wanted: ByteRange | None, stored: Stored | None, now: float) -> Decision:
    if "no-store" in directives and "only-if-cached" not in directives:
        return Decision("forward", "request")
    if stored is None:
        return Decision("forward", "miss")
    if not covers(stored.entry, wanted):
        return Decision("forward", "partial")
    left = stored.left(now)
    if "no-cache" in directives:
        return Decision("forward", "request")  # section 5.2.1.4
    if stored.always_validated:
        return Decision("forward", "stale")  # section 5.2.2.4
    if left > 0:
        return Decision("use") if _fresh_enough(directives, stored, left, now) else Decision("forward", "request")
    return _judge_stale(directives, stored, -left, now)


def _fresh_enough(directives: Directives, stored: Stored, left: float, now: float) -> bool:
    """Whether a fresh response is what the request asks for (sections 5.2.1.1 and 5.2.1.3)."""
    least = directives.seconds("min-fresh")
    if least is not None and left < least:
        return False
    most = directives.seconds("max-age")
    if most is None or stored.age(now) <= most:
        # Nothing is younger than just now: 0 asks for validation.
        return most != 0 or "immutable" in stored.directives
    # RFC 8246 section 2: reloading does not validate what never changes; no-cache still does.
    return most == 0 and "immutable" in stored.directives


def _judge_stale(directives: Directives, stored: Stored, staleness: float, now: float) -> Decision:
    """Decide about a stale response (section 4.2.4)."""
    forward = Decision("forward", "stale")
    if stored.never_stale or directives.seconds("min-fresh"):
        return forward
    most = directives.seconds("max-age")
    if most is not None and stored.age(now) > most:
        return forward
    allowed = directives.seconds("max-stale") or 0
    # Section 5.2.1.2: without a number, however stale it is.
    if directives.is_whole("max-stale") or (allowed and staleness <= allowed):
        return Decision("use", stale=True)
    grace = stored.grace("stale-while-revalidate")
    if most is None and grace > 0 and staleness <= grace:
        return Decision("use", stale=True, refresh=True)
    return forward


def stale_on_error(directives: Directives, wanted: ByteRange | None, stored: Stored | None, now: float) -> bool:
    """Whether a stored response stands in where the origin fails (RFC 5861 section 4)."""
    if stored is None or stored.never_stale or stored.always_validated or not covers(stored.entry, wanted):
        return False
    if "no-cache" in directives or "no-store" in directives:
        return False
    allowed = max(stored.grace("stale-if-error"), directives.seconds("stale-if-error") or 0)
    return allowed > 0 and -stored.left(now) <= allowed


def not_modified(asked: Headers, stored: Stored) -> bool:
    """Whether a stored response is what the client has already (section 4.3.2)."""
    tags = asked.getall("if-none-match", None)
    if tags is not None:
        mine = stored.etag.removeprefix("W/")
        members = [tag.strip() for tag in ",".join(tags).split(",")]
        if members == ["*"]:
            return True
        return bool(mine) and mine in [tag.removeprefix("W/") for tag in members]
    since = http_date(asked.get("if-modified-since", ""))
    if since is None:
        return False
    modified = http_date(stored.last_modified)
    return (stored.date if modified is None else modified) <= since


def wanted_range(asked: Headers) -> tuple[ByteRange | None, bool]:
    """Return the range a request asks for, and whether a cache can tell; a field that means nothing asks for all."""
    value = asked.get("range")
    if value is None:
        return None, True
    wanted = parse_range(value)
    return wanted, wanted is not None
