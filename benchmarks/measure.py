"""Measure a row: open every library, then go round, one after the other, so that all see the same weather."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from .environments import Environments
from .figures import Figure, added, ratios, summarize, throughput_ratios
from .rows import Row
from .server import LONG, SHORT, STREAMED, Server
from .task import Setup, Unsupported
from .workers import Worker, fresh_process

__all__ = ["Line", "Result", "evaluate", "measure"]

Samples = dict[str, list[dict[str, float]]]
OTHER = "@50"
"""Marks the samples of the same library at 50 at once."""
SLOW = 6
"""After three rounds a library that needs so many times the budget is let go."""


@dataclass(frozen=True, slots=True)
class Line:
    """What was found of one library.

    ``best`` compares the best rounds of both sides. ``microseconds`` and ``processor`` are medians of a request.
    All are None where they make no sense.
    """

    library: str
    value: Figure
    best: float | None = None
    microseconds: float | None = None
    processor: float | None = None


@dataclass(slots=True)
class Result:
    """One row: its lines, best first, and who is not among them and why."""

    row: Row
    lines: list[Line] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    samples: Samples = field(default_factory=dict)


def measure(
    row: Row, libraries: Sequence[str], rounds: int, budget: float, server: Server, environments: Environments
) -> Result:
    """Measure one row in so many rounds of so many seconds a library."""
    result = Result(row)
    chosen = [library for library in row.libraries if library in libraries or library == row.baseline]
    if row.kind == "fresh":
        measure_fresh(result, chosen, rounds, environments)
    else:
        setup = make_setup(row, server, budget)
        if setup is None:
            result.left_out = dict.fromkeys(chosen, f"{server.name} has nothing to offer for it")
            return result
        measure_rounds(result, setup, chosen, 1 if row.kind == "memory" else rounds, environments)
    result.lines = evaluate(row, result.samples)
    for library in chosen:
        if library not in result.left_out and not any(line.library == library for line in result.lines):
            result.left_out[library] = f"its baseline {row.baseline} was not measured"
    return result


def make_setup(row: Row, server: Server, budget: float) -> Setup | None:
    sizes = {"long": LONG, "streamed": STREAMED, "upload": LONG}
    options = dict(row.options)
    size = options.pop("size", sizes.get(row.url, 0))
    url = server.url(str(size) if row.url in ("long", "streamed") else row.url)
    if url is None:
        return None
    return Setup(
        library="",
        task=row.task,
        url=url,
        size=size,
        short_url=server.url(str(SHORT)) or "",
        budget=budget,
        warm_rounds=row.url not in sizes,
        **options,
    )


def measure_fresh(result: Result, libraries: list[str], rounds: int, environments: Environments) -> None:
    # The first round only writes byte code.
    for number in range(rounds + 1):
        for library in libraries:
            if library not in result.left_out:
                show(f"{result.row.name}: round {number} of {rounds}, {library}")
                sample(result, library, lambda name=library: fresh_process(name, environments), keep=number > 0)  # type: ignore[misc]


def measure_rounds(result: Result, setup: Setup, libraries: list[str], rounds: int, environments: Environments) -> None:
    workers: dict[str, Worker] = {}
    try:
        for library in libraries:
            show(f"{result.row.name}: opening {library}")
            open_worker(result, workers, library, replace(setup, library=library), environments)
            if result.row.kind == "scaling":
                few = replace(setup, library=library, concurrency=50)
                open_worker(result, workers, library + OTHER, few, environments)
        for number in range(1, rounds + 1):
            for key in list(workers):
                show(f"{result.row.name}: round {number} of {rounds}, {key}")
                start = time.monotonic()
                going_on = sample(result, key, workers[key].round)
                too_slow = number >= 3 and time.monotonic() - start > SLOW * setup.budget
                if not going_on or (too_slow and key != result.row.baseline):
                    workers.pop(key).close()
    finally:
        for worker in workers.values():
            worker.close()


def open_worker(result: Result, workers: dict[str, Worker], key: str, setup: Setup, environments: Environments) -> None:
    worker = Worker(setup, environments)
    try:
        worker.answer()
    except Unsupported as error:
        result.left_out[setup.library] = str(error)
        worker.close()
    else:
        workers[key] = worker


def sample(result: Result, key: str, take: Callable[[], dict[str, float]], keep: bool = True) -> bool:
    """Take one sample; a library that fails is left out altogether."""
    try:
        answer = take()
        if keep:
            result.samples.setdefault(key, []).append({**answer, "value": answer[result.row.answer]})
    except KeyError:
        result.left_out[key] = "has no such operation"
    except Unsupported as error:
        result.left_out[key.removesuffix(OTHER)] = str(error)
        result.samples.pop(key, None)
    else:
        return True
    return False


def evaluate(row: Row, samples: Samples) -> list[Line]:
    """Turn the samples of a row into its lines, the best first."""
    values = {key: [sample["value"] for sample in taken] for key, taken in samples.items()}
    lines = []
    for library in values:
        if library.endswith(OTHER):
            continue
        compared = compare(row, library, values)
        if compared is None:
            continue
        timed = "seconds" in samples[library][0]
        lines.append(
            Line(
                library,
                summarize(compared),
                compare_best(row, library, values),
                1e6 * summarize(values[library]).median if timed else None,
                1e6 * summarize([one["cpu_seconds"] for one in samples[library]]).median if timed else None,
            )
        )
    return sorted(lines, key=lambda line: line.value.median, reverse=row.kind == "throughput")


def compare(row: Row, library: str, values: dict[str, list[float]]) -> list[float] | None:
    """Return what counts of each round; None when there is nothing to compare with."""
    mine = values[library]
    if row.kind == "fresh":
        return [1e3 * value for value in mine]
    if row.kind == "memory":
        return mine
    base = values.get(base_key(row, library))
    if base is None:
        return None
    # Who was let go after some rounds is compared with the same rounds.
    rounds = min(len(mine), len(base))
    mine, base = mine[:rounds], base[:rounds]
    if row.kind == "added":
        return [1e6 * value for value in added(mine, base)]
    return throughput_ratios(mine, base) if row.kind == "throughput" else ratios(mine, base)


def base_key(row: Row, library: str) -> str:
    return library + OTHER if row.kind == "scaling" else row.baseline


def compare_best(row: Row, library: str, values: dict[str, list[float]]) -> float | None:
    """Return the quotient of the best rounds; a busy machine disturbs it least."""
    if row.kind not in ("ratio", "throughput", "scaling"):
        return None
    best, base = min(values[library]), min(values[base_key(row, library)])
    return base / best if row.kind == "throughput" else best / base


def show(text: str) -> None:
    """Tell where the work is, on one line, when somebody may be looking."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
