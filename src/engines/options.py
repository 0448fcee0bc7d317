"""What a user gives as ``engine=``: options, without a colour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from ..values.settings import ConnectionSettings
from ..values.unset import UNSET

if TYPE_CHECKING:
    from typing import Self

__all__ = ["EngineOptions", "default_options"]

_CONNECTION_OPTIONS = frozenset(ConnectionSettings._fields)
_DEFAULTS = ConnectionSettings()
_SECRET = frozenset({"cert", "proxy"})


class EngineOptions:
    """Chooses and configures an engine; the same object serves both clients, each builds the engine of its colour.

    Options are attributes. One that has the name of a client's option (``verify``, ``limits``, ``proxy`` …) wins
    over the client's; left out, the client's holds. Two objects with equal options are equal.
    """

    driver: ClassVar[str] = ""
    """The name under which the engine that does the work is registered."""

    def _check_connections(self) -> None:
        """Refuse at once what no connection could be made with. Raises TypeError, ValueError."""
        if vars(self).get("http1") is False and vars(self).get("http2") is False:
            raise ValueError("http1=False and http2=False leave nothing to speak; leave one of them out")
        settings = self.applied(_DEFAULTS)
        if settings.proxy is not None:
            from ..rules.proxies import proxy_rules

            proxy_rules(settings.proxy, None)
        if settings.resolver is not None:
            from .._network.resolver import as_resolver

            as_resolver(settings.resolver)

    def applied(self, settings: ConnectionSettings) -> ConnectionSettings:
        """Return the client's settings with those given to this engine on top."""
        given = {name: value for name, value in self._given() if name in _CONNECTION_OPTIONS}
        return settings.replace(**given) if given else settings

    def without(self, names: Iterable[str]) -> Self:
        """Return these options without some; the same object where none of them was given."""
        given = [name for name in names if getattr(self, name, UNSET) is not UNSET]
        if not given:
            return self
        from copy import copy

        other = copy(self)
        for name in given:
            setattr(other, name, UNSET)
        return other

    def driver_for(self, settings: ConnectionSettings) -> str:
        """Return the name of the driver for these settings of a client."""
        return self.driver

    def _given(self) -> Iterator[tuple[str, Any]]:
        for name, value in vars(self).items():
            if value is not UNSET and not name.startswith("_"):
                yield name, value

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return vars(self) == vars(other)

    def __hash__(self) -> int:
        # Options may be lists or dicts; equal objects have the same names.
        return hash((type(self), *sorted(name for name, _ in self._given())))

    def __repr__(self) -> str:
        shown = [f"{name}={'…' if name in _SECRET and value else repr(value)}" for name, value in self._given()]
        return f"{type(self).__name__}({', '.join(shown)})"


def default_options(settings: ConnectionSettings) -> EngineOptions:
    """Return the options of the engine that a client uses when none was chosen: the first that can do what is asked."""
    from .native import NativeEngine

    return NativeEngine()
