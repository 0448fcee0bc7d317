"""The pairs in which the two worlds differ: time, locks, waiting, tasks and threads.

The left column runs on asyncio (uvloop too) and trio, whichever runs; the right one on threads. Both keep one contract,
which the docstrings of each pair give in the same words, and which one test checks over both. The compiler of the
sync code renames the left names to the right ones.

==================  ================  ====================================================================
async               sync
==================  ================  ====================================================================
monotonic           monotonic         seconds on the steady clock
wall_time           wall_time         seconds since the epoch
async_sleep         sleep             through the replaceable clock (``use_clock``)
AsyncLock           Lock              a lock around code that waits
AsyncStateLock      StateLock         a guard for state, re-entrant, never held while waiting
AsyncWaiter         Waiter            a cell that is set once, and the wait for it
AsyncEvent          Event             a flag and the wait for it
AsyncSemaphore      Semaphore         permits, first come first served
AsyncTaskGroup      TaskGroup         work side by side that ends with its block
AsyncTask           Task              one piece of that work
async_spawn         spawn             work that ends with its handle
AsyncShield         Shield            a block that cancellation does not interrupt
async_call          call              a callback of the user, sync or async
async_limited       limited           a call that is interrupted after a time
AsyncBreaker        Breaker           a call that another can break off
AsyncJob            Job               the type of such a callback
async_next          next              the next item
AsyncSource         Source            the type of such an iterable
async_iterate       iterate           one pass over an iterable of the user, sync or async
async_runner        runner            how work is run: as it is, or by an executor of the user
AsyncExitStack      ExitStack
async_body_chunks   body_chunks       one pass over a request body
async_give_way      give_way          others go on first
async_checkpoint    checkpoint        raises if this work was cancelled
async_owner         owner             what runs this code: a loop, or None
async_owner_ended   owner_ended       whether that runs no more
==================  ================  ====================================================================

Only in threads: ``CancelToken`` and ``current_token``. In both: ``fork_generation``, ``progress_of``.

Everything but the clock is loaded on first use: a sync name never loads asyncio, and nothing loads trio.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .clock import Clock as Clock
from .clock import ManualClock as ManualClock
from .clock import async_sleep as async_sleep
from .clock import monotonic as monotonic
from .clock import sleep as sleep
from .clock import use_clock as use_clock
from .clock import wall_time as wall_time

if TYPE_CHECKING:
    from contextlib import AsyncExitStack as AsyncExitStack
    from contextlib import ExitStack as ExitStack

    from .async_breaker import AsyncBreaker as AsyncBreaker
    from .async_calls import AsyncJob as AsyncJob
    from .async_calls import AsyncSource as AsyncSource
    from .async_calls import async_body_chunks as async_body_chunks
    from .async_calls import async_call as async_call
    from .async_calls import async_iterate as async_iterate
    from .async_calls import async_limited as async_limited
    from .async_calls import async_next as async_next
    from .async_calls import async_runner as async_runner
    from .async_loop import AsyncShield as AsyncShield
    from .async_loop import async_checkpoint as async_checkpoint
    from .async_loop import async_give_way as async_give_way
    from .async_loop import async_owner as async_owner
    from .async_loop import async_owner_ended as async_owner_ended
    from .async_tasks import AsyncTask as AsyncTask
    from .async_tasks import AsyncTaskGroup as AsyncTaskGroup
    from .async_tasks import async_spawn as async_spawn
    from .async_waiting import AsyncEvent as AsyncEvent
    from .async_waiting import AsyncLock as AsyncLock
    from .async_waiting import AsyncSemaphore as AsyncSemaphore
    from .async_waiting import AsyncWaiter as AsyncWaiter
    from .breaker import Breaker as Breaker
    from .calls import Job as Job
    from .calls import Source as Source
    from .calls import body_chunks as body_chunks
    from .calls import call as call
    from .calls import iterate as iterate
    from .calls import limited as limited
    from .calls import next as next  # noqa: A004
    from .cancel import CancelToken as CancelToken
    from .cancel import Shield as Shield
    from .cancel import checkpoint as checkpoint
    from .cancel import current_token as current_token
    from .cell import AsyncStateLock as AsyncStateLock
    from .cell import StateLock as StateLock
    from .executor import runner as runner
    from .process import fork_generation as fork_generation
    from .process import give_way as give_way
    from .process import owner as owner
    from .process import owner_ended as owner_ended
    from .progress import progress_of as progress_of
    from .threads import Task as Task
    from .threads import TaskGroup as TaskGroup
    from .threads import spawn as spawn
    from .waiting import Event as Event
    from .waiting import Lock as Lock
    from .waiting import Semaphore as Semaphore
    from .waiting import Waiter as Waiter

_HOMES = {
    "AsyncBreaker": ".async_breaker",
    "AsyncEvent": ".async_waiting",
    "AsyncExitStack": "contextlib",
    "AsyncJob": ".async_calls",
    "AsyncLock": ".async_waiting",
    "AsyncSemaphore": ".async_waiting",
    "AsyncShield": ".async_loop",
    "AsyncSource": ".async_calls",
    "AsyncStateLock": ".cell",
    "AsyncTask": ".async_tasks",
    "AsyncTaskGroup": ".async_tasks",
    "AsyncWaiter": ".async_waiting",
    "Breaker": ".breaker",
    "CancelToken": ".cancel",
    "Event": ".waiting",
    "ExitStack": "contextlib",
    "Job": ".calls",
    "Lock": ".waiting",
    "Semaphore": ".waiting",
    "Shield": ".cancel",
    "Source": ".calls",
    "StateLock": ".cell",
    "Task": ".threads",
    "TaskGroup": ".threads",
    "Waiter": ".waiting",
    "async_body_chunks": ".async_calls",
    "async_call": ".async_calls",
    "async_iterate": ".async_calls",
    "async_limited": ".async_calls",
    "async_next": ".async_calls",
    "async_checkpoint": ".async_loop",
    "async_give_way": ".async_loop",
    "async_owner": ".async_loop",
    "async_owner_ended": ".async_loop",
    "async_runner": ".async_calls",
    "async_spawn": ".async_tasks",
    "body_chunks": ".calls",
    "call": ".calls",
    "checkpoint": ".cancel",
    "current_token": ".cancel",
    "fork_generation": ".process",
    "iterate": ".calls",
    "limited": ".calls",
    "next": ".calls",
    "give_way": ".process",
    "owner": ".process",
    "owner_ended": ".process",
    "progress_of": ".progress",
    "runner": ".executor",
    "spawn": ".threads",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(home, __name__), name)
    globals()[name] = value
    return value
