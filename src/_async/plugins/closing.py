"""What plugins do when their last client closes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from ..._concurrency import async_call, async_limited, async_sleep
from ...exceptions import TotalTimeout
from ...plugins.flow import Call, Sleep
from ...plugins.hooks import check_nothing
from ...plugins.plugin import Plugin, has_hook
from .blame import RAISED_BY

__all__ = ["finish", "run_on_close"]

CLOSE_LIMIT = 5.0
"""Seconds that an ``on_close`` may wait, where it can be interrupted."""


async def run_on_close(plugins: Iterable[Plugin]) -> Exception | None:
    """Call each ``on_close``, whatever the others do; return the first failure."""
    first: Exception | None = None
    for plugin in plugins:
        if not has_hook(plugin, "on_close"):
            continue
        name = f"{plugin.name}.on_close"
        hook: Any = plugin.on_close
        try:
            result = hook()
            if hasattr(result, "throw") and hasattr(result, "gi_frame"):
                await async_limited(CLOSE_LIMIT, partial(late, name), drain, result, name)
            else:
                check_nothing(hook, result)
        except Exception as error:
            error.add_note(f"{RAISED_BY}{name}")
            first = first or error
    return first


def late(name: str, _: BaseException | None) -> Exception:
    """Return the error of an ``on_close`` that hangs."""
    return TotalTimeout(f"{name} took longer than {CLOSE_LIMIT:g} s; the client closed without it")


async def drain(flow: Any, name: str) -> None:
    """Do what an ``on_close`` yields. Raises TypeError for all but call() and sleep()."""
    try:
        step = flow.send(None)
        while True:
            try:
                value: Any = None
                if isinstance(step, Call):
                    value = await async_call(step.function, *step.arguments)
                elif isinstance(step, Sleep):
                    await async_sleep(step.seconds)
                else:
                    raise TypeError(f"{name} may yield call() or sleep(): it yielded {type(step).__name__}")
            except Exception as error:
                step = flow.throw(error)
            else:
                step = flow.send(value)
    except StopIteration:
        pass
    finally:
        flow.close()


async def finish(plugins: Iterable[Plugin]) -> None:
    """Wait for the work that plugins have begun beside the calls."""
    for plugin in plugins:
        if plugin.handler:
            from importlib import import_module

            wait = getattr(import_module(f".{plugin.handler}", __package__), "FINISH", None)
            if wait is not None:
                await wait(plugin)
