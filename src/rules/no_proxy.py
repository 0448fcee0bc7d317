"""Which hosts are reached without a proxy, as ``no_proxy`` says it."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

__all__ = ["NoProxy", "address_of", "split_port"]


class NoProxy:
    """Hosts that are reached without a proxy, as written in ``no_proxy``.

    Entries are separated by commas or white space: ``*`` for all; a name, which stands for its subdomains too (a
    leading dot or ``*.`` changes nothing); an IP address, IPv6 with or without brackets; a network such as
    ``10.0.0.0/8``. Each may end in ``:port``. A name never matches an address, nor the other way round.
    """

    def __init__(self, text: str | Iterable[str] = "") -> None:
        entries = text.replace(",", " ").split() if isinstance(text, str) else [entry.strip() for entry in text]
        self._all = "*" in entries
        self._names: list[tuple[str, int | None]] = []
        self._networks: list[tuple[Any, int | None]] = []
        for entry in entries:
            name, port = split_port(entry)
            network = _network(name)
            if network is not None:
                self._networks.append((network, port))
            elif "/" not in name and (name := name.removeprefix("*").strip(".").lower()):
                self._names.append((name, port))

    def matches(self, host: str, port: int) -> bool:
        """Whether a host and port are to be reached directly."""
        if self._all:
            return True
        address = address_of(host)
        if address is not None:
            return any(
                address.version == network.version and address in network and wanted in (None, port)
                for network, wanted in self._networks
            )
        name = host.rstrip(".").lower()
        return any(
            (name == wanted or name.endswith("." + wanted)) and wanted_port in (None, port)
            for wanted, wanted_port in self._names
        )

    def __bool__(self) -> bool:
        return self._all or bool(self._names or self._networks)


def split_port(entry: str) -> tuple[str, int | None]:
    """Split ``host:port``; an IPv6 address without brackets has no port."""
    if entry.startswith("["):
        name, _, rest = entry[1:].partition("]")
        if rest.startswith("/"):
            return name + rest, None
        port = rest.removeprefix(":")
    else:
        name, _, port = entry.partition(":")
        if ":" in port:
            return entry, None
    return name, int(port) if port.isascii() and port.isdigit() else None


def address_of(host: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a host is, without its zone, the IPv4 address for one that is mapped; None for a name."""
    # A zone id says by which way, not which host; inside of it anything may stand (CVE-2025-22870).
    try:
        address = ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address if mapped is None else mapped


def _network(name: str) -> Any:
    try:
        return ip_network(name.partition("%")[0] if "/" not in name else name, strict=False)
    except ValueError:
        return None
