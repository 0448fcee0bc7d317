"""Runs the code of a Markdown page: what the reader sees is what is run."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

__all__ = ["Block", "blocks_of", "matches", "run_page"]

NOT_RUN = re.compile(r"<!-- not run: (.+?) -->")
SHOWN = re.compile(r"\)  # (.+)$")


@dataclass
class Block:
    """A fenced block of a page: its language, its text, the number of its first line, and what its comment asks."""

    page: Path
    language: str
    text: str
    line: int
    not_run: str | None = None
    output: str | None = None
    """What it must print, from a ``text`` block that follows at once."""

    @property
    def name(self) -> str:
        """The page and the line."""
        return f"{self.page.name}:{self.line}"


def blocks_of(page: Path) -> list[Block]:
    """Return the fenced blocks of a page."""
    found: list[Block] = []
    open_block: Block | None = None
    lines: list[str] = []
    comment: str | None = None
    gap = True
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if open_block is not None:
            if line.strip() == "```":
                open_block.text = "\n".join(lines) + "\n"
                if open_block.language == "text" and found and not gap:
                    found[-1].output = open_block.text
                else:
                    found.append(open_block)
                open_block, gap = None, False
            else:
                lines.append(line)
        elif line.startswith("```"):
            open_block, lines = Block(page, line[3:].strip(), "", number + 1, comment), []
            comment = None
        elif matched := NOT_RUN.search(line):
            comment = matched[1]
        elif line.strip():
            comment, gap = None, True
    assert open_block is None, f"{page.name} has a block without an end"
    return found


def matches(expected: str, actual: str) -> bool:
    """Whether a text is the expected one, in which ``…`` stands for anything."""
    pattern = ".*?".join(map(re.escape, expected.strip().split("…")))
    return re.fullmatch(pattern, actual.strip(), re.DOTALL) is not None


def expected_prints(source: str) -> dict[int, str]:
    """Return the comments behind the prints of a block, by the line where the print begins."""
    lines = source.splitlines()
    found = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            comment = SHOWN.search(lines[(node.end_lineno or node.lineno) - 1])
            if comment:
                found[node.lineno] = comment[1]
    return found


@dataclass
class Page:
    """A page that runs: one namespace, one event loop."""

    path: Path
    module: ModuleType
    runner: asyncio.Runner
    expected: dict[int, str] = field(default_factory=dict)
    """What each print that has a comment must print, by its line."""
    printed: set[int] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def show(self, *values: object, **options: Any) -> None:
        """Stand in for print: a comment behind it tells what it prints."""
        print(*values, **options)
        frame = inspect.currentframe()
        caller = frame.f_back if frame is not None else None
        if caller is None or caller.f_code.co_filename != str(self.path):
            return
        line = caller.f_lineno
        self.printed.add(line)
        expected = self.expected.get(line)
        shown = " ".join(map(str, values))
        if expected is not None and not matches(expected, shown):
            self.wrong.append(f"line {line} prints {shown!r}, the page says {expected!r}")

    def run(self, block: Block) -> str:
        """Run a block and return what it printed."""
        source = "\n" * (block.line - 1) + block.text
        self.expected |= expected_prints(source)
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        code: CodeType = compile(source, str(self.path), "exec", flags=flags, dont_inherit=True)
        with redirect_stdout(StringIO()) as printed:
            if code.co_flags & inspect.CO_COROUTINE:
                self.runner.run(eval(code, vars(self.module)))
            else:
                exec(code, vars(self.module))
        return printed.getvalue()


@contextmanager
def opened(path: Path) -> Iterator[Page]:
    """Make the namespace of a page a module, so that types find the names they are made of."""
    module = ModuleType(f"page_{path.stem.replace('-', '_')}")
    sys.modules[module.__name__] = module
    try:
        with asyncio.Runner() as runner:
            page = Page(path, module, runner)
            vars(module)["print"] = page.show
            yield page
            runner.run(close_clients(module))
    finally:
        del sys.modules[module.__name__]


async def close_clients(module: ModuleType) -> None:
    """Close what a page leaves open, as the end of a script does."""
    from duohttp import AsyncClient, Client

    for value in vars(module).values():
        if isinstance(value, Client):
            value.close()
        elif isinstance(value, AsyncClient):
            await value.aclose()


def run_page(path: Path) -> list[str]:
    """Run the Python blocks of a page in order; return what is not as the page says."""
    with opened(path) as page:
        for block in blocks_of(path):
            if block.language != "python" or block.not_run:
                continue
            printed = page.run(block)
            if block.output is not None and not matches(block.output, printed):
                page.wrong.append(f"the block at line {block.line} prints {printed!r}, the page says {block.output!r}")
        page.wrong += [f"line {line} prints nothing" for line in sorted(page.expected.keys() - page.printed)]
        return page.wrong
