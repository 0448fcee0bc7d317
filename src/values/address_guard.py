"""Which addresses may be connected to: a guard against requests to private networks (SSRF)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ..exceptions import AddressRefused
from .value import Value

if TYPE_CHECKING:
    from .url import Origin

__all__ = ["AddressGuard"]

AddressTypes: TypeAlias = "str | Iterable[str]"

SPECIAL: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "this network"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared by a provider's customers"),
    ("127.0.0.0/8", "loopback"),
    ("168.63.129.16/32", "a cloud's own service"),
    ("169.254.0.0/16", "link-local"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "reserved"),
    ("192.0.2.0/24", "for documentation"),
    ("192.88.99.0/24", "reserved"),
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "for benchmarks"),
    ("198.51.100.0/24", "for documentation"),
    ("203.0.113.0/24", "for documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
    ("::/128", "unspecified"),
    ("::1/128", "loopback"),
    ("fc00::/7", "private"),
    ("fe80::/10", "link-local"),
    ("ff00::/8", "multicast"),
    ("2001::/23", "reserved"),
    ("2001:db8::/32", "for documentation"),
    ("2002::/16", "a tunnel (6to4)"),
    ("3fff::/20", "for documentation"),
)
"""What is not for everybody (the IANA registries of special-purpose addresses, RFC 6890), and one more."""
PATHS = ("/", "\0")
"""How the path of a Unix socket begins; with a zero byte in the abstract namespace of Linux."""
GLOBAL = "2000::/3"
"""All of IPv6 that is given out as public."""
CARRIES_IPV4 = ("::ffff:0:0/96", "64:ff9b::/96")
"""IPv6 addresses that lead to an IPv4 address, in their last bits: mapped ones, and NAT64 (RFC 6052)."""


class _Networks(NamedTuple):
    allowed: list[Any]
    denied: list[Any]
    special: list[tuple[Any, str]]
    carriers: list[Any]
    everybody: Any


def _within(address: Any, networks: Iterable[Any]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


class AddressGuard(Value):
    """Lets connections be made to public addresses only, whatever the url says and wherever a redirect leads.

    The address that is judged is the one that is then connected to: a literal in any spelling, what a name stands for,
    IPv4 inside of IPv6, each address that is tried. So a name that changes its address between two looks gains nothing.
    ``allow``: addresses and networks that are let through although they are not public, and the paths of Unix sockets,
    of which none is let through otherwise. ``deny``: what is refused although it is public; it wins over ``allow``.
    ``public`` (True): False lets nothing through but ``allow``. ``proxies`` (False): a proxy looks names up by itself,
    so requests through one are refused; True trusts the proxies of the client, which then may be at any address, and
    judges only hosts that are literal addresses. Raises ValueError.
    """

    allow: AddressTypes = ()
    deny: AddressTypes = ()
    public: bool = True
    proxies: bool = False

    def _check(self) -> None:
        from ipaddress import ip_network

        networks: dict[str, list[Any]] = {"allow": [], "deny": []}
        for name, found in networks.items():
            given = getattr(self, name)
            entries = (given,) if isinstance(given, str) else tuple(given)
            for entry in entries:
                if not isinstance(entry, str):
                    raise ValueError(f"{name} holds addresses, networks and paths of sockets, not {entry!r}")
                if not entry.startswith(PATHS):
                    try:
                        found.append(ip_network(entry))
                    except ValueError as error:
                        raise ValueError(f"{name} holds what is no address, network or path: {error}") from None
            self.__dict__[name] = entries
        # Looked at for each address, so made once.
        self.__dict__["_networks"] = _Networks(
            allowed=networks["allow"],
            denied=networks["deny"],
            special=[(ip_network(network), kind) for network, kind in SPECIAL],
            carriers=[ip_network(network) for network in CARRIES_IPV4],
            everybody=ip_network(GLOBAL),
        )

    def judge(self, host: str) -> str | None:
        """Return why an address is refused, None where it may be connected to. What is no literal is refused."""
        from ipaddress import IPv4Address, ip_address

        try:
            address: Any = ip_address(host.partition("%")[0])
        except ValueError:
            return "no IP address"
        networks: _Networks = self.__dict__["_networks"]
        meant = [address]
        if address.version == 6 and any(address in network for network in networks.carriers):
            meant.append(IPv4Address(int(address) & 0xFFFFFFFF))
        if any(_within(each, networks.denied) for each in meant):
            return "denied"
        if any(_within(each, networks.allowed) for each in meant):
            return None
        if not self.public:
            return "not among the allowed ones"
        target = meant[-1]
        for network, kind in networks.special:
            if _within(target, (network,)):
                return kind
        return None if target.version == 4 or target in networks.everybody else "reserved"

    def check_unix(self, path: str) -> None:
        """Raise AddressRefused for a Unix socket that is not allowed by its path."""
        if path in self.deny or path not in self.allow or not path.startswith(PATHS):
            raise AddressRefused(f"the AddressGuard of the client refuses the Unix socket {path}: it is not in allow")

    def check_proxied(self, origin: Origin, proxy: object) -> None:
        """Raise AddressRefused for what must not be asked of a proxy."""
        if not self.proxies:
            raise AddressRefused(
                f"the AddressGuard of the client can't see to which address the proxy {proxy} connects; "
                "AddressGuard(proxies=True) trusts it"
            )
        host = origin.host.rstrip(".")
        reason = self.judge(host)
        if host == "localhost" or host.endswith(".localhost"):
            reason = "loopback"
        if reason is not None and reason != "no IP address":
            raise AddressRefused(f"the AddressGuard of the client refuses {origin.host}: {reason}")
