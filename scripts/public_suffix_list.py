"""Write the public suffix list that duohttp ships: python scripts/public_suffix_list.py [LIST]

LIST is a file in the notation of https://publicsuffix.org/list/; without one, that of the installed package
``publicsuffixlist``, which is released anew whenever the list changes. Kept are the notice of the licence, the version
and the rules, in ASCII and one a line, sorted from the top-level domain down, so that two versions compare well.
"""

from __future__ import annotations

import sys
from importlib.resources import files
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "src" / "rules" / "public_suffix_list.dat"

NOTE = """\
//
// Made by scripts/public_suffix_list.py from the list of https://publicsuffix.org: comments left out, names in ASCII.
"""


def compact(text: str) -> str:
    """Return a list without what a program does not need. A list that is compact already comes back as it is."""
    lines = text.splitlines()
    licence = [line for line in lines[:3] if line.startswith("//")]
    if not any("Mozilla" in line for line in licence):
        raise SystemExit("the list does not begin with the notice of its licence")
    version = [line for line in lines if line.startswith(("// VERSION:", "// COMMIT:"))]
    rules = {line.split()[0] for line in lines if line.strip() and not line.startswith("//")}
    ascii_rules = sorted((rule.encode("idna").decode().lower() for rule in rules), key=_from_the_top)
    return "\n".join([*licence, NOTE.rstrip("\n"), *version, *ascii_rules, ""])


def _from_the_top(rule: str) -> tuple[list[str], str]:
    return rule.lstrip("!*.").split(".")[::-1], rule


if __name__ == "__main__":
    if len(sys.argv) > 1:
        source = Path(sys.argv[1]).read_text(encoding="utf-8")
    else:
        source = files("publicsuffixlist").joinpath("public_suffix_list.dat").read_text(encoding="utf-8")
    TARGET.write_text(compact(source), encoding="ascii", newline="\n")
    print(f"wrote {TARGET}: {TARGET.stat().st_size:,} bytes")
