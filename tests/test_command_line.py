"""``python -m duohttp`` as a user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from duohttp.__main__ import main

from .servers.asgi import AsgiServer
from .servers.nginx import SMALL, Nginx
from .servers.process import free_ports

PACKAGES = str(Path(__file__).parent.parent / ".dev")


Run = Callable[..., tuple[int, bytes, str]]


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Call the program in this process; return exit status, standard output and standard error."""

    def run(*arguments: str) -> tuple[int, bytes, str]:
        try:
            status = main(arguments)
        except SystemExit as ended:
            status = int(ended.code or 0)
        output, errors = capfdbinary.readouterr()
        return status, output, errors.decode()

    return run


def test_as_a_module(nginx: Nginx) -> None:
    command = [sys.executable, "-m", "duohttp", f"{nginx.url}/small.txt", f"{nginx.url}/missing"]
    done = subprocess.run(command, capture_output=True, env={**os.environ, "PYTHONPATH": PACKAGES})
    assert (done.returncode, done.stdout) == (1, SMALL)
    assert done.stderr.decode().startswith(f"{nginx.url}/missing: ")


def test_one_url(run: Run, nginx: Nginx) -> None:
    assert run(f"{nginx.url}/small.txt") == (0, SMALL, "")


def test_bytes_are_not_changed(run: Run, nginx: Nginx) -> None:
    status, body, errors = run(f"{nginx.url}/1mb.bin")
    assert (status, errors) == (0, "")
    assert body == (nginx.html / "1mb.bin").read_bytes()


def test_several_urls_keep_their_order(run: Run, asgi_server: AsgiServer) -> None:
    slow, quick = f"{asgi_server.url}/slow?delay=0.3", f"{asgi_server.url}/drip?n=1&delay=0"
    assert run(slow, quick, quick) == (0, b"at last\ndrop 0\ndrop 0\n", "")


def test_redirects_and_codings(run: Run, asgi_server: AsgiServer) -> None:
    status, body, _ = run(f"{asgi_server.url}/redirect/302?to=/encoded/gzip")
    assert status == 0
    assert body.startswith(b'{"coding": "gzip"')


def test_failures_are_told_by_url_and_the_rest_is_printed(run: Run, nginx: Nginx) -> None:
    refused = f"http://127.0.0.1:{free_ports(1)[0]}/"
    missing = f"{nginx.url}/missing"
    status, body, errors = run(refused, f"{nginx.url}/small.txt", missing, "nonsense")

    assert (status, body) == (1, SMALL)
    lines = errors.splitlines()
    assert [line.partition(": ")[0] for line in lines] == [refused, missing, "nonsense"]
    assert lines[1].endswith("the server answered 404 Not Found")


def test_passwords_are_not_shown(run: Run, nginx: Nginx) -> None:
    status, _, errors = run(nginx.url.replace("://", "://user:hidden@") + "/missing")
    assert status == 1
    assert "404" in errors
    assert "hidden" not in errors
    status, _, errors = run("http://user:hidden@host:99999/")
    assert status == 1
    assert "hidden" not in errors


@pytest.mark.parametrize("arguments", [(), ("--limit", "0", "http://x.test"), ("--timeout", "-1", "http://x.test")])
def test_wrong_usage(run: Run, arguments: tuple[str, ...]) -> None:
    status, body, errors = run(*arguments)
    assert (status, body) == (2, b"")
    assert errors.startswith("usage: python -m duohttp")


def test_help_and_version(run: Run) -> None:
    status, body, _ = run("--help")
    assert status == 0
    assert b"in the order of the urls" in b" ".join(body.split())
    status, body, _ = run("--version")
    assert (status, body.split()[0]) == (0, b"duohttp")


def test_a_timeout(run: Run, asgi_server: AsgiServer) -> None:
    status, body, errors = run("--timeout", "0.2", f"{asgi_server.url}/slow?delay=20")
    assert (status, body) == (1, b"")
    assert "/slow?delay=20: " in errors


def test_a_reader_that_stops_early(nginx: Nginx) -> None:
    command = [sys.executable, "-m", "duohttp", f"{nginx.url}/1mb.bin", f"{nginx.url}/1mb.bin"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": PACKAGES}
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout, process.stderr:
        assert process.stdout.read(10)
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
    assert process.wait(30) == 1
