"""The parent's side: start one process a library, and ask it for a round."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import tempfile
from dataclasses import asdict
from functools import cache
from threading import Timer
from types import ModuleType
from typing import Any

from .environments import ROOT, Environments
from .task import Setup, Unsupported

__all__ = ["LIBRARIES", "Worker", "display_name", "fresh_process", "runner_of", "version_of"]

PATIENCE = 60.0
"""Seconds for one answer; a library that hangs is left out."""

LIBRARIES = (
    "raw",
    "raw_buffered",
    "raw_working",
    "duohttp",
    "duohttp_httpcore",
    "duohttp_plugins",
    "duohttp_around",
    "duohttp_flows",
    "http_client",
    "urllib3",
    "requests",
    "httpx",
    "httpx2",
    "httpcore",
    "aiohttp",
    "niquests",
    "pycurl",
    "curl_cffi",
    "primp",
    "wreq",
    "pyreqwest",
    "websockets",
    "websocket_client",
)


@cache
def runner_of(library: str) -> ModuleType:
    """Return the runner's module, for its constants."""
    return importlib.import_module(f"benchmarks.runners.{library}")


def display_name(library: str) -> str:
    """Return what a table calls a library."""
    return str(getattr(runner_of(library), "NAME", library))


def interpreter(library: str, environments: Environments) -> str:
    return str(environments.python(getattr(runner_of(library), "ENVIRONMENT", "peers")))


def clean_environment() -> dict[str, str]:
    """Return the variables of this process without proxies, and with duohttp importable from its sources."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        kept.pop(name, None)  # in requests they win over verify=False
    kept["PYTHONPATH"] = str(ROOT / ".dev")
    kept["PYTHONWARNINGS"] = "ignore"
    # Without byte code on disk the import of a checkout would count its compilation, that of an installed peer not.
    for name in ("PYTHONASYNCIODEBUG", "PYTHONDEVMODE", "PYTHONDONTWRITEBYTECODE"):
        kept.pop(name, None)
    return kept


def version_of(library: str, environments: Environments) -> str:
    """Return the versions of what a library consists of, or ``-``."""
    names = getattr(runner_of(library), "DISTRIBUTIONS", ())
    if not names:
        return "-"
    code = (
        "import sys, importlib.metadata as m\n"
        "for n in sys.argv[1:]:\n"
        "    try: print(n, m.version(n))\n"
        "    except m.PackageNotFoundError: print(n, 'missing')"
    )
    command = [interpreter(library, environments), "-c", code, *names]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    return ", ".join(result.stdout.split("\n")).strip(", ") or "-"


class Worker:
    """One library in one process, measuring one row."""

    def __init__(self, setup: Setup, environments: Environments) -> None:
        self.library = setup.library
        # The last words of a process that fails are told; what it says otherwise is not.
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the worker
        command = [interpreter(setup.library, environments), "-m", "benchmarks.worker", json.dumps(asdict(setup))]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            cwd=ROOT,
            env=clean_environment(),
        )

    def answer(self) -> dict[str, Any]:
        """Return one line of the process. Raises Unsupported when it has given up, with the reason."""
        assert self.process.stdout
        watchdog = Timer(PATIENCE, self.process.kill)
        watchdog.start()
        line = self.process.stdout.readline()
        watchdog.cancel()
        if not line:
            self.process.wait()
            self.errors.seek(0)
            last = self.errors.read().strip().splitlines() or ["no word"]
            raise Unsupported(f"failed: {last[-1][:200]}")
        answer: dict[str, Any] = json.loads(line)
        if "left_out" in answer:
            raise Unsupported(answer["left_out"])
        return answer

    def round(self) -> dict[str, float]:
        """Measure one round."""
        assert self.process.stdin
        try:
            self.process.stdin.write("\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        return self.answer()

    def close(self) -> None:
        """End the process, by force if it does not end by itself."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                try:
                    pipe.close()
                except BrokenPipeError:
                    pass
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.errors.close()


FRESH = """
from time import perf_counter
start = perf_counter()
{import_statement}
imported = perf_counter()
made = {create_statement}
created = perf_counter()
import json
print(json.dumps({{"import": imported - start, "create": created - imported}}))
"""


def fresh_process(library: str, environments: Environments) -> dict[str, float]:
    """Import a library and make a client in a new process. Raises Unsupported when the library cannot."""
    runner = runner_of(library)
    if not hasattr(runner, "IMPORT"):
        raise Unsupported("has no such operation")
    code = FRESH.format(import_statement=runner.IMPORT, create_statement=getattr(runner, "CREATE", "None"))
    result = subprocess.run(
        [interpreter(library, environments), "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=clean_environment(),
        check=False,
    )
    if result.returncode:
        raise Unsupported((result.stderr.strip().splitlines() or ["failed"])[-1])
    answer: dict[str, float] = json.loads(result.stdout)
    if not hasattr(runner, "CREATE"):
        del answer["create"]
    return answer
