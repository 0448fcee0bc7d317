"""A download whose process is killed again and again goes on each time, and ends with the right bytes.

By default 32 MB and five kills; DUOHTTP_DOWNLOAD_SIZE in bytes and DUOHTTP_DOWNLOAD_KILLS make it larger.
"""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .servers.nginx import Nginx

# Slow enough to be caught half-way.
CHILD = """
import sys, time
from duohttp import Client
url, path, digest, parallel, pause = sys.argv[1:]
Client().download(
    url, path, digest=digest, parallel=int(parallel), progress=lambda done, total: time.sleep(float(pause))
)
"""
SIZE = int(os.environ.get("DUOHTTP_DOWNLOAD_SIZE", 32 * 2**20))
KILLS = int(os.environ.get("DUOHTTP_DOWNLOAD_KILLS", 5))
BLOCK = 2**20


@pytest.mark.timeout(600 if SIZE > 2**28 else 60)
@pytest.mark.parametrize("parallel", [1, 4])
def test_killed_and_resumed(parallel: int, nginx: Nginx, tmp_path: Path) -> None:
    chance = random.Random(7 + parallel)
    source = nginx.html / f"killed-{parallel}.bin"
    hashed = hashlib.sha256()
    with source.open("wb") as file:
        for _ in range(SIZE // BLOCK):
            block = chance.randbytes(BLOCK)
            hashed.update(block)
            file.write(block)
    target, part = tmp_path / "x.bin", tmp_path / "x.bin.part"
    code = f"import sys; sys.path[:] = {sys.path!r}\n{CHILD}"
    url = f"{nginx.url}/{source.name}"
    command = [sys.executable, "-c", code, url, str(target), f"sha256:{hashed.hexdigest()}", str(parallel)]
    written = [0]
    try:
        for _ in range(KILLS):
            goal = written[-1] + chance.randrange(1, SIZE // (2 * KILLS))
            child = subprocess.Popen([*command, "0.004"])
            deadline = time.monotonic() + 60
            while not part.exists() or blocks(part) < goal:
                assert child.poll() is None, "the download ended before it was killed"
                assert time.monotonic() < deadline
                time.sleep(0.001)
            child.kill()
            child.wait()
            written.append(blocks(part))
            assert not target.exists()
        subprocess.run([*command, "0"], check=True, timeout=300)
    finally:
        source.unlink()
    assert written == sorted(written)
    assert written[-1] > written[1] > 0
    with target.open("rb") as file:
        assert hashlib.file_digest(file, "sha256").digest() == hashed.digest()
    assert [path.name for path in tmp_path.iterdir()] == ["x.bin"]
    # Each process asked for what was missing, none for all of it again.
    lines = [line.split() for line in nginx.requests(source.name, KILLS + 1)]
    statuses = [line[2] for line in lines]
    assert statuses.count("200") == (1 if parallel == 1 else 0)
    assert statuses.count("206") == len(statuses) - statuses.count("200") >= KILLS


def blocks(path: Path) -> int:
    """Return how much of a file with holes is there."""
    return path.stat().st_blocks * 512
