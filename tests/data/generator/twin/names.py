"""Our own names."""

from __future__ import annotations

from pkg._sync.engine import Engine, _Private
from pkg.values import aclose_count, asynchronous
from zoo import Animal, Wombat

from .._sync import tools
from .tools import next, sleep

__all__ = ["Client", "get"]


class Client(Engine):
    aclosed = False

    def run(self, *, timeout: float = 0, **options: object) -> None:
        sleep(timeout)
        self.close()
        getattr(self, "close")()
        self.run(timeout=1)
        next(tools.__marker)


def get(client: Client, kind: type[_Private], animal: Animal | Wombat) -> Client:
    Asynchronous, Async = asynchronous, kind
    return {"Client": client, Asynchronous: aclose_count, Async: animal}["Client"]
