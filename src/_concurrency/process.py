"""What runs this code: which process, and (in threads) no loop."""

from __future__ import annotations

import os
from collections.abc import Hashable

__all__ = ["fork_generation", "give_way", "owner", "owner_ended"]

generation = 0
"""What ``fork_generation`` returns: ``process.generation``, for what every request does."""


def fork_generation() -> int:
    """Return how often this process and its ancestors forked since the package was loaded: 0, then 1 in a child.

    What was made in another generation (connections, threads, locks) must not be used again.
    """
    return generation


def _forked() -> None:
    global generation
    generation += 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def owner() -> Hashable:
    """Return what connections belong to; threads share them, so it is always None."""
    return None


def owner_ended(owner: Hashable) -> bool:
    """Return whether what ``owner`` returned runs no more: threads share connections to the end."""
    return False


def give_way() -> None:
    """Do nothing: threads go on side by side anyway."""
