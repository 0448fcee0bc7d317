"""ProgressBar: one body on the terminal."""

from __future__ import annotations

import io
import sys
import time

import pytest

from duohttp import ProgressBar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without rich, at a pace at which every line is written."""
    monkeypatch.setitem(sys.modules, "rich", None)
    clock = iter(range(1000))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))


@pytest.mark.usefixtures("plain")
def test_a_line() -> None:
    file = Terminal()
    bar = ProgressBar("big.iso", file=file)
    for done in (0, 512, 1_500_000, 3_000_000, 3_000_000):
        bar(done, 3_000_000)
    lines = file.getvalue().split("\r")[1:]
    assert lines[0].startswith("big.iso 0 B of 3.0 MB, 0 %")
    assert lines[-1].startswith("big.iso 3.0 MB of 3.0 MB, 100 %, ")
    assert lines[-1].endswith("/s\n")


@pytest.mark.usefixtures("plain")
def test_of_unknown_length_and_one_after_the_other() -> None:
    file = Terminal()
    bar = ProgressBar(file=file)
    for done in (5, 10, 10, 7, 7):
        bar(done, None)
    assert file.getvalue().count("\n") == 2
    assert "\r10 B, " in file.getvalue()
    bar(900, None)
    bar(5, None)  # cut off and begun again
    assert file.getvalue().count("\n") == 3


@pytest.mark.usefixtures("plain")
def test_an_empty_body() -> None:
    file = Terminal()
    ProgressBar("none", file=file)(0, 0)
    assert file.getvalue().startswith("\rnone 0 B of 0 B")
    assert file.getvalue().endswith("\n")


def test_with_rich() -> None:
    pytest.importorskip("rich")
    file = Terminal()
    bar = ProgressBar("big.iso", file=file)
    for done in (10, 20, 20):
        bar(done, 20)
    assert "big.iso" in file.getvalue()
    assert "20/20 bytes" in file.getvalue()


def test_nothing_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.StringIO()
    bar = ProgressBar("x", file=file)
    bar(1, 2)
    assert file.getvalue() == ""
    forced = ProgressBar("x", file=file, force=True)
    forced(1, 1)
    forced(1, 1)
    assert file.getvalue() != ""
    monkeypatch.setattr(sys, "stderr", None)
    ProgressBar("x")(1, 2)
