"""Results for people (Markdown) and for machines (plain values for JSON)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from .measure import Line, Result
from .rows import Row
from .workers import display_name

__all__ = ["as_values", "render", "summary"]

OURS = "duohttp"
BASELINES = "raw"
"""What the names of the baselines begin with; they are no peers."""


def number(value: float) -> str:
    """Write three significant digits, whole numbers from 100."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def judged(result: Result) -> int | None:
    """Return the place of the line that the target is about: ours, or the worst of those that add to the baseline."""
    if result.row.kind == "added":
        return len(result.lines) - 1 if len(result.lines) > 1 else None
    return next((index for index, line in enumerate(result.lines) if line.library == OURS), None)


def verdict(result: Result) -> str:
    """Say whether the target is reached, and who is ahead."""
    row = result.row
    position = judged(result)
    if position is None:
        return "not measured"
    value = result.lines[position].value.median
    ahead = [line.library for line in result.lines[:position] if not line.library.startswith(BASELINES)]
    words = {True: "reached", False: "**missed**", None: "measured"}[row.reached(value)]
    return f"{words}; behind {', '.join(map(display_name, ahead))}" if ahead and row.kind != "added" else words


def target(row: Row) -> str:
    if row.target is None:
        return "-"
    return f"{'≥' if row.kind == 'throughput' else '≤'} {number(row.target)} {row.unit}"


def render(result: Result, versions: Mapping[str, str]) -> str:
    """Return one row as a Markdown table with its verdict."""
    row = result.row
    lines = [f"### {row.name}: {row.title}", ""]
    lines.append(f"| library | {row.unit} | quartiles | best rounds | µs | client CPU µs | version |")
    lines.append("|---|--:|--:|--:|--:|--:|---|")
    lines += [render_line(line, versions) for line in result.lines]
    lines += ["", f"Target {target(row)}: {verdict(result)}." if row.target else f"No target: {verdict(result)}."]
    if result.left_out:
        names = (f"{display_name(library)} ({reason})" for library, reason in result.left_out.items())
        lines.append(f"Left out: {'; '.join(names)}.")
    return "\n".join(lines) + "\n"


def render_line(line: Line, versions: Mapping[str, str]) -> str:
    name = display_name(line.library)
    cells = [
        f"**{name}**" if line.library.startswith(OURS) else name,
        number(line.value.median),
        f"{number(line.value.low)} – {number(line.value.high)}",
        "" if line.best is None else number(line.best),
        "" if line.microseconds is None else number(line.microseconds),
        "" if line.processor is None else number(line.processor),
        versions.get(line.library, "-"),
    ]
    return f"| {' | '.join(cells)} |"


def summary(results: list[Result]) -> str:
    """Return a table with one line a row: target, our value, the best peer's, the verdict."""
    lines = ["### Summary", "", "| row | target | duohttp | best peer | verdict |", "|---|--:|--:|---|---|"]
    for result in results:
        row = result.row
        position = judged(result)
        ours = result.lines[position] if position is not None else None
        peers = [line for line in result.lines if not line.library.startswith((OURS, BASELINES))]
        best = f"{display_name(peers[0].library)} {number(peers[0].value.median)}" if peers else "-"
        value = number(ours.value.median) if ours else "-"
        lines.append(f"| {row.name} | {target(row)} | {value} | {best} | {verdict(result)} |")
    return "\n".join(lines) + "\n"


def as_values(result: Result) -> dict[str, Any]:
    """Return one row as plain values, with every sample."""
    row = result.row
    return {
        "row": row.name,
        "title": row.title,
        "unit": row.unit,
        "target": row.target,
        "lines": [asdict(line) for line in result.lines],
        "left_out": result.left_out,
        "samples": result.samples,
    }
