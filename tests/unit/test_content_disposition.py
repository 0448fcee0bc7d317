"""Content-Disposition: public vectors, and names that are safe to use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from duohttp.rules.content_disposition import content_disposition, file_name_of, safe_file_name

FILE = Path(__file__).parents[2].parent / "shared" / "vectors" / "content-disposition.json"
VECTORS: list[dict[str, Any]] = json.loads(FILE.read_text()) if FILE.exists() else []


@pytest.mark.skipif(not VECTORS, reason="the public vectors are not here")
@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["input"][:40])
def test_public_vectors(case: dict[str, Any]) -> None:
    kind, parameters = content_disposition(case["input"])
    assert (kind, parameters) == (case["expected"]["type"], case["expected"]["parameters"])


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/absolute", "absolute"),
        ("..", None),
        ("/", None),
        ("\0\x1b", None),
        (".bashrc", "bashrc"),
        ("name. . ", "name"),
        ('a<b>c:d"e|f?g*.txt', "a_b_c_d_e_f_g_.txt"),
        ("con", "_con"),
        ("LPT1.txt", "_LPT1.txt"),
        ("console", "console"),
        ("evil\u202egnp.exe", "evilgnp.exe"),
        ("été.txt", "été.txt"),
        ("x" * 300 + ".txt", "x" * 251 + ".txt"),
        ("ä" * 300, "ä" * 127),
    ],
)
def test_safe_names(name: str, safe: str | None) -> None:
    assert safe_file_name(name) == safe


def test_the_name_of_a_file() -> None:
    assert file_name_of('attachment; filename="a/b.txt"', "c.txt") == "b.txt"
    assert file_name_of("attachment", "c.txt") == "c.txt"
    assert file_name_of('attachment; filename=".."', "") == "download"
