"""How far one body has come, on the terminal."""

from __future__ import annotations

import sys
import time
from typing import Any, TextIO

from ..values.checks import check_options
from .cell import StateLock

__all__ = ["ProgressBar"]

_UNITS = ("B", "kB", "MB", "GB", "TB")


class ProgressBar:
    """Shows how far a transfer has come; a function of ``(done, total)`` in bytes, for BodyProgress or a download::

        client.get(url, plugins=[BodyProgress(on_download=ProgressBar("big.iso"))])

    It is a bar where ``rich`` is installed, else a line. ``label`` stands before it. ``file`` is where it is written,
    stderr by default; nothing is where that is no terminal, unless ``force``. One object shows one transfer after the
    other, not several at once; it is safe between threads.
    """

    def __init__(self, label: str = "", *, file: TextIO | None = None, force: bool = False) -> None:
        check_options(ProgressBar, locals())
        self.label = label
        self._file = sys.stderr if file is None else file
        self._shown = force or (self._file is not None and self._file.isatty())
        self._view: Any = None
        self._done = 0
        self._lock = StateLock()

    def __call__(self, done: int, total: int | None) -> None:
        """Show how far it has come. The same number once more is the end."""
        if not self._shown:
            return
        with self._lock:
            if self._view is not None and done < self._done:
                self._close()  # another transfer, or another attempt at it
            first = self._view is None
            if first:
                self._view = _view(self.label, total, self._file)
            ended = done == (0 if first else self._done)
            self._done = done
            self._view.show(done, total)
            if ended:
                self._close()

    def end(self) -> None:
        """Leave the bar as it is; what comes next is another transfer."""
        with self._lock:
            if self._view is not None:
                self._close()

    def _close(self) -> None:
        self._view.close()
        self._view = None
        self._done = 0


def _view(label: str, total: int | None, file: TextIO) -> Any:
    try:
        from rich import progress
    except ImportError:
        return _Line(label, file)
    return _Rich(label, total, file, progress)


class _Line:
    """One line, written again and again, ten times a second at most."""

    def __init__(self, label: str, file: TextIO) -> None:
        self._label = label
        self._file = file
        self._started = time.monotonic()
        self._next = 0.0
        self._width = 0
        self._text = ""

    def show(self, done: int, total: int | None) -> None:
        """Write how far it has come, unless that was done just now."""
        now = time.monotonic()
        seconds = now - self._started
        text = f"{self._label} {size(done)}".lstrip()
        if total is not None:
            text += f" of {size(total)}" + (f", {100 * done // total} %" if total else "")
        if seconds > 0.5:
            text += f", {size(done / seconds)}/s"
        self._text = text
        if now >= self._next:
            self._next = now + 0.1
            self._write()

    def _write(self, end: str = "") -> None:
        self._file.write("\r" + self._text.ljust(self._width) + end)
        self._file.flush()
        self._width = len(self._text)

    def close(self) -> None:
        """Write the last of it, and end the line."""
        self._write(end="\n")


class _Rich:
    """A bar drawn by rich."""

    def __init__(self, label: str, total: int | None, file: TextIO, rich: Any) -> None:
        from rich.console import Console

        columns = (rich.BarColumn(), rich.DownloadColumn(), rich.TransferSpeedColumn(), rich.TimeRemainingColumn())
        console = Console(file=file)
        self._bar = rich.Progress(rich.TextColumn("{task.description}"), *columns, console=console)
        self._bar.start()
        self._task = self._bar.add_task(label, total=total)

    def show(self, done: int, total: int | None) -> None:
        """Draw how far it has come."""
        self._bar.update(self._task, completed=done, total=total)

    def close(self) -> None:
        """Draw the last of it, and leave it there."""
        self._bar.stop()


def size(count: float) -> str:
    """Write a number of bytes."""
    for unit in _UNITS:
        if count < 1000 or unit == _UNITS[-1]:
            break
        count /= 1000
    return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
