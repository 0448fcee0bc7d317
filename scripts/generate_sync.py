"""Generate the sync code from the async code.

python scripts/generate_sync.py           write the sync files
python scripts/generate_sync.py --check   write nothing, fail if anything differs
"""

from __future__ import annotations

import argparse
import ast
import difflib
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import unasync
from tokenize_rt import Token

ROOT = Path(__file__).resolve().parent.parent
TREES = {"src/_async": "src/_sync", "tests/_async": "tests/_sync"}
HEADER = "# Generated from {source} by scripts/generate_sync.py. Do not edit.\n"

# Names that differ by more than the "Async" prefix. A pair nobody uses fails the run.
NAMES = {
    "_async": "_sync",
    "aclose": "close",
    "handle_async_request": "handle_request",
    "send_async": "send",
}
PREFIX = re.compile(r"^(_*)(?:Async(?=[A-Z])|async_(?=[a-z]))")
WORD = re.compile(r"\b[A-Za-z_]\w*\b")
CODE_IN_TEXT = re.compile(r"\basync (?=with\b|for\b|def\b)|\bawait (?=[\w.]+\()")

# Both kinds of concurrency live in src/_concurrency.py, never in the async tree.
BANNED = {"anyio", "asyncio", "queue", "threading", "time", "trio"}
LEFTOVER = re.compile(r"_*(Async[A-Z]|async_)|aclose$|a(iter|next)$|__a(iter|next|enter|exit)__$")


class SyncRule(unasync.Rule):  # type: ignore[misc]
    """unasync's own pass, after mapping our names in code, strings and comments."""

    used: set[str] = set()

    def _unasync_tokens(self, tokens: Iterable[Token]) -> Iterator[Token]:
        yield from super()._unasync_tokens(self._prepare(token) for token in tokens)

    def _prepare(self, token: Token) -> Token:
        if token.name == "NAME":
            return token._replace(src=self._word(token.src))
        if token.name in ("STRING", "COMMENT", "FSTRING_MIDDLE"):
            text = CODE_IN_TEXT.sub("", token.src)
            return token._replace(src=WORD.sub(lambda match: self._word(match[0]), text))
        return token

    def _word(self, word: str) -> str:
        if word in NAMES:
            self.used.add(word)
            return NAMES[word]
        return PREFIX.sub(r"\1", word)


def refused(path: Path) -> Iterator[str]:
    """What an async source file must not hold, because it has no sync form."""
    where = path.relative_to(ROOT).as_posix()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        line = getattr(node, "lineno", 0)
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            modules = [node.module or ""]
        elif isinstance(node, ast.JoinedStr) and any(isinstance(inner, ast.Await) for inner in ast.walk(node)):
            yield f"{where}:{line}: await inside an f-string"
        for module in modules:
            if where.startswith("src/") and module.partition(".")[0] in BANNED:
                yield f"{where}:{line}: {module} belongs in src/_concurrency.py"


def leftovers(where: str, text: str) -> Iterator[str]:
    """Async names that survived the conversion."""
    for node in ast.walk(ast.parse(text, filename=where)):
        for field in ("id", "attr", "name", "arg"):
            name = getattr(node, field, None)
            if isinstance(name, str) and LEFTOVER.match(name):
                yield f"{where}:{getattr(node, 'lineno', 0)}: {name} is still async"


def generate(out: Path) -> dict[str, str]:
    """Return the text of every sync file, by its path from the project root."""
    sources = [path for tree in TREES for path in sorted((ROOT / tree).rglob("*.py"))]
    problems = [line for path in sources for line in refused(path)]

    rules = [SyncRule(f"{ROOT / a}/", f"{out / s}/") for a, s in TREES.items()]
    unasync.unasync_files([str(path) for path in sources], rules)
    problems += [f"NAMES: {name} is not used" for name in sorted(NAMES.keys() - SyncRule.used)]
    if problems:
        raise SystemExit("\n".join(problems))

    for path in sources:
        source = path.relative_to(ROOT).as_posix()
        tree = next(tree for tree in TREES if source.startswith(f"{tree}/"))
        target = out / source.replace(tree, TREES[tree], 1)
        text = target.read_text(encoding="utf-8")
        target.write_text(HEADER.format(source=source) + text, encoding="utf-8")

    ruff = [sys.executable, "-m", "ruff"]
    config = ["--quiet", "--config", str(ROOT / "pyproject.toml"), str(out)]
    subprocess.run([*ruff, "check", "--select=I", "--fix", *config], check=True)
    subprocess.run([*ruff, "format", *config], check=True)

    found = {p.relative_to(out).as_posix(): p.read_text("utf-8") for p in out.rglob("*.py")}
    problems = [line for where, text in found.items() for line in leftovers(where, text)]
    if problems:
        raise SystemExit("\n".join(problems))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if anything differs")
    check = parser.parse_args().check

    with tempfile.TemporaryDirectory() as folder:
        wanted = generate(Path(folder))
    present = {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for tree in TREES.values()
        for path in (ROOT / tree).rglob("*.py")
    }
    changed = [p for p in sorted(wanted | present) if wanted.get(p) != present.get(p)]
    for path in changed:
        old, new = present.get(path, ""), wanted.get(path, "")
        if check:
            lines = old.splitlines(keepends=True), new.splitlines(keepends=True)
            sys.stdout.writelines(difflib.unified_diff(*lines, path, f"{path} (generated)"))
            print(f"differs: {path}")
        elif path in wanted:
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_text(new, encoding="utf-8")
            print(f"wrote: {path}")
        else:
            (ROOT / path).unlink()
            print(f"removed: {path}")
    return 1 if check and changed else 0


if __name__ == "__main__":
    raise SystemExit(main())
