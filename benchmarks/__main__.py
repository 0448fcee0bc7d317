"""``scripts/bench``: measure duohttp and its peers side by side."""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
from pathlib import Path

from .environments import ROOT, Environments
from .measure import Result, measure, show
from .rows import ROWS, chosen_rows
from .server import running_server
from .table import as_values, render, summary
from .workers import LIBRARIES, version_of

EPILOG = "rows: " + ", ".join(row.name for row in ROWS) + ". libraries: " + ", ".join(LIBRARIES) + "."


def main(arguments: list[str] | None = None) -> int:
    """Measure what the command line asks for, and print it."""
    options = parse(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the server is stopped as well
    if options.processor is not None:
        os.sched_setaffinity(0, {options.processor})
    environments = Environments(options.environments, here=options.here, install=not options.no_install)
    rows = chosen_rows(options.only)
    rounds = options.rounds or (3 if options.quick else 9)
    budget = options.budget or (0.1 if options.quick else 0.5)
    libraries = options.libraries or list(LIBRARIES)
    results: list[Result] = []
    with running_server(environments.python("peers"), install=not options.no_install) as server:
        versions = {library: version_of(library, environments) for library in libraries}
        conditions = describe(server.name, rounds, budget)
        if not options.json:
            print("\n".join(f"- {name}: {value}" for name, value in conditions.items()), end="\n\n", flush=True)
        for row in rows:
            result = measure(row, libraries, rounds, budget, server, environments)
            results.append(result)
            show("")
            if not options.json:
                print(render(result, versions), flush=True)
    if options.json:
        values = {"conditions": conditions, "versions": versions, "rows": [as_values(result) for result in results]}
        json.dump(values, sys.stdout, indent=1)
        print()
    elif len(results) > 1:
        print(summary(results))
    return 0


def describe(server: str, rounds: int, budget: float) -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "processors": f"{len(os.sched_getaffinity(0))} of {os.cpu_count()}, shared by the server and the clients",
        "load at the start": ", ".join(f"{value:.2f}" for value in os.getloadavg()),
        "server": server,
        "rounds": f"{rounds} of about {budget} s for each library, in turns",
    }


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__, epilog=EPILOG)
    add = parser.add_argument
    add("--quick", action="store_true", help="3 rounds of 0.1 s: enough to see an order of magnitude")
    add("--only", action="append", default=[], metavar="ROW", type=names, help="rows (patterns, with commas between)")
    add("--libraries", type=libraries, metavar="A,B", help="libraries; a row's baseline is always measured")
    add("--rounds", type=int, help="rounds (9)")
    add("--budget", type=float, metavar="SECONDS", help="seconds of each round for each library (0.5)")
    add("--processor", type=int, metavar="N", help="run server and clients on this one processor")
    add("--json", action="store_true", help="print JSON, with every sample")
    add("--here", action="store_true", help="use the packages of this interpreter instead of separate environments")
    add("--no-install", action="store_true", help="install nothing, neither packages nor nginx")
    folder = ROOT / "benchmarks" / ".venvs"
    add("--environments", type=Path, default=folder, metavar="DIR", help="where the environments are")
    options = parser.parse_args(arguments)
    options.only = [name for part in options.only for name in part]
    try:
        chosen_rows(options.only)
    except ValueError as error:
        parser.error(str(error))
    return options


def names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def libraries(text: str) -> list[str]:
    wanted = names(text)
    unknown = [name for name in wanted if name not in LIBRARIES]
    if unknown:
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown)}")
    return wanted


if __name__ == "__main__":
    sys.exit(main())
