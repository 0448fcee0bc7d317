"""Public suffixes."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from duohttp.rules.public_suffix import (
    SuffixRules,
    bundled_public_suffixes,
    default_public_suffixes,
    is_public_suffix,
)
from scripts.public_suffix_list import TARGET, compact

VECTORS = Path(__file__).resolve().parents[2].parent / "shared" / "vectors"
BUNDLED = bundled_public_suffixes()


def vectors() -> list[Any]:
    """Domain and registrable domain, from both files of publicsuffix.org."""
    cases: dict[str, str] = {}
    for name, pattern in (
        ("psl-test_psl.txt", r"checkPublicSuffix\('([^']+)', '?([^')]+)'?\);"),
        ("psl-tests.txt", r"(?!//|null)(\S+) (\S+)"),
    ):
        path = VECTORS / name
        if path.exists():
            cases.update(re.findall(f"^{pattern}$", path.read_text("utf-8"), re.MULTILINE))
    if not cases:
        return [pytest.param(None, None, marks=pytest.mark.skip("the psl vectors are not here"))]
    return [pytest.param(domain, None if wanted == "null" else wanted) for domain, wanted in cases.items()]


@cache
def library_of_the_extra() -> Any:
    """The list of the extra, read once: that takes a tenth of a second."""
    return pytest.importorskip("publicsuffixlist").PublicSuffixList()


@pytest.mark.parametrize(("domain", "registrable"), vectors())
def test_the_bundled_list(domain: str, registrable: str | None) -> None:
    assert BUNDLED.registrable(domain) == registrable
    name = domain.lower().removeprefix(".")
    assert BUNDLED.is_public(name) is (BUNDLED.registrable(name) is None)


@pytest.mark.parametrize(("domain", "registrable"), vectors())
def test_the_list_of_the_extra(domain: str, registrable: str | None) -> None:
    assert library_of_the_extra().privatesuffix(domain) == registrable


def published() -> str:
    """The list that the extra's package brings, as publicsuffix.org has it."""
    package = files("publicsuffixlist")
    return package.joinpath("public_suffix_list.dat").read_text(encoding="utf-8")


def test_every_rule_means_what_it_means_to_the_library_of_the_extra() -> None:
    library = library_of_the_extra()
    ours = SuffixRules(compact(published()).splitlines())
    rules = [line.split()[0] for line in published().splitlines() if line.strip() and not line.startswith("//")]
    assert len(rules) > 9000
    differing = []
    for rule in rules:
        suffix = rule.lstrip("!*.").encode("idna").decode()
        for name in (suffix, suffix.partition(".")[2] or suffix, f"a.{suffix}", f"b.a.{suffix}"):
            if ours.is_public(name) is not library.is_public(name):
                differing.append(name)
    assert differing == []


def test_the_bundled_file() -> None:
    text = TARGET.read_text(encoding="ascii")
    assert compact(text) == text
    head = [line for line in text.splitlines() if line.startswith("//")]
    assert "Mozilla Public" in head[0]
    assert "MPL/2.0" in head[2]
    assert [line.split()[1] for line in head[-2:]] == ["VERSION:", "COMMIT:"]
    rules = text.splitlines()[len(head) :]
    assert len(rules) > 9000
    fresh = compact(published()).splitlines()
    if fresh[: len(head)] == head:
        assert fresh[len(head) :] == rules


def test_a_list_without_its_licence_is_not_bundled() -> None:
    with pytest.raises(SystemExit, match="licence"):
        compact("com\nco.uk\n")


@pytest.mark.parametrize(
    "domain", ["com", "COM", "com.", "co.uk", "Co.UK.", "unlisted", "www.ck.", "github.io", "公司.cn"]
)
def test_any_case_a_trailing_dot_and_unicode(domain: str) -> None:
    assert BUNDLED.is_public(domain) is (domain != "www.ck.")


@pytest.mark.parametrize(
    "domain", ["example.com", "a.co.uk.", "user.github.io", "食狮.公司.cn", "", ".", "a..com", ".com"]
)
def test_what_is_no_public_suffix(domain: str) -> None:
    assert not BUNDLED.is_public(domain)


def test_rules_as_they_are_published() -> None:
    lines = ["// a comment", "", "  com ", "*.uk", "!bl.uk", "中国"]
    suffixes = SuffixRules(lines)
    assert [suffixes.is_public(name) for name in ("com", "uk", "x.uk", "bl.uk", "xn--fiqs8s")] == [True] * 3 + [
        False,
        True,
    ]
    assert suffixes.registrable("a.b.bl.uk") == "bl.uk"
    assert suffixes.registrable("A.B.x.uk.") == "b.x.uk"
    assert suffixes.registrable("xn--a.\udcff") is not None


@pytest.fixture
def _fresh_default() -> Iterator[None]:
    caches: list[Callable[[], None]] = [default_public_suffixes.cache_clear, is_public_suffix.cache_clear]
    for clear in caches:
        clear()
    yield
    for clear in caches:
        clear()


@pytest.mark.usefixtures("_fresh_default")
def test_the_default_is_the_list_of_the_extra_if_that_is_installed() -> None:
    library = pytest.importorskip("publicsuffixlist")
    assert isinstance(default_public_suffixes(), library.PublicSuffixList)
    assert is_public_suffix("ide.kyoto.jp")


@pytest.mark.usefixtures("_fresh_default")
def test_the_default_is_the_bundled_list_if_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "publicsuffixlist", None)
    assert default_public_suffixes() is BUNDLED
    assert is_public_suffix("ide.kyoto.jp")
    assert not is_public_suffix("example.co.uk")
