"""The public names: none appears or goes by accident, each is documented, and both colours have the same."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import duohttp
from duohttp.values.hints import Elsewhere

SNAPSHOT = Path(__file__).with_name("public_names.txt")
PAIRS = [name for name in duohttp.__all__ if name.startswith("Async")]
OBJECTS = [name for name in duohttp.__all__ if callable(getattr(duohttp, name))]


def test_public_names_are_those_of_the_snapshot() -> None:
    expected = SNAPSHOT.read_text().split()
    assert expected == sorted(expected), f"{SNAPSHOT.name} is not sorted"
    assert list(duohttp.__all__) == expected, f"if this is meant, change {SNAPSHOT.name} and the changelog"


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(Path(inspect.getsourcefile(duohttp) or "").read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        (alias.asname, f"{node.module}.{alias.name}")
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == {(name, f"{module}.{name}") for name, module in duohttp._MODULES.items()}


def test_names_are_found_and_strangers_are_not() -> None:
    for name in duohttp.__all__:
        assert getattr(duohttp, name) is not None
    assert set(dir(duohttp)) == set(duohttp.__all__)
    with pytest.raises(AttributeError, match="module 'duohttp' has no attribute 'Klient'"):
        _ = duohttp.Klient


@pytest.mark.parametrize("name", OBJECTS)
def test_everything_public_is_documented(name: str) -> None:
    thing = getattr(duohttp, name)
    if inspect.getdoc(thing) is None:  # a type alias or a value
        assert not isinstance(thing, type), f"{name} has no docstring"
        assert not inspect.isfunction(thing), f"{name} has no docstring"
    if not inspect.isclass(thing) or not thing.__module__.startswith("duohttp."):
        return
    for member, value in vars(thing).items():
        if not member.startswith("_") and (inspect.isfunction(value) or isinstance(value, property)):
            assert inspect.getdoc(value), f"{name}.{member} has no docstring"


@pytest.mark.parametrize("name", PAIRS)
def test_both_colours_have_the_same_members(name: str) -> None:
    other = getattr(duohttp, name.removeprefix("Async"))
    ours = {member.replace("aclose", "close"): value for member, value in _members(getattr(duohttp, name))}
    theirs = dict(_members(other))
    assert ours.keys() == theirs.keys()
    for member, value in ours.items():
        if inspect.isfunction(value):
            assert _parameters(value) == _parameters(theirs[member]), f"{name}.{member}"


def _members(kind: type) -> list[tuple[str, Any]]:
    """Return what a class has, without what only says that it is called otherwise here."""
    members = inspect.getmembers_static(kind)
    return [(name, value) for name, value in members if not (name.startswith("_") or isinstance(value, Elsewhere))]


def _parameters(function: Any) -> list[tuple[str, Any]]:
    parameters = inspect.signature(function).parameters.values()
    return [(parameter.name, parameter.kind) for parameter in parameters]


def test_a_blocking_client_loads_nothing_heavy() -> None:
    code = (
        "import sys, duohttp; client = duohttp.Client(); "
        "heavy = ('asyncio', 'ssl', 'httpcore', 'anyio', 'trio', 'msgspec', 'pydantic', 'h2'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    command = [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}; {code}"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "[]"
