"""How far a download has come, on the terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, TextIO, TypeAlias

__all__ = ["BytesProgress", "ProgressTypes", "bytes_progress"]

ProgressTypes: TypeAlias = bool | Callable[[int, int | None], object]


class BytesProgress:
    """Is told of bytes done and of all (None: nobody knows). This one shows nothing."""

    def update(self, done: int, total: int | None) -> None:
        """Note how far it is."""

    def close(self) -> None:
        """Note the end."""

    def __enter__(self) -> BytesProgress:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class _Called(BytesProgress):
    def __init__(self, function: Callable[[int, int | None], object]) -> None:
        self._function = function
        # A ProgressBar takes the same number twice, and a beginning with 0, for the end of a transfer.
        self._end: Callable[[], None] | None = getattr(function, "end", None)
        self._last: tuple[int, int | None] = (0, None)

    def update(self, done: int, total: int | None) -> None:
        if self._end is None or (done and done != self._last[0]):
            self._last = done, total
            self._function(done, total)

    def close(self) -> None:
        if self._end is not None:
            self._end()


class _Line(BytesProgress):
    """One line, written again and again, ten times a second at most."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._next = 0.0
        self._width = 0
        self._last: tuple[int, int | None] = (0, None)

    def update(self, done: int, total: int | None) -> None:
        self._last = done, total
        now = time.monotonic()
        if now >= self._next:
            self._next = now + 0.1
            self._write()

    def _write(self, end: str = "") -> None:
        done, total = self._last
        text = f"{done / 1e6:.1f} MB"
        if total:
            text += f" of {total / 1e6:.1f} MB, {100 * done // total} %"
        self._out.write("\r" + text.ljust(self._width) + end)
        self._out.flush()
        self._width = len(text)

    def close(self) -> None:
        self._write(end="\n")


class _Rich(BytesProgress):
    """A bar drawn by rich."""

    def __init__(self, out: TextIO, rich: Any) -> None:
        from rich.console import Console

        columns = (rich.BarColumn(), rich.DownloadColumn(), rich.TransferSpeedColumn(), rich.TimeRemainingColumn())
        self._bar = rich.Progress(*columns, console=Console(file=out))
        self._bar.start()
        self._task = self._bar.add_task("download", total=None)

    def update(self, done: int, total: int | None) -> None:
        self._bar.update(self._task, completed=done, total=total)

    def close(self) -> None:
        self._bar.stop()


def bytes_progress(wanted: ProgressTypes) -> BytesProgress:
    """Return what shows the progress of a download; a context manager.

    ``wanted`` is False (nothing is shown), a function of (done, total), or True: a bar where rich is installed, else
    a plain line, on stderr; nothing where that is no terminal.
    """
    if callable(wanted):
        return _Called(wanted)
    out = sys.stderr
    if not wanted or out is None or not out.isatty():
        return BytesProgress()
    try:
        from rich import progress
    except ImportError:
        return _Line(out)
    return _Rich(out, progress)
