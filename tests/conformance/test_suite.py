"""The suite itself: its page is true, and each engine is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from duohttp._async.engines import DRIVERS

from .subjects import SUBJECTS, subjects

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PAGE = (HERE / "README.md").read_text(encoding="utf-8")


def test_every_engine_is_a_subject() -> None:
    made = {getattr(subject.make(), "driver", "") for subject in SUBJECTS.values()}
    assert made | {"native_http2"} == set(DRIVERS)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([\w/]+\.py)::\w+`", PAGE))))
def test_the_page_names_tests_that_there_are(name: str) -> None:
    text = (HERE / "_async" / name).read_text(encoding="utf-8")
    for test in re.findall(rf"`{re.escape(name)}::(\w+)`", PAGE):
        assert f"async def {test}(" in text, f"{name} has no {test}"


def test_the_page_names_files_that_there_are() -> None:
    for name in re.findall(r"`(tests/[\w/]+\.py)`", PAGE):
        assert (ROOT / name).exists(), f"there is no {name}"


def test_an_engine_from_elsewhere() -> None:
    (name,) = subjects("duohttp:NativeEngine")
    assert name == "external"
    with pytest.raises(AttributeError):
        subjects("duohttp:NoEngine")
