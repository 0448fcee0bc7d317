"""The generator of the twin: what it converts, what it refuses, what its check finds."""

from __future__ import annotations

import ast
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from scripts import generate_sync
else:  # a script, so not on the import path
    path = Path(__file__).parent.parent / "scripts" / "generate_sync.py"
    generate_sync = SimpleNamespace(**runpy.run_path(str(path)))

DATA = Path(__file__).parent / "data" / "generator"
CASES = sorted(path.stem for path in (DATA / "source").glob("*.py"))
PAIRS = {"_async": "_sync", "aclose": "close"}

CLIENT = """\
from __future__ import annotations

from .._async import other


class AsyncClient:
    async def aclose(self) -> None:
        await other.wait()
"""
USES_PAIRS = "from .._async import x\n\n__all__ = ['aclose']\n"


class Project:
    """A small project in a folder of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("pyproject.toml", '[tool.ruff]\nline-length = 120\ntarget-version = "py311"\n')

    def write(self, where: str, text: str) -> Path:
        path = self.root / where
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def read(self, where: str) -> str:
        return (self.root / where).read_text(encoding="utf-8")

    def run(self, *arguments: str, pairs: dict[str, str] = PAIRS) -> int:
        return generate_sync.main(arguments, self.root, pairs)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project that was just generated."""
    made = Project(tmp_path)
    made.write("src/_async/__init__.py", "")
    made.write("src/_async/client.py", CLIENT)
    made.write("tests/_async/test_client.py", "async def test() -> None:\n    assert await True\n")
    assert made.run() == 0
    return made


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """All cases, generated at once."""
    made = Project(tmp_path_factory.mktemp("converted"))
    for case in CASES:
        made.write(f"src/_async/{case}.py", (DATA / "source" / f"{case}.py").read_text(encoding="utf-8"))
    assert made.run() == 0
    return made


@pytest.mark.parametrize("case", CASES)
def test_conversion(case: str, converted: Project) -> None:
    text = converted.read(f"src/_sync/{case}.py")
    header, _, body = text.partition("\n")

    assert header == f"# Generated from src/_async/{case}.py by scripts/generate_sync.py. Do not edit."
    assert body == (DATA / "twin" / f"{case}.py").read_text(encoding="utf-8")
    ast.parse(text)


REFUSED = {
    "await without a space": ("async def f(x):\n    await(x)\n", 2, "space after await"),
    "await at the end of a line": ("async def f(x):\n    return (await\n        x)\n", 2, "space after await"),
    "async at the end of a line": ("async\\\ndef f(x): ...\n", 1, "space after async"),
    "await in an f-string": ("async def f(x):\n    return f'{await x}'\n", 2, "await inside an f-string"),
    "await is a part of an f-string": ("async def f(x):\n    return f'await{x}'\n", 2, "whole part of an f-string"),
    "asyncio": ("import asyncio\n", 1, "asyncio belongs in"),
    "a submodule of asyncio": ("x = 1\nfrom asyncio.locks import Lock\n", 2, "asyncio.locks belongs in"),
    "asyncio inside a function": ("def f():\n    import asyncio as a\n", 2, "asyncio belongs in"),
    "anyio": ("from anyio import sleep\n", 1, "anyio belongs in"),
    "time": ("import os, time\n", 1, "time belongs in"),
    "socket": ("import socket\n", 1, "socket belongs in"),
    "quoted annotation": ("x: 'AsyncIterator[bytes]'\n", 1, "quoted annotation 'AsyncIterator[bytes]'"),
    "quoted argument": ("def f(x: list['AsyncX | None']): ...\n", 1, "quoted annotation 'AsyncX | None'"),
    "quoted result": ("\ndef f() -> 'AsyncX': ...\n", 2, "quoted annotation 'AsyncX'"),
    "StopAsyncIteration": (
        "async def f():\n    yield 1\n    raise StopAsyncIteration\n",
        3,
        "in a generator use return",
    ),
    "StopAsyncIteration()": ("async def f():\n    raise StopAsyncIteration()\n", 2, "may be raised in __anext__ only"),
    "isinstance": ("def f(x):\n    return isinstance(x, AsyncIterable)\n", 2, "a test for AsyncIterable"),
    "isinstance of several": ("isinstance(x, (str, abc.AsyncIterator))\n", 1, "a test for AsyncIterator"),
    "issubclass": ("issubclass(x, AsyncGenerator)\n", 1, "a test for AsyncGenerator"),
    "class pattern": ("match x:\n    case AsyncIterable(): ...\n", 2, "a test for AsyncIterable"),
    "aiter": ("async def f(x):\n    return aiter(x)\n", 2, "aiter() has no twin"),
    "anext": ("async def f(x):\n    return await anext(x)\n", 2, "anext() has no twin"),
    "AsyncGenerator of two": ("def f() -> AsyncGenerator[int, None]: ...\n", 1, "write AsyncGenerator[X]"),
    "typing.AsyncGenerator": ("x: typing.AsyncGenerator[int, None]\n", 1, "write AsyncGenerator[X]"),
    "Awaitable": ("def f(x: Callable[[], Awaitable[int]]): ...\n", 1, "Awaitable has no twin"),
    "Coroutine": ("def f(x: abc.Coroutine[int]): ...\n", 1, "Coroutine has no twin"),
    "two imports become one": ("from x import AsyncA\nfrom y import A\n", 2, "A and AsyncA would both be called A"),
    "two methods": ("class A:\n    def close(self): ...\n    async def aclose(self): ...\n", 3, "aclose and close"),
    "two functions": ("def sleep(): ...\nif 1:\n    async def async_sleep(): ...\n", 3, "async_sleep and sleep"),
    "two arguments": ("def f(a, _Async, b, *, async_a): ...\n", 1, "a and async_a would both be called a"),
    "two variables": ("def f():\n    a = async_a = 1\n", 2, "a and async_a would both be called a"),
    "syntax error": ("x = 1\ndef f(:\n", 2, "invalid syntax"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_source(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, line, message = REFUSED[case]
    project = Project(tmp_path)
    source = project.write("src/_async/module.py", text)

    assert project.run() == 1

    problems = capsys.readouterr().err
    assert f"src/_async/module.py:{line}: " in problems
    assert message in problems
    assert source.read_text() == text
    assert not (tmp_path / "src/_sync").exists()


ALLOWED = {
    "a clock in a test": ("tests/_async/test_x.py", "import threading\nimport time\n"),
    "a relative module of that name": ("src/_async/x.py", "from .time import x\nfrom . import queue\n"),
    "a class pattern of ours": ("src/_async/x.py", "match x:\n    case AsyncClient():\n        pass\n"),
    "quoted text that is no annotation": ("src/_async/x.py", "T = TypeVar('T', bound='AsyncClient')\n"),
    "two names in two scopes": ("src/_async/x.py", "from x import a\n\n\ndef f():\n    async_a = a\n"),
    "StopAsyncIteration in __anext__": (
        "src/_async/x.py",
        "class X:\n    async def __anext__(self):\n        raise StopAsyncIteration from None\n",
    ),
}


@pytest.mark.parametrize("case", ALLOWED)
def test_allowed_source(case: str) -> None:
    assert list(generate_sync.refused(*ALLOWED[case])) == []


LEFT = {
    "asynchronous middle": "from contextlib import AbstractAsyncContextManager\n",
    "aclosing": "from contextlib import aclosing\n",
    "a method": "def f(stack):\n    return stack.enter_async_context\n",
    "aread": "def f(response):\n    return response.aread()\n",
    "a digit": "class Async2Client: ...\n",
    "__await__": "class A:\n    def __await__(self): ...\n",
    "anyio_backend": "async def test(anyio_backend): ...\n",
    "anyio_backend_name": "async def test(anyio_backend_name): ...\n",
    "is_async": "is_async = True\n",
    "isawaitable": "from inspect import isawaitable\n",
}


@pytest.mark.parametrize("case", LEFT)
def test_leftovers(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = Project(tmp_path)
    project.write("tests/_async/test_module.py", LEFT[case])

    assert project.run(pairs={}) == 1

    problems = capsys.readouterr().err
    assert "tests/_sync/test_module.py:" in problems
    assert "is still async; give it a pair in NAMES" in problems


def test_unused_pair(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert project.run(pairs={**PAIRS, "aread": "read"}) == 1
    assert "scripts/generate_sync.py: NAMES has aread, which nobody uses" in capsys.readouterr().err


@pytest.mark.parametrize("where", ["src/_async/async_loop.py", "src/_async/engines/_async/x.py"])
def test_file_that_would_have_to_be_renamed(where: str, project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.write(where, "")
    assert project.run() == 1
    assert f"{where}: a file called " in capsys.readouterr().err


def test_not_utf8(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    (project.root / "src/_async/latin.py").write_bytes("# é\n".encode("latin-1"))
    assert project.run() == 1
    assert "src/_async/latin.py: not UTF-8" in capsys.readouterr().err


def test_root_that_contains_the_name_of_a_tree(tmp_path: Path) -> None:
    project = Project(tmp_path / "src" / "_async" / "src" / "_async")
    source = project.write("src/_async/client.py", CLIENT)

    assert project.run() == 0

    assert source.read_text() == CLIENT
    assert "class Client:" in project.read("src/_sync/client.py")


def test_second_run_changes_nothing(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    twin = project.root / "src/_sync/client.py"
    before = twin.stat().st_mtime_ns
    capsys.readouterr()

    assert project.run() == project.run("--check") == 0

    assert twin.stat().st_mtime_ns == before
    assert capsys.readouterr() == ("", "")


def test_one_change_rewrites_one_file(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.write("src/_async/client.py", CLIENT + "\n\nx = 1\n")
    capsys.readouterr()

    assert project.run() == 0

    assert capsys.readouterr().out == "wrote: src/_sync/client.py\n"


def edit(project: Project) -> None:
    project.write(
        "src/_sync/client.py", project.read("src/_sync/client.py").replace("pass", "").replace("wait", "weit")
    )


def append(project: Project) -> None:
    project.write("src/_sync/client.py", project.read("src/_sync/client.py") + "\n\nx = 1\n")


def truncate(project: Project) -> None:
    project.write("src/_sync/client.py", "")


def stray(project: Project) -> None:
    project.write("src/_sync/deep/orphan.py", generate_sync.HEADER.format(source="src/_async/deep/orphan.py"))


def empty_stray(project: Project) -> None:
    project.write("src/_sync/orphan.py", "")


def stray_data(project: Project) -> None:
    project.write("src/_sync/notes.txt", "notes\n")


def missing(project: Project) -> None:
    (project.root / "src/_sync/client.py").unlink()


def missing_empty(project: Project) -> None:
    (project.root / "src/_sync/__init__.py").unlink()


def removed_source(project: Project) -> None:
    (project.root / "tests/_async/test_client.py").unlink()


def changed_source(project: Project) -> None:
    project.write("src/_async/client.py", CLIENT.replace("other.wait", "other.other"))


MUTATIONS = {
    edit: "-        other.weit()",
    append: "-x = 1",
    truncate: "+class Client:",
    stray: "src/_sync/deep/orphan.py: has no source",
    empty_stray: "src/_sync/orphan.py: has no source",
    stray_data: "src/_sync/notes.txt: has no source",
    missing: "src/_sync/client.py: missing",
    missing_empty: "src/_sync/__init__.py: missing",
    removed_source: "tests/_sync/test_client.py: has no source",
    changed_source: "+        other.other()",
}
BY_HAND = (empty_stray, stray_data)


@pytest.mark.parametrize("mutate", MUTATIONS)
def test_check_finds(mutate: object, project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert callable(mutate)
    mutate(project)
    before = generate_sync.files_of(project.root)

    assert project.run("--check") == 1

    assert MUTATIONS[mutate] in capsys.readouterr().out
    assert generate_sync.files_of(project.root) == before
    if mutate in BY_HAND:
        assert project.run() == 1
        assert "not generated, so not removed" in capsys.readouterr().err
    else:
        assert project.run() == project.run("--check") == 0


def test_the_twin_of_this_project_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert generate_sync.main(["--check"]) == 0, capsys.readouterr()


def test_runs_on_the_pinned_unasync() -> None:
    import tomllib
    from importlib.metadata import version

    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())
    dev = project["project"]["optional-dependencies"]["dev"]
    assert f"unasync=={version('unasync')}" in dev
    assert sys.version_info >= (3, 11)
