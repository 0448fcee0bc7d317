"""The benchmark's arithmetic and tables, and one short run of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # the benchmarks are no part of the installed package

from benchmarks.environments import requirements  # noqa: E402
from benchmarks.figures import added, ratios, summarize, throughput_ratios  # noqa: E402
from benchmarks.measure import OTHER, Result, evaluate  # noqa: E402
from benchmarks.rows import ROWS, Row, chosen_rows  # noqa: E402
from benchmarks.server import CONFIGURATION, SMALL_BODY, find_nginx, without_tls  # noqa: E402
from benchmarks.table import as_values, number, render, summary, verdict  # noqa: E402
from benchmarks.task import SMALL_BODY_LENGTH  # noqa: E402
from benchmarks.workers import LIBRARIES, Worker, runner_of  # noqa: E402

RATIO = Row("get", "a title", "ratio", ("raw", "duohttp", "peer"), target=1.8)


def timed(*seconds: float) -> list[dict[str, float]]:
    return [{"seconds": value, "cpu_seconds": value / 2, "count": 10, "value": value} for value in seconds]


def test_medians_and_quartiles() -> None:
    figure = summarize([5.0, 1.0, 2.0, 3.0, 4.0])
    assert (figure.low, figure.median, figure.high, figure.rounds) == (2.0, 3.0, 4.0, 5)
    assert figure.spread == pytest.approx(2 / 3)


def test_few_values_show_their_extremes() -> None:
    figure = summarize([3.0, 1.0])
    assert (figure.low, figure.median, figure.high) == (1.0, 2.0, 3.0)
    assert summarize([0.0]).spread == 0.0
    with pytest.raises(ValueError, match="no round"):
        summarize([])


def test_rounds_are_compared_one_by_one() -> None:
    # A round in which the machine was busy disturbs both sides.
    assert ratios([2.0, 20.0], [1.0, 10.0]) == [2.0, 2.0]
    assert throughput_ratios([2.0, 20.0], [1.0, 10.0]) == [0.5, 0.5]
    assert added([3.0], [1.0]) == [2.0]
    with pytest.raises(ValueError, match="longer"):
        ratios([1.0], [1.0, 2.0])


def test_lines_come_best_first() -> None:
    samples = {"raw": timed(1e-5, 2e-5), "peer": timed(4e-5, 8e-5), "duohttp": timed(1.5e-5, 3e-5)}
    lines = evaluate(RATIO, samples)
    assert [(line.library, line.value.median) for line in lines] == [
        ("raw", 1.0),
        ("duohttp", pytest.approx(1.5)),
        ("peer", pytest.approx(4.0)),
    ]
    assert lines[1].best == pytest.approx(1.5)
    assert lines[1].microseconds == pytest.approx(22.5)
    assert lines[1].processor == pytest.approx(11.25)
    faster = evaluate(replace(RATIO, kind="throughput"), samples)
    assert [line.library for line in faster] == ["raw", "duohttp", "peer"]
    assert faster[2].value.median == pytest.approx(0.25)


def test_who_was_let_go_is_compared_with_the_rounds_it_took_part_in() -> None:
    lines = evaluate(RATIO, {"raw": timed(1.0, 1.0, 100.0), "peer": timed(2.0, 2.0)})
    assert lines[1].value.median == 2.0


def test_scaling_compares_a_library_with_itself() -> None:
    row = replace(RATIO, kind="scaling")
    lines = evaluate(row, {"duohttp": timed(1.2), "duohttp" + OTHER: timed(1.0)})
    assert [(line.library, line.value.median) for line in lines] == [("duohttp", 1.2)]


def test_without_its_baseline_a_library_has_no_line() -> None:
    assert evaluate(RATIO, {"peer": timed(1.0)}) == []


def result_of(*lines: tuple[str, float], row: Row = RATIO) -> Result:
    result = Result(row, samples={library: timed(seconds) for library, seconds in lines})
    result.lines = evaluate(row, result.samples)
    return result


def test_the_verdict_names_who_is_ahead() -> None:
    assert verdict(result_of(("raw", 1.0), ("duohttp", 1.5), ("requests", 1.6))) == "reached"
    assert verdict(result_of(("raw", 1.0), ("duohttp", 2.0), ("wreq", 1.6))) == "**missed**; behind wreq"
    assert verdict(result_of(("raw", 1.0), ("wreq", 1.6))) == "not measured"
    plugins = replace(RATIO, kind="added", baseline="duohttp", target=10)
    assert verdict(result_of(("duohttp", 1e-5), ("duohttp_flows", 3e-5), row=plugins)) == "**missed**"


def test_tables_are_markdown() -> None:
    result = result_of(("raw", 1e-5), ("duohttp", 1.5e-5), ("requests", 3e-4))
    result.left_out = {"pycurl": "not installed"}
    text = render(result, {"requests": "requests 2"})
    assert "| **duohttp** | 1.50 | 1.50 – 1.50 | 1.50 | 15.0 | 7.50 | - |" in text
    assert "| requests | 30.0 | 30.0 – 30.0 | 30.0 | 300 | 150 | requests 2 |" in text
    assert "Target ≤ 1.80 × raw: reached." in text
    assert "Left out: pycurl (not installed)." in text
    assert "| get | ≤ 1.80 × raw | 1.50 | requests 30.0 | reached |" in summary([result])
    assert json.loads(json.dumps(as_values(result)))["lines"][1]["library"] == "duohttp"


def test_numbers_have_three_digits() -> None:
    assert [number(value) for value in (0.1234, 1.999, 12.34, 1234.5, -0.5)] == [
        "0.12",
        "2.00",
        "12.3",
        "1,234",
        "-0.50",
    ]


def test_rows_are_chosen_by_pattern() -> None:
    assert [row.name for row in chosen_rows(["uvloop-*"])] == ["uvloop-1", "uvloop-50", "uvloop-500"]
    assert len(chosen_rows([])) == len(ROWS)
    with pytest.raises(ValueError, match="no row is called 'nothing'"):
        chosen_rows(["nothing"])


def test_every_library_of_a_row_has_a_runner() -> None:
    for row in ROWS:
        assert set(row.libraries) <= set(LIBRARIES), row.name
    for library in LIBRARIES:
        assert isinstance(runner_of(library).DISTRIBUTIONS, tuple)


def test_the_environment_holds_what_duohttp_needs() -> None:
    wanted = requirements("peers")
    assert any(line.startswith("httptools") for line in wanted)
    assert any(line.startswith("h2") for line in wanted)
    assert not any("niquests" in line for line in wanted)


def test_the_body_has_its_length() -> None:
    assert len(SMALL_BODY) == SMALL_BODY_LENGTH


def test_a_server_without_a_certificate_has_no_tls() -> None:
    text = CONFIGURATION.format(folder="/f", files=1, connections=1, plain=1, tls=2, http2=3, user="", padding="x")
    plain = without_tls(text)
    assert "ssl" not in plain
    assert plain.count("{") == plain.count("}")
    assert "listen 127.0.0.1:1 " in plain


def test_a_short_run() -> None:
    if find_nginx(install=False) is None:
        pytest.skip("there is no nginx")
    command = [sys.executable, "-m", "benchmarks", "--here", "--no-install", "--quick", "--rounds=2", "--budget=0.02"]
    command += ["--only=get,asyncio-1", "--libraries=raw,duohttp", "--json"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=50, check=False)
    assert result.returncode == 0, result.stderr
    rows = {row["row"]: row for row in json.loads(result.stdout)["rows"]}
    assert set(rows) == {"get", "asyncio-1"}
    for row in rows.values():
        assert not row["left_out"]
        lines = {line["library"]: line for line in row["lines"]}
        assert lines["raw"]["value"]["median"] == 1.0
        assert lines["duohttp"]["value"]["median"] > 0
        assert len(row["samples"]["duohttp"]) == 2


@pytest.mark.skipif(shutil.which("bash") is None, reason="scripts are bash scripts")
def test_an_unknown_row_is_refused() -> None:
    result = subprocess.run(
        [ROOT / "scripts" / "bench", "--only=nothing"],
        env={**os.environ, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert "no row is called 'nothing'" in result.stderr


def test_a_library_that_cannot_is_left_out() -> None:
    from benchmarks.environments import Environments
    from benchmarks.task import Setup, Unsupported

    worker = Worker(Setup("pycurl", "async_get", "http://127.0.0.1:9/"), Environments(ROOT, here=True))
    with pytest.raises(Unsupported, match="has no such operation"):
        worker.answer()
    worker.close()
