"""``scripts/demo``'s tour runs, on its own server and on given urls."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from .servers.nginx import Nginx
from .servers.process import free_ports

ROOT = Path(__file__).parent.parent
PARTS = ("sequential get", "parallel get", "typed receive", "streamed download", "supervisor scope")


def run(*arguments: str, path: str | None = None) -> tuple[int, str, str]:
    """Run the tour, warnings being errors."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / ".dev")}
    if path is not None:
        environment["PATH"] = path
    command = [sys.executable, "-W", "error", str(ROOT / "examples" / "tour.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    return done.returncode, done.stdout, done.stderr


def check(output: str, downloaded: int) -> None:
    """Each colour tells of each part how long it took."""
    for part in PARTS:
        assert len(re.findall(rf"^  {part} +\d+\.\d{{3}} s   \S", output, re.M)) == 2, part
    assert output.count(f"{downloaded:,} bytes\n") == 2
    assert output.count("one 200, one ConnectError\n") == 2
    assert "FAILED" not in output


def test_tour_on_its_own_server() -> None:
    status, output, errors = run()
    assert (status, errors) == (0, "")
    assert output.startswith("fetching from ")
    assert output.count("100 responses, 1,690 bytes, status 200\n") == 4
    assert output.count("User(id=1, name='Ada', languages=['English', 'Analytical'])\n") == 2
    check(output, 20_000_000)


def test_tour_on_given_urls(nginx: Nginx) -> None:
    status, output, errors = run(f"{nginx.url}/small.txt", f"{nginx.url}/user.json")
    assert (status, errors) == (0, "")
    assert output.startswith("fetching 2 given urls\n")
    check(output, 54)


def test_tour_tells_what_failed() -> None:
    url = f"http://127.0.0.1:{free_ports(1)[0]}/"
    status, output, _ = run(url)
    assert status == 1
    assert len(re.findall("FAILED: ConnectError: ", output)) == 10


def test_tour_without_nginx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    import server  # type: ignore[import-not-found]

    monkeypatch.setattr(server.shutil, "which", lambda *_, **__: None)
    import http.client

    with server.serve() as (name, root):
        assert name == "hypercorn"
        connection = http.client.HTTPConnection(root.removeprefix("http://"), timeout=10)
        connection.request("GET", "/pages/7.txt")
        assert connection.getresponse().read() == b"This is page 7.\n"
        connection.request("GET", "/missing.txt")
        assert connection.getresponse().status == 404
        connection.close()
