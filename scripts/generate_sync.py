"""Generate the blocking twin from the async source.

python scripts/generate_sync.py           write the twin
python scripts/generate_sync.py --check   write nothing, fail if anything differs

unasync does the token pass: it drops ``async`` and ``await`` and renames what the language itself names. This script
adds our names (``AsyncX`` is ``X``, ``async_x`` is ``x``, and NAMES), refuses source that would compile to something
wrong, looks through the result for what is still async, formats it, and compares both directions.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import unasync
from tokenize_rt import Token, src_to_tokens

ROOT = Path(__file__).resolve().parent.parent
TREES = {
    "src/_async": "src/_sync",
    "tests/_async": "tests/_sync",
    "tests/conformance/_async": "tests/conformance/_sync",
}
MARK = "by scripts/generate_sync.py. Do not edit.\n"
HEADER = "# Generated from {source} " + MARK

# Names that differ by more than their prefix. A pair nobody uses fails the run.
NAMES = {
    "_async": "_sync",
    "aclose": "close",
    "handle_async_request": "handle_request",
    "send_async": "send",
}
PREFIX = re.compile(r"^(_*)(?:Async(?=[A-Z])|async_(?=[a-z]))")
WORD = re.compile(r"\\.|\w+", re.DOTALL)  # an escape such as \n is no part of the word after it
UNSPACED = re.compile(r"\b(?:async|await)\b(?! )")
CODE_IN_TEXT = re.compile(r"\basync (?=with\b|for\b|def\b)|\bawait (?=[\w.]+[(`])")

# What has two hand-written halves lives in ring 3, never in an async tree. Tests may use clocks and threads.
LOOPS = {"anyio", "asyncio", "trio", "sniffio", "uvloop"}
RING_3 = {"queue", "select", "selectors", "socket", "threading", "time"}
ABSTRACT = {"AsyncGenerator", "AsyncIterable", "AsyncIterator", "Awaitable", "Coroutine"}

STILL_ASYNC = re.compile(
    r"Async[A-Z0-9]|(?:^|_)async(?:_|$)|StopAsync|__a(?:iter|next|enter|exit|wait)__$"
    r"|^(?:a(?:close|closing|iter|next|read|send|throw)|Awaitable|Coroutine|is(?:coroutine|awaitable)\w*|anyio_backend.*)$"
)


class SyncRule(unasync.Rule):  # type: ignore[misc]
    """unasync's own pass, after our names are mapped in code, strings and comments."""

    def __init__(self, fromdir: str, todir: str, names: Names) -> None:
        super().__init__(fromdir, todir)
        self.names = names

    def _unasync_tokens(self, tokens: Iterable[Token]) -> Iterator[Token]:
        yield from super()._unasync_tokens(self._prepare(token) for token in tokens)

    def _prepare(self, token: Token) -> Token:
        if token.name == "NAME":
            return token._replace(src=self.names.map(token.src))
        if token.name in ("STRING", "COMMENT", "FSTRING_MIDDLE"):
            text = CODE_IN_TEXT.sub("", token.src)
            return token._replace(src=WORD.sub(lambda match: self.names.map(match[0]), text))
        return token


class Names:
    """The name of everything in the twin; remembers which pairs were needed."""

    def __init__(self, pairs: Mapping[str, str]) -> None:
        self.pairs = pairs
        self.used: set[str] = set()

    def map(self, word: str) -> str:
        """Return the name in the twin."""
        if word in self.pairs:
            self.used.add(word)
            return self.pairs[word]
        return PREFIX.sub(r"\1", word)


def refused(where: str, text: str) -> Iterator[str]:
    """Yield what an async source file must not hold, because it has no twin or a wrong one."""
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        yield f"{where}:{error.lineno}: {error.msg}"
        return
    yield from (f"{where}: a file called {part} would keep its name" for part in renamed_parts(where))
    yield from (f"{where}:{line}: {problem}" for line, problem in sorted({*bad_tokens(text), *bad_nodes(where, tree)}))
    yield from (f"{where}:{line}: {problem}" for line, problem in collisions(tree))


def renamed_parts(where: str) -> list[str]:
    """Return the parts of a path, below its tree, whose import would be renamed while the file is not."""
    names = Names(NAMES)
    tree = next(tree for tree in TREES if where.startswith(f"{tree}/"))
    below = Path(where).with_suffix("").relative_to(tree).parts
    return [part for part in below if names.map(part) != part]


def bad_tokens(text: str) -> Iterator[tuple[int, str]]:
    """Find ``await(x)`` and ``await`` at the end of a line: unasync drops the token after it, whatever it is."""
    tokens = src_to_tokens(text) if UNSPACED.search(text) else []  # tokens are costly, and such places are rare
    for token, following in pairwise(tokens):
        if token.name == "NAME" and token.src in ("async", "await") and following.name != "UNIMPORTANT_WS":
            yield token.line, f"write a space after {token.src}"


def bad_nodes(where: str, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Find constructs whose twin would be broken or mean something else."""
    banned = LOOPS | RING_3 if where.startswith("src/") else LOOPS
    inside_next = {id(n) for f in ast.walk(tree) if getattr(f, "name", "") == "__anext__" for n in ast.walk(f)}
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        match node:
            case ast.Import() | ast.ImportFrom():
                for module in imported(node):
                    if module.partition(".")[0] in banned:
                        yield line, f"{module} belongs in src/_concurrency or src/_network"
            case ast.JoinedStr():
                if any(isinstance(inner, ast.Await) for inner in ast.walk(node)):
                    yield line, "await inside an f-string"
                if any(isinstance(part, ast.Constant) and part.value in ("async", "await") for part in node.values):
                    yield line, "async or await as a whole part of an f-string"
            case ast.Raise():
                if "StopAsyncIteration" in names_in(node) and id(node) not in inside_next:
                    yield line, "StopAsyncIteration may be raised in __anext__ only; in a generator use return"
            case ast.Call(func=ast.Name(id="isinstance" | "issubclass"), args=[_, kind]) | ast.MatchClass(cls=kind):
                for name in sorted(ABSTRACT & set(names_in(kind))):
                    yield line, f"a test for {name} means something else in the twin; put it in src/_concurrency"
            case ast.Call(func=ast.Name(id="aiter" | "anext" as name)):
                yield line, f"{name}() has no twin; use async for"
            case ast.Subscript(slice=ast.Tuple()):
                if "AsyncGenerator" in names_in(node.value):
                    yield line, "write AsyncGenerator[X]: Generator[X, None] fails before Python 3.13"
            case ast.Name(id="Awaitable" | "Coroutine" as name) | ast.Attribute(attr="Awaitable" | "Coroutine" as name):
                yield line, f"{name} has no twin; name the type in src/_concurrency"
        for text in quoted_annotations(node):
            yield line, f"quoted annotation {text!r}; write it without quotes"


def imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    """Return the modules outside this package that a statement imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if node.level == 0 else []


def names_in(node: ast.AST) -> list[str]:
    """Return the names and attributes in an expression."""
    return [name for n in ast.walk(node) if isinstance(name := getattr(n, "id", getattr(n, "attr", None)), str)]


def quoted_annotations(node: ast.AST) -> Iterator[str]:
    """Yield string annotations with names of the async world."""
    for field in ("annotation", "returns"):
        annotation = getattr(node, field, None)
        for inner in ast.walk(annotation) if isinstance(annotation, ast.AST) else ():
            if isinstance(inner, ast.Constant) and re.search(r"Async[A-Z]|await|Coroutine", str(inner.value)):
                yield str(inner.value)


def collisions(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Find two names of one scope that become one, as ``AsyncClient`` and ``Client`` do."""
    names = Names(NAMES)
    scopes = [node for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | FUNCTIONS)]
    for scope in scopes:
        bound: dict[str, dict[str, int]] = defaultdict(dict)
        for name, line in bindings(scope):
            bound[names.map(name)].setdefault(name, line)
        for twin, originals in bound.items():
            if len(originals) > 1:
                yield max(originals.values()), f"{' and '.join(sorted(originals))} would both be called {twin}"


FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


def bindings(scope: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield the names that a scope binds, without those of the scopes inside."""
    for node in ast.iter_child_nodes(scope):
        line = getattr(node, "lineno", 0)
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, line
                continue
            case ast.alias():
                yield node.asname or node.name.partition(".")[0], line
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                yield name, line
            case ast.Lambda():
                continue
        yield from bindings(node)


def still_async(where: str, text: str) -> Iterator[str]:
    """Yield async names that survived the conversion."""
    for node in ast.walk(ast.parse(text, filename=where)):
        for field in ("id", "attr", "name", "arg"):
            name = getattr(node, field, None)
            if isinstance(name, str) and STILL_ASYNC.search(name):
                hint = "give it a pair in NAMES, or move it to src/_concurrency"
                yield f"{where}:{getattr(node, 'lineno', 0)}: {name} is still async; {hint}"


def generate(root: Path, out: Path, pairs: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the text of every file of the twin by its path from the root, and what is wrong."""
    sources = {p.relative_to(root).as_posix(): p for tree in TREES for p in sorted((root / tree).rglob("*.py"))}
    problems: list[str] = []
    for where, path in sources.items():
        try:
            problems += refused(where, path.read_text(encoding="utf-8"))
        except UnicodeDecodeError as error:
            problems.append(f"{where}: not UTF-8: {error.reason} at byte {error.start}")
    if problems:
        return {}, problems

    names = Names(pairs)
    rules = [SyncRule(f"{root / a}/", f"{out / s}/", names) for a, s in TREES.items()]
    unasync.unasync_files([str(path) for path in sources.values()], rules)
    problems += [f"scripts/generate_sync.py: NAMES has {n}, which nobody uses" for n in sorted({*pairs} - names.used)]
    for where in sources:
        tree = next(tree for tree in TREES if where.startswith(f"{tree}/"))
        target = out / where.replace(tree, TREES[tree], 1)
        target.write_text(HEADER.format(source=where) + target.read_text(encoding="utf-8"), encoding="utf-8")
    tidy(root, out)
    twin = {path.relative_to(out).as_posix(): path.read_text("utf-8") for path in sorted(out.rglob("*.py"))}
    problems += [problem for where, text in twin.items() for problem in still_async(where, text)]
    return twin, problems


def tidy(root: Path, out: Path) -> None:
    """Sort the renamed imports and format, as the source is."""
    ruff = [sys.executable, "-m", "ruff"]
    options = ["--quiet", "--no-cache", "--config", str(root / "pyproject.toml"), str(out)]
    subprocess.run([*ruff, "check", "--select=I", "--fix", *options], check=True)
    subprocess.run([*ruff, "format", *options], check=True)


def files_of(root: Path) -> dict[str, str]:
    """Return the text of every file that is in the folders of the twin now, whatever its kind."""
    found = (path for tree in TREES.values() for path in sorted((root / tree).rglob("*")) if path.is_file())
    kept = (path for path in found if "__pycache__" not in path.parts)
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8", errors="replace") for path in kept}


def write(root: Path, where: str, text: str | None, present: str | None) -> str | None:
    """Write or remove one file; return what stands in the way."""
    path = root / where
    if text is None:
        if present is not None and MARK not in present:
            return f"{where}: not generated, so not removed; the folder holds nothing written by hand"
        path.unlink()
        print(f"removed: {where}")
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"wrote: {where}")
    return None


def main(arguments: Sequence[str] | None = None, root: Path = ROOT, pairs: Mapping[str, str] = NAMES) -> int:
    """Run with command line arguments; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, fail if anything differs")
    check: bool = parser.parse_args(arguments).check
    with tempfile.TemporaryDirectory() as folder:
        twin, problems = generate(root.resolve(), Path(folder).resolve(), pairs)
    if problems:
        print(*problems, sep="\n", file=sys.stderr)
        return 1
    present = files_of(root)
    changed = [where for where in sorted(twin | present) if twin.get(where) != present.get(where)]
    for where in changed:
        if not check:
            problems += filter(None, [write(root, where, twin.get(where), present.get(where))])
            continue
        old, new = (texts.get(where, "").splitlines(keepends=True) for texts in (present, twin))
        sys.stdout.writelines(difflib.unified_diff(old, new, where, f"{where} (generated)"))
        print(f"{where}: {'missing' if where not in present else 'differs' if where in twin else 'has no source'}")
    print(*problems, sep="\n", end="\n" if problems else "", file=sys.stderr)
    return 1 if problems or (check and changed) else 0


if __name__ == "__main__":
    raise SystemExit(main())
