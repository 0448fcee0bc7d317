"""Public suffixes: domains under which unrelated parties register names, so that no cookie may be set for them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache
from importlib import import_module
from typing import Protocol

__all__ = ["PublicSuffixes", "SuffixRules", "bundled_public_suffixes", "default_public_suffixes", "is_public_suffix"]


class PublicSuffixes(Protocol):
    """What a cookie jar asks; ``publicsuffixlist.PublicSuffixList`` answers it too."""

    def is_public(self, domain: str) -> bool:
        """Whether the domain is a public suffix itself."""


class SuffixRules:
    """Rules in the notation of publicsuffix.org: ``com``, ``co.uk``, ``*.ck`` and the exception ``!www.ck``.

    A top-level domain that no rule names is a public suffix, and so is what a wildcard stands under. Domains are
    taken in any case, with or without a trailing dot, and in Unicode or in ASCII.
    """

    __slots__ = ("_exact", "_exceptions", "_wildcards")

    def __init__(self, lines: Iterable[str]) -> None:
        self._exact: set[str] = set()
        self._wildcards: set[str] = set()
        self._exceptions: set[str] = set()
        for line in lines:
            rule = _ascii(line.strip())
            if rule.startswith("!"):
                self._exceptions.add(rule[1:])
            elif rule.startswith("*."):
                self._wildcards.add(rule[2:])
            elif rule and not rule.startswith("//"):
                self._exact.add(rule)

    def is_public(self, domain: str) -> bool:
        """Whether the domain is a public suffix itself."""
        labels = _labels(domain)
        return bool(labels) and self._count(labels) == len(labels)

    def registrable(self, domain: str) -> str | None:
        """Return the public suffix and one label more, None if there is no more: ``example.co.uk``."""
        labels = _labels(domain)
        count = self._count(labels) + 1
        return ".".join(domain.removesuffix(".").lower().split(".")[-count:]) if len(labels) >= count else None

    def _count(self, labels: list[str]) -> int:
        """Return how many labels the public suffix has: that of the longest rule, but for an exception."""
        for start in range(len(labels)):
            name = ".".join(labels[start:])
            size = len(labels) - start
            if name in self._exceptions:
                return size - 1
            if name in self._exact or name in self._wildcards:
                return size
            if ".".join(labels[start + 1 :]) in self._wildcards:
                return size
        return 1


def _labels(domain: str) -> list[str]:
    labels = _ascii(domain).removesuffix(".").split(".")
    return [] if "" in labels else labels


def _ascii(domain: str) -> str:
    if domain.isascii():
        return domain.lower()
    try:
        return domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return domain.lower()


@cache
def bundled_public_suffixes() -> SuffixRules:
    """Return the whole list as it was when this version was made, see scripts/public_suffix_list.py."""
    from pkgutil import get_data

    data = get_data(__package__, "public_suffix_list.dat")
    assert data is not None
    return SuffixRules(data.decode("ascii").splitlines())


@cache
def default_public_suffixes() -> PublicSuffixes:
    """Return the list of the ``psl`` extra if that is installed, else the bundled one. Read once, when first asked."""
    try:
        newer: PublicSuffixes = import_module("publicsuffixlist").PublicSuffixList()
    except ImportError:
        return bundled_public_suffixes()
    return newer


@lru_cache(maxsize=1024)
def is_public_suffix(domain: str) -> bool:
    """Whether the domain is a public suffix by the default list."""
    return default_public_suffixes().is_public(domain)
