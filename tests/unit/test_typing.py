"""The public surface as pyright sees it; mypy checks the same file with the rest of the project."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(find_spec("pyright") is None, reason="pyright is not installed")
def test_pyright_agrees_with_the_public_types() -> None:
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--project", str(ROOT)]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=50)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 errors, 0 warnings" in result.stdout
