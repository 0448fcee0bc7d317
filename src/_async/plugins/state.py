"""Where the state of a plugin is kept."""

from __future__ import annotations

from typing import Any

from ..._concurrency import AsyncStateLock, fork_generation
from ...plugins.shared_state import StatefulPlugin

__all__ = ["SharedState", "shared_state"]


class SharedState:
    """The state of one plugin object, and the lock around it."""

    __slots__ = ("lock", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        self.lock = AsyncStateLock()


def shared_state(plugin: StatefulPlugin) -> SharedState:
    """Return the state of a plugin in this process, made on first use; a forked process starts anew."""
    states: dict[int, SharedState] = vars(plugin).setdefault("_states", {})
    generation = fork_generation()
    state = states.get(generation)
    if state is None:
        state = states.setdefault(generation, SharedState(plugin.new_state()))
    return state
