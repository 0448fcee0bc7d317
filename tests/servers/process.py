"""Server processes: free ports, waiting until they accept, logs, and a certain end."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

__all__ = ["RUNNING", "Address", "ServerProcess", "free_ports", "launch", "needs_command"]

Address = tuple[str, int] | str  # a host and a port, or the path of a Unix socket

RUNNING: list[ServerProcess] = []  # whose logs a failing test shows

START_SECONDS = 30.0
START_TRIES = 5


def needs_command(name: str) -> str:
    """Return the path of a program; without it skip the test, or fail it where CI is set."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/sbin")
    if found is None:
        reason = f"{name} is not installed"
        if os.environ.get("CI"):
            pytest.fail(f"{reason}, and CI is set")
        pytest.skip(reason)
    return found


def free_ports(count: int, host: str = "127.0.0.1") -> list[int]:
    """Return ports that nothing listens on now.

    Another process can still take one before it is used, so ``launch`` tries again with others.
    """
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind((host, 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


class ServerProcess:
    """One running program in a process group of its own, with a log file."""

    def __init__(self, name: str, command: Sequence[str], log: Path, pass_fds: Sequence[int] = ()) -> None:
        self.name = name
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                pass_fds=pass_fds,
            )
        RUNNING.append(self)

    @property
    def pid(self) -> int:
        """The process id, which is also the id of its group."""
        return self.process.pid

    def wait_until_accepting(self, addresses: Sequence[Address], seconds: float = START_SECONDS) -> bool:
        """Wait until every address accepts connections; False when the program ended before."""
        deadline = time.monotonic() + seconds
        for address in addresses:
            while not accepts(address):
                if self.process.poll() is not None:
                    return False
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{self.name} does not accept at {address} after {seconds} s:\n{self.tail()}")
                time.sleep(0.02)
        return self.process.poll() is None

    def tail(self, size: int = 4000) -> str:
        """Return the end of the log."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-size:] if self.log.exists() else ""

    def stop(self) -> None:
        """End the whole group, at first politely."""
        if self in RUNNING:
            RUNNING.remove(self)
        for number, seconds in ((signal.SIGTERM, 3.0), (signal.SIGKILL, 10.0)):
            try:
                os.killpg(self.pid, number)
                self.process.wait(seconds)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue
            break
        self.process.wait(10.0)


def accepts(address: Address) -> bool:
    """Tell whether something accepts connections at an address."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as client:
        client.settimeout(2.0)
        try:
            client.connect(address)
        except OSError:
            return False
        return True


def launch(
    name: str, folder: Path, ports: int, command: Callable[[list[int]], tuple[Sequence[str], Sequence[Address]]]
) -> tuple[ServerProcess, list[int]]:
    """Start a program that must be told its ports; ``command(ports)`` gives the command and what will accept."""
    for _ in range(START_TRIES):
        chosen = free_ports(ports)
        arguments, addresses = command(chosen)
        server = ServerProcess(name, arguments, folder / f"{name}.log")
        try:
            if server.wait_until_accepting(addresses):
                return server, chosen
        except BaseException:
            server.stop()
            raise
        server.stop()  # it ended at once: most likely another process was quicker with a port
    raise RuntimeError(f"{name} does not start:\n{server.tail()}")
