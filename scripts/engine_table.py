"""Write the table of what each engine can do into docs/engines.md.

python scripts/engine_table.py           write it
python scripts/engine_table.py --check   write nothing, fail if it differs
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from duohttp import AsgiEngine, Capability, HttpcoreEngine, NativeEngine, WsgiEngine
from duohttp._async.engines import build_engine
from duohttp.engines.options import EngineOptions
from duohttp.values.settings import ConnectionSettings

PAGE = Path(__file__).resolve().parent.parent / "docs" / "engines.md"
START, END = "<!-- capabilities:start -->\n", "<!-- capabilities:end -->\n"


def capabilities_of(options: EngineOptions) -> frozenset[Capability]:
    """Return what an engine can do, asked for HTTP/2 or not."""
    found = build_engine(options, ConnectionSettings()).capabilities
    try:
        return found | build_engine(options, ConnectionSettings(http2=True)).capabilities
    except Exception:
        return found  # it has no HTTP/2


def table() -> str:
    """Return the table, a line for each capability."""
    engines = [NativeEngine(), HttpcoreEngine(), AsgiEngine(table), WsgiEngine(table)]
    columns = [capabilities_of(options) for options in engines]
    lines = [
        "| `Capability.` | | " + " | ".join(f"`{type(options).__name__}`" for options in engines) + " |",
        "|---|---" + "|:-:" * len(engines) + "|",
    ]
    for capability in Capability:
        cells = ["✓" if capability in column else "" for column in columns]
        lines.append(f"| `{capability.name}` | {capability.value} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Run with command line arguments; return the exit status."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(START)
    _, found, after = rest.partition(END)
    if not found:
        print(f"{PAGE} has no place for the table", file=sys.stderr)
        return 1
    wanted = f"{before}{START}{table()}{END}{after}"
    if wanted == text:
        return 0
    if "--check" in arguments:
        print(f"{PAGE}: the table is not what the engines say; run python scripts/engine_table.py", file=sys.stderr)
        return 1
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
