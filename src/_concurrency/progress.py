"""How far many requests have come, on the terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, TextIO, TypeAlias

from .cell import StateLock

__all__ = ["Progress", "ProgressTypes", "progress_of"]

ProgressTypes: TypeAlias = bool | Callable[[int, int | None], object]


class Progress:
    """Counts what was done out of ``total`` (None: nobody knows). This one shows nothing. Safe between threads."""

    def __init__(self, total: int | None) -> None:
        self.total = total
        self.done = 0
        self._lock = StateLock()

    def advance(self) -> None:
        """Count one more."""
        with self._lock:
            self.done += 1
            self._show()

    def _show(self) -> None:
        pass

    def _close(self) -> None:
        pass

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._lock:
            self._close()


class _Called(Progress):
    """Tells a function of the user's, ``function(done, total)``."""

    def __init__(self, total: int | None, function: Callable[[int, int | None], object]) -> None:
        super().__init__(total)
        self._function = function

    def _show(self) -> None:
        self._function(self.done, self.total)


class _Line(Progress):
    """One line, written again and again, ten times a second at most."""

    def __init__(self, total: int | None, out: TextIO) -> None:
        super().__init__(total)
        self._out = out
        self._started = time.monotonic()
        self._next = 0.0
        self._width = 0
        self._write()

    def _show(self) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + 0.1
            self._write()

    def _write(self, end: str = "") -> None:
        seconds = time.monotonic() - self._started
        text = f"{self.done} requests" if self.total is None else f"{self.done}/{self.total} requests"
        text += f", {seconds:.1f} s"
        if seconds > 0.5:
            text += f", {self.done / seconds:.0f}/s"
        self._out.write("\r" + text.ljust(self._width) + end)
        self._out.flush()
        self._width = len(text)

    def _close(self) -> None:
        self._write(end="\n")


class _Rich(Progress):
    """A bar drawn by rich."""

    def __init__(self, total: int | None, out: TextIO, rich: Any) -> None:
        super().__init__(total)
        from rich.console import Console

        columns = (rich.BarColumn(), rich.MofNCompleteColumn(), rich.TimeElapsedColumn(), rich.TimeRemainingColumn())
        self._bar = rich.Progress(rich.TextColumn("requests"), *columns, console=Console(file=out))
        self._bar.start()
        self._task = self._bar.add_task("requests", total=total)

    def _show(self) -> None:
        self._bar.update(self._task, completed=self.done)

    def _close(self) -> None:
        self._bar.stop()


def progress_of(wanted: ProgressTypes, total: int | None) -> Progress:
    """Return what shows the progress of ``total`` requests; a context manager.

    ``wanted`` is False (nothing is shown), a function of (done, total), or True: a bar where rich is installed, else
    a plain line, on stderr; nothing where that is no terminal.
    """
    if callable(wanted):
        return _Called(total, wanted)
    out = sys.stderr
    if not wanted or out is None or not out.isatty():
        return Progress(total)
    try:
        from rich import progress
    except ImportError:
        return _Line(total, out)
    return _Rich(total, out, progress)
