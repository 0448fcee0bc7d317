"""What servers tell of their rate limits."""

from __future__ import annotations

import re
from typing import NamedTuple

from .. import _concurrency
from ..values.headers import Headers

__all__ = ["Quota", "quota_of"]

# draft-ietf-httpapi-ratelimit-headers: "name";r=5;t=30 from version 8 on; limit=10, remaining=5, reset=30 in version 7.
_MEMBER = re.compile(r'"(?P<name>[^"]*)"(?P<parameters>(?:\s*;[^,"]*)*)')
_PARAMETER = re.compile(r"\b(?P<key>[a-z]+)\s*=\s*(?P<value>\d{1,15})\b")
_NUMBER = re.compile(r"\s*(\d{1,15})(?:\.\d*)?\s*(?:[,;].*)?\Z", re.ASCII)
# Reset fields greater than this are no seconds to wait but a time of day, in seconds since the epoch.
EPOCH = 1_000_000_000


class Quota(NamedTuple):
    """How many requests a server takes yet, and the seconds until it begins to count anew."""

    remaining: int
    reset: float


def quota_of(headers: Headers) -> Quota | None:
    """Return the most binding limit that a response's headers tell of, or None.

    Read are RateLimit with RateLimit-Policy, RateLimit-Remaining with RateLimit-Reset, and the same with X- before.
    """
    field = headers.get("ratelimit")
    quota = None if field is None else _structured(field, headers.get("ratelimit-policy", ""))
    return quota or _plain(headers, "ratelimit") or _plain(headers, "x-ratelimit") or _plain(headers, "x-rate-limit")


def _structured(field: str, policy: str) -> Quota | None:
    found: list[Quota] = []
    for name, limits in _members(field):
        if "r" not in limits:
            continue
        reset = limits.get("t")
        if reset is None:
            # Without a time, the window of the policy of that name is the longest it can be.
            reset = next((its["w"] for other, its in _members(policy) if other == name and "w" in its), None)
        if reset is not None:
            found.append(Quota(limits["r"], float(reset)))
    if not found:
        limits = {match["key"]: int(match["value"]) for match in _PARAMETER.finditer(field)}
        if "remaining" in limits and "reset" in limits:
            return Quota(limits["remaining"], float(limits["reset"]))
        return None
    return min(found, key=lambda quota: (quota.remaining, -quota.reset))


def _members(field: str) -> list[tuple[str, dict[str, int]]]:
    return [
        (match["name"], {each["key"]: int(each["value"]) for each in _PARAMETER.finditer(match["parameters"])})
        for match in _MEMBER.finditer(field)
    ]


def _plain(headers: Headers, prefix: str) -> Quota | None:
    remaining = _NUMBER.match(headers.get(f"{prefix}-remaining", ""))
    reset = _NUMBER.match(headers.get(f"{prefix}-reset", ""))
    if remaining is None or reset is None:
        return None
    seconds = float(reset[1])
    if seconds > EPOCH:
        seconds = max(0.0, seconds - _concurrency.wall_time())
    return Quota(int(remaining[1]), seconds)
