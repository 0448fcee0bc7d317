"""A download whose process is killed again and again goes on each time, and ends with the right bytes."""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
import time
from pathlib import Path

from .servers.nginx import Nginx

# Slow enough to be caught half-way.
CHILD = """
import sys, time
from duohttp import Client
Client().download(sys.argv[1], sys.argv[2], digest=sys.argv[3], progress=lambda done, total: time.sleep(0.004))
"""
SIZE = 32 * 2**20
KILLS = 5


def test_killed_and_resumed(nginx: Nginx, tmp_path: Path) -> None:
    chance = random.Random(7)
    data = chance.randbytes(SIZE)
    source = nginx.html / "killed.bin"
    source.write_bytes(data)
    target, part = tmp_path / "x.bin", tmp_path / "x.bin.part"
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    code = f"import sys; sys.path[:] = {sys.path!r}\n{CHILD}"
    command = [sys.executable, "-c", code, f"{nginx.url}/killed.bin", str(target), digest]
    sizes = [0]
    try:
        for _ in range(KILLS):
            goal = sizes[-1] + chance.randrange(1, SIZE // (2 * KILLS))
            child = subprocess.Popen(command)
            deadline = time.monotonic() + 20
            while not part.exists() or part.stat().st_size < goal:
                assert child.poll() is None, "the download ended before it was killed"
                assert time.monotonic() < deadline
                time.sleep(0.001)
            child.kill()
            child.wait()
            sizes.append(part.stat().st_size)
            assert not target.exists()
        subprocess.run(command, check=True, timeout=30)
    finally:
        source.unlink()
    assert sizes == sorted(sizes)
    assert sizes[-1] > sizes[1] > 0
    assert target.read_bytes() == data
    assert [path.name for path in tmp_path.iterdir()] == ["x.bin"]
    # Each process asked for what was missing, none for all of it again.
    statuses = [line.split()[2] for line in nginx.requests("killed.bin", KILLS + 1)]
    assert statuses.count("200") == 1
    assert statuses.count("206") == KILLS
