"""The environments the libraries are installed in, made when first needed."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tomllib
import venv
from collections.abc import Iterable
from pathlib import Path

__all__ = ["ROOT", "Environments"]

ROOT = Path(__file__).parents[1]
REQUIREMENTS = {"peers": "requirements.txt", "niquests": "requirements-niquests.txt"}


class Environments:
    """Finds the interpreter for a library: in environments of its own, or, with ``here``, the one that runs now."""

    def __init__(self, folder: Path, *, here: bool = False, install: bool = True) -> None:
        self.folder = folder
        self.here = here
        self.install = install
        self.checked: set[str] = set()

    def python(self, name: str) -> Path:
        """Return the interpreter of an environment, which is made and filled if it has to be."""
        if self.here:
            return Path(sys.executable)
        path = self.folder / name
        python = path / "bin" / "python"
        if name not in self.checked:
            self.checked.add(name)
            if self.install:
                self.fill(name, path, python)
        return python

    def fill(self, name: str, path: Path, python: Path) -> None:
        wanted = requirements(name)
        stamp = path / "requirements-stamp"
        digest = hashlib.sha256("\n".join(wanted).encode()).hexdigest()
        if stamp.exists() and stamp.read_text() == digest:
            return
        print(f"bench: installing {len(wanted)} packages into {path}", file=sys.stderr)
        if not python.exists():
            venv.create(path, with_pip=True)
        if not pip_install(python, wanted):
            for requirement in wanted:
                if not pip_install(python, [requirement]):
                    print(f"bench: {requirement} cannot be installed here", file=sys.stderr)
        stamp.write_text(digest)


def requirements(name: str) -> list[str]:
    """Return what an environment holds; with the peers are the dependencies of duohttp itself, and its HTTP/2."""
    lines = (ROOT / "benchmarks" / REQUIREMENTS[name]).read_text().splitlines()
    wanted = [line for line in lines if line and not line.startswith("#")]
    if name == "peers":
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        wanted += [*project["dependencies"], *project["optional-dependencies"]["http2"]]
    return wanted


def pip_install(python: Path, wanted: Iterable[str]) -> bool:
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted]
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0
