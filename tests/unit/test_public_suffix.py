"""Public suffixes."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from duohttp.rules.public_suffix import SuffixRules, default_public_suffixes, is_public_suffix
from duohttp.rules.public_suffix_data import rules

VECTORS = Path(__file__).resolve().parents[2].parent / "shared" / "vectors"
BUILT_IN = SuffixRules(rules())


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


@pytest.mark.parametrize(("domain", "registrable"), vectors())
def test_the_built_in_rules(domain: str, registrable: str | None) -> None:
    if domain.endswith("ide.kyoto.jp"):
        pytest.skip("the built-in rules stop at Japan's prefectures; the psl extra has the cities")
    assert BUILT_IN.registrable(domain) == registrable
    name = domain.lower().removeprefix(".")
    assert BUILT_IN.is_public(name) is (BUILT_IN.registrable(name) is None)


@pytest.mark.parametrize(("domain", "registrable"), vectors())
def test_the_whole_list(domain: str, registrable: str | None) -> None:
    full = pytest.importorskip("publicsuffixlist").PublicSuffixList()
    assert full.privatesuffix(domain) == registrable


def test_the_built_in_rules_are_in_the_whole_list() -> None:
    full = pytest.importorskip("publicsuffixlist").PublicSuffixList()
    names = [rule for rule in rules() if not rule.startswith(("*", "!"))]
    assert [name for name in names if not full.is_public(name)] == []
    assert [rule for rule in rules() if rule.startswith("*") and not full.is_public(rule.replace("*", "any"))] == []
    assert [rule for rule in rules() if rule.startswith("!") and full.is_public(rule[1:])] == []


@pytest.mark.parametrize(
    "domain", ["com", "COM", "com.", "co.uk", "Co.UK.", "unlisted", "www.ck.", "github.io", "公司.cn"]
)
def test_any_case_a_trailing_dot_and_unicode(domain: str) -> None:
    assert BUILT_IN.is_public(domain) is (domain != "www.ck.")


@pytest.mark.parametrize(
    "domain", ["example.com", "a.co.uk.", "user.github.io", "食狮.公司.cn", "", ".", "a..com", ".com"]
)
def test_what_is_no_public_suffix(domain: str) -> None:
    assert not BUILT_IN.is_public(domain)


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
def test_the_default_is_the_whole_list_if_it_is_installed() -> None:
    library = pytest.importorskip("publicsuffixlist")
    assert isinstance(default_public_suffixes(), library.PublicSuffixList)
    assert is_public_suffix("ide.kyoto.jp")


@pytest.mark.usefixtures("_fresh_default")
def test_the_default_is_built_in_if_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "publicsuffixlist", None)
    assert isinstance(default_public_suffixes(), SuffixRules)
    assert is_public_suffix("co.uk")
    assert not is_public_suffix("example.co.uk")
