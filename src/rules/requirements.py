"""What a client's options ask of its engine."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from ..exceptions import UnsupportedByEngine
from ..values.capabilities import Capability
from ..values.settings import ConnectionSettings

__all__ = ["check_capabilities", "check_duplex", "check_proxy"]


def check_capabilities(engine: object, capabilities: AbstractSet[Capability], settings: ConnectionSettings) -> None:
    """Raise UnsupportedByEngine, naming the engine and what it lacks, where an option asks for more than it can do."""
    needed = {
        Capability.HTTP2: settings.http2 or not settings.http1,
        Capability.PROXY: settings.proxy is not None,
        Capability.UNIX_SOCKET: settings.uds is not None,
        Capability.ADDRESS_GUARD: settings.address_guard is not None,
    }
    for capability, asked in needed.items():
        if asked and capability not in capabilities:
            raise UnsupportedByEngine(
                f"{engine!r} does not support {capability.value}, which the client's options ask for; "
                "choose another engine or leave the option out"
            )


def check_proxy(engine: object, capabilities: AbstractSet[Capability]) -> None:
    """Raise UnsupportedByEngine for a request's own proxy where the engine knows none."""
    if Capability.PROXY not in capabilities:
        raise UnsupportedByEngine(f"{engine!r} does not support {Capability.PROXY.value}; leave proxy= out")


def check_duplex(engine: object, capabilities: AbstractSet[Capability]) -> None:
    """Raise UnsupportedByEngine for a request with ``duplex=True`` where the engine sends first, and reads then."""
    if Capability.FULL_DUPLEX not in capabilities:
        raise UnsupportedByEngine(f"{engine!r} does not support {Capability.FULL_DUPLEX.value}; leave duplex= out")
