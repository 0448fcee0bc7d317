"""Plugins that remember something between requests."""

from __future__ import annotations

from typing import Any

from .plugin import Plugin

__all__ = ["StatefulPlugin"]


class StatefulPlugin(Plugin):
    """A plugin whose state all clients share that have this object, of either colour, and the variants of a chain.

    ``new_state`` makes it; the handler keeps it in ``_states``, for each process its own. It does not travel with
    the plugin: a pickled or copied plugin starts anew.
    """

    def new_state(self) -> Any:
        """Return the state to begin with. Its handler holds a lock when it uses it."""
        raise NotImplementedError

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_states"}

    def __repr__(self) -> str:
        # These have many options; those left alone say nothing.
        init: Any = type(self).__init__
        names = init.__code__.co_varnames[: init.__code__.co_argcount]
        positional = init.__defaults__ or ()
        defaults = {**dict(zip(reversed(names), reversed(positional), strict=False)), **(init.__kwdefaults__ or {})}
        chosen = [(name, value) for name, value in vars(self).items() if not name.startswith("_")]
        shown = [f"{name}={value!r}" for name, value in chosen if name not in defaults or value != defaults[name]]
        return f"{self.name}({', '.join(shown)})"
