"""Downloads to a disk that is full."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .servers.nginx import Nginx

resource = pytest.importorskip("resource", reason="limits of Unix")

# No file may grow past the limit, which is what a full disk looks like.
CHILD = """
import asyncio, json, resource, sys
from duohttp import AsyncClient, Client
url, path, colour, parallel = sys.argv[1:]
options = {"parallel": int(parallel)}
resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))
async def fetch():
    async with AsyncClient() as client:
        await client.download(url, path, **options)
try:
    if colour == "async":
        asyncio.run(fetch())
    else:
        with Client() as client:
            client.download(url, path, **options)
except OSError as error:
    print(json.dumps([type(error).__name__, error.strerror, error.filename]))
"""
SIZE = 12 * 2**20


def failure(url: str, path: Path, colour: str, parallel: int) -> list[Any]:
    """Return what the download in a process of its own raises."""
    code = f"import sys; sys.path[:] = {sys.path!r}\n{CHILD}"
    command = [sys.executable, "-W", "error", "-c", code, url, str(path), colour, str(parallel)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    result: list[Any] = json.loads(done.stdout)
    return result


@pytest.mark.parametrize("parallel", [1, 4])
@pytest.mark.parametrize("colour", ["sync", "async"])
def test_a_full_disk_leaves_nothing(colour: str, parallel: int, nginx: Nginx, tmp_path: Path) -> None:
    source = nginx.html / f"full-{os.getpid()}.bin"
    with source.open("wb") as file:
        file.truncate(SIZE)
    (tmp_path / "x").write_bytes(b"old")
    try:
        name, reason, where = failure(f"{nginx.url}/{source.name}", tmp_path / "x", colour, parallel)
    finally:
        source.unlink()
    assert (name, reason, where) == ("OSError", "File too large", str(tmp_path / "x.part"))
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert (tmp_path / "x").read_bytes() == b"old"
