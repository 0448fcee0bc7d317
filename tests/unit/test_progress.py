"""What is shown of the progress of many requests."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest

from duohttp._concurrency import progress_of
from duohttp._concurrency.progress import Progress


class Terminal(io.StringIO):
    """A stderr that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def use_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    out = Terminal()  # from within the test, as pytest sets stderr anew before each part of it
    monkeypatch.setattr(sys, "stderr", out)
    return out


def run(wanted: Any, total: int | None) -> Progress:
    with progress_of(wanted, total) as progress:
        for _ in range(3):
            progress.advance()
    return progress


def test_a_function_is_told() -> None:
    told: list[object] = []
    run(lambda done, total: told.append((done, total)), 3)
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("wanted", [True, False])
def test_nothing_is_shown_where_stderr_is_no_terminal(wanted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    assert type(run(wanted, 3)) is Progress
    monkeypatch.setattr(sys, "stderr", None)
    assert run(wanted, 3).done == 3
    assert out.getvalue() == ""


def test_nothing_is_shown_where_it_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = use_terminal(monkeypatch)
    run(False, 3)
    assert terminal.getvalue() == ""


def test_a_bar_is_drawn_by_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("rich")
    terminal = use_terminal(monkeypatch)
    run(True, 3)
    assert "3/3" in terminal.getvalue()


@pytest.mark.parametrize(("total", "shown"), [(3, "3/3 requests"), (None, "3 requests")])
def test_a_line_is_written_without_rich(total: int | None, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = use_terminal(monkeypatch)
    monkeypatch.setitem(sys.modules, "rich", None)
    run(True, total)
    text = terminal.getvalue()
    assert text.rpartition("\r")[2].startswith(shown)
    assert text.endswith("\n")


def test_the_line_is_not_written_too_often(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = use_terminal(monkeypatch)
    monkeypatch.setitem(sys.modules, "rich", None)
    now = 100.0
    monkeypatch.setattr("duohttp._concurrency.progress.time.monotonic", lambda: now)
    with progress_of(True, 1000) as progress:
        for _ in range(500):
            progress.advance()
        assert terminal.getvalue().count("\r") == 2
        now += 2
        progress.advance()
        assert "501/1000 requests, 2.0 s, 250/s" in terminal.getvalue()
