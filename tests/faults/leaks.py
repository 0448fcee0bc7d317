"""What a test left behind: sockets, threads, tasks."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["async_task_count", "nothing_left", "task_count"]


def open_sockets() -> set[str]:
    """Return the sockets this process has open, as the kernel names them."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue
        if target.startswith("socket:"):
            found.add(target)
    return found


def running_threads() -> set[threading.Thread]:
    """Return the threads that belong to somebody; trio keeps idle ones for later."""
    return {thread for thread in threading.enumerate() if not thread.name.lower().startswith("trio")}


@contextmanager
def nothing_left() -> Iterator[None]:
    """Fail if the block leaves a socket or a thread behind; what is still closing gets a moment."""
    countable = sys.platform == "linux"
    sockets = open_sockets() if countable else set()
    threads = running_threads()
    yield
    for _ in range(100):
        left = (open_sockets() - sockets if countable else set(), running_threads() - threads)
        if not any(left):
            return
        time.sleep(0.02)
    raise AssertionError(f"left behind: {left}")


async def async_task_count() -> int:
    """Return the number of tasks of this event loop."""
    if "trio" in sys.modules:
        import trio

        if trio.lowlevel.in_trio_run():
            return trio.lowlevel.current_statistics().tasks_living
    import asyncio

    return len(asyncio.all_tasks())


def task_count() -> int:
    """Return 0: what a blocking client leaves behind is threads, which ``nothing_left`` counts."""
    return 0
