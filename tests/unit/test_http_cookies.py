"""HttpCookies without a client: storages, the merged header, files."""

from __future__ import annotations

import http.cookiejar
import os
import pickle
import stat
from pathlib import Path
from typing import Any

import pytest
from yarl import URL

from duohttp import ConstantCookies, Cookie, CookieJar, DecodingError, HttpCookies, InvalidHeader
from duohttp.plugins.http_cookies import cookies_plugin
from duohttp.rules.cookie_header import header_of, merged_header

NOW = 1_700_000_000.0


def header(plugin: HttpCookies, url: str) -> str | None:
    return header_of(plugin.storage.cookies_for(URL(url), NOW))


@pytest.mark.parametrize(
    ("own", "stored", "renewed", "expected"),
    [
        ("", ["a=1"], [], "a=1"),
        ("b=2", ["a=1"], [], "a=1; b=2"),
        ("a=2", ["a=1", "b=1"], [], "b=1; a=2"),
        (" a = 2 ;; c", ["a=1"], [], "a = 2; c"),
        ("a=2; b=2", ["a=1"], ["a"], "a=1; b=2"),
        ("a=2", [], ["a"], None),
        ("", [], [], None),
        ("a=2; a=3", ["x=é"], [], "x=Ã©; a=2; a=3"),
    ],
)
def test_merged_header(own: str, stored: list[str], renewed: list[str], expected: str | None) -> None:
    cookies = [Cookie(*pair.split("=")) for pair in stored]
    assert merged_header(own, cookies, renewed) == expected


def test_a_jar_is_made_when_it_is_first_asked_for() -> None:
    plugin = HttpCookies()
    assert plugin.started is None
    assert repr(plugin) == "HttpCookies()"
    assert plugin.storage is plugin.storage is plugin.started
    assert isinstance(plugin.storage, CookieJar)


def test_storages() -> None:
    jar = CookieJar({"a": "1"})
    assert HttpCookies(jar).storage is jar
    assert header(HttpCookies({"a": "1", "b": "2"}), "http://x.test/") == "a=1; b=2"
    assert header(HttpCookies([("a", "1")]), "http://x.test/") == "a=1"
    only = HttpCookies([Cookie("a", "1", "x.test", secure=True)])
    assert header(only, "https://x.test/") == "a=1"
    assert header(only, "http://x.test/") is None
    assert header(only, "https://y.test/") is None
    for wrong in (5, "a=1", CookieJar, {"a": 1}, [("a",)], {"a": "b;c"}):
        with pytest.raises((TypeError, InvalidHeader)):
            HttpCookies(wrong)  # type: ignore[arg-type]


def test_a_jar_of_the_standard_library_keeps_its_domains() -> None:
    class Both(http.cookiejar.CookieJar, dict[str, str]):  # as the jar of requests is
        __iter__ = http.cookiejar.CookieJar.__iter__  # type: ignore[assignment]

    jar = Both()
    jar.set_cookie(
        http.cookiejar.Cookie(
            *(0, "a", "1", None, False, ".x.test", True, True, "/", True, False, None, True, None, None, {})
        )
    )
    plugin = HttpCookies(jar)
    assert header(plugin, "http://sub.x.test/") == "a=1"
    assert header(plugin, "http://y.test/") is None


def test_constant_cookies() -> None:
    storage = ConstantCookies({"a": "1"})
    storage.set_from_response(URL("http://x.test/"), [b"a=2"], NOW)
    plugin = HttpCookies(storage)
    assert header(plugin, "http://x.test/") == "a=1"
    assert "secret" not in repr(HttpCookies(ConstantCookies({"a": "secret"})))


@pytest.mark.parametrize(
    ("base_url", "sent_to", "kept_from"),
    [
        ("https://h.test/v1", ["https://h.test/other"], ["http://h.test/", "https://x.h.test/", "https://o.test/"]),
        ("http://h.test", ["http://h.test/", "https://h.test/"], ["http://o.test/"]),
        (None, ["http://h.test/", "https://o.test/"], []),
        ("", ["http://h.test/"], []),
    ],
)
def test_cookies_of_a_client_belong_to_its_base_url(
    base_url: str | None, sent_to: list[str], kept_from: list[str]
) -> None:
    plugin = cookies_plugin({"a": "1"}, base_url)
    assert [header(plugin, url) for url in sent_to] == ["a=1"] * len(sent_to)
    assert [header(plugin, url) for url in kept_from] == [None] * len(kept_from)


def test_what_a_client_takes() -> None:
    plugin = HttpCookies()
    jar = CookieJar({"a": "1"})
    assert cookies_plugin(plugin, "http://h.test") is plugin
    assert cookies_plugin(jar, "http://h.test").storage is jar
    assert jar.cookies()[0].domain == ""
    assert cookies_plugin(None, None).started is None
    assert cookies_plugin(True, None).started is None
    with_domain = cookies_plugin([Cookie("a", "1", "o.test"), Cookie("b", "2")], "http://h.test")
    assert {cookie.name: cookie.domain for cookie in with_domain.storage.cookies()} == {"a": "o.test", "b": "h.test"}


def test_a_cookie_for_any_host_gives_way_to_the_hosts_own() -> None:
    jar = CookieJar({"a": "1", "b": "2"})
    jar.set_from_response(URL("http://x.test/"), ["a=new"], NOW)
    assert jar.header_for(URL("http://x.test/"), NOW) == "b=2; a=new"
    assert jar.header_for(URL("http://y.test/"), NOW) == "a=1; b=2"


def test_pickled_plugins_guard_their_jar_again() -> None:
    plugin = pickle.loads(pickle.dumps(HttpCookies({"a": "1"})))
    assert plugin.storage["a"] == "1"
    assert type(plugin.storage._lock).__name__ == "RLock"
    assert pickle.loads(pickle.dumps(HttpCookies())).started is None


# Files.


def sample() -> CookieJar:
    return CookieJar(
        [
            Cookie("a", "1 2", "x.test", "/p", host_only=False, secure=True, http_only=True, expires=NOW + 5),
            Cookie("b", "é\udcff", "y.test", same_site="Lax"),
        ]
    )


@pytest.mark.parametrize(("name", "kind"), [("c.json", None), ("c.jar", "json"), ("c.jar", None)])
def test_json_keeps_everything(tmp_path: Path, name: str, kind: Any) -> None:
    sample().save(tmp_path / name, kind)
    jar = CookieJar({"z": "3"})
    jar.load(str(tmp_path / name))
    assert jar.cookies()[1:] == sample().cookies()
    assert jar["z"] == "3"


@pytest.mark.parametrize(("name", "kind"), [("cookies.txt", None), ("c.jar", "netscape")])
def test_netscape(tmp_path: Path, name: str, kind: Any) -> None:
    sample().save(tmp_path / name, kind)
    assert (tmp_path / name).read_bytes().startswith(b"# Netscape HTTP Cookie File\n")
    jar = CookieJar()
    jar.load(tmp_path / name)
    assert [(cookie.name, cookie.value) for cookie in jar.cookies()] == [("a", "1 2"), ("b", "é\udcff")]


def test_files_are_replaced_whole_and_for_the_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "c.json"
    path.write_text("old")
    path.chmod(0o644)
    link = tmp_path / "link.json"
    link.symlink_to(path)
    sample().save(link)
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        CookieJar({"other": "1"}).save(path)
    assert path.read_bytes() == before
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["c.json", "link.json"]


def test_files_that_are_wrong(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_text('{"version": 7}')
    with pytest.raises(DecodingError, match=r"c\.json"):
        CookieJar().load(path)
    with pytest.raises(FileNotFoundError):
        CookieJar().load(tmp_path / "none")
    with pytest.raises(ValueError, match="pickle"):
        CookieJar().save(path, "pickle")  # type: ignore[arg-type]
