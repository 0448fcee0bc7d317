"""Cookies, by the classes in which HTTP clients were found vulnerable; each test names one. The rules themselves, case
by case: ``tests/unit/test_cookie_jar.py``.
"""

from __future__ import annotations

import json
import os
import pickle
import stat
from pathlib import Path
from typing import Any

import pytest
from multidict import CIMultiDict
from yarl import URL

from duohttp import AsyncClient, CookieJar, DecodingError, HttpCookies, InvalidURL, Request

from .scripted import Answer, AsyncScriptedEngine

pytestmark = pytest.mark.anyio


class Site:
    """A client, and servers that set what they are told to under ``/set``."""

    def __init__(self, *cookies: str, **options: Any) -> None:
        self.cookies = cookies
        self.engine = AsyncScriptedEngine(self.answer)
        self.client = AsyncClient(engine=self.engine, **options)

    def answer(self, request: Request) -> Answer:
        """Set the cookies, or nothing."""
        headers: Any = CIMultiDict()
        for cookie in self.cookies if request.url.path == "/set" else ():
            headers.add("Set-Cookie", cookie)
        return 200, headers, b"ok"

    async def cookie(self, url: str, *, then: str) -> str | None:
        """Return the Cookie header that the second url gets after the first was asked for."""
        for each in (url, then):
            await self.client.get(each)
        header: str | None = self.engine.requests[-1].headers.get("cookie")
        return header


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("a.co.uk", "co.uk"),
        ("a.co.uk", "co.UK"),
        ("a.co.uk", ".Co.Uk"),
        ("a.co.uk.", "co.uk"),
        ("a.co.uk.", "co.uk."),
        ("a.co.uk", "co.uk."),
        ("a.com", "com."),
        ("a.com", ".com"),
        ("a.com", "."),
        ("a.com", ".com."),
        ("ada.github.io", "github.io"),
        ("a.city.kyoto.jp", "kyoto.jp"),
        ("a.食狮.公司.cn", "公司.cn"),
        ("a.test", "test"),
        ("localhost.localdomain", "localdomain"),
    ],
)
async def test_public_suffixes(host: str, domain: str) -> None:
    """Class F: public suffixes, mixed case, trailing dots (curl CVE-2014-3620, CVE-2022-27779, CVE-2023-46218)."""
    suffix = domain.strip(".")
    site = Site(f"sid=1; Domain={domain}")
    other = f"http://evil.{suffix or 'com'}/"
    assert await site.cookie(f"http://{host}/set", then=other) is None
    assert await site.cookie(f"http://{host}/set", then=other[:-1] + "./") is None


@pytest.mark.parametrize(
    ("host", "domain", "other"),
    [
        ("127.0.0.1", "0.0.1", "10.0.0.1"),
        ("127.0.0.1", ".0.0.1", "7.0.0.1"),
        ("127.0.0.1", "1", "8.8.8.1"),
        ("127.0.0.1", ".127.0.0.1", "1.127.0.0.1"),
        ("[::1]", "1", "[::2:1]"),
        ("[::1]", "::1", "[1::1]"),
    ],
)
async def test_addresses_are_no_domains(host: str, domain: str, other: str) -> None:
    """Class F: an IP address as a domain, and a suffix of one (curl CVE-2014-3613)."""
    site = Site(f"sid=1; Domain={domain}", "own=1")
    try:
        elsewhere = await site.cookie(f"http://{host}/set", then=f"http://{other}/")
    except InvalidURL:
        elsewhere = None  # no url either
    assert elsewhere is None
    await site.client.get(f"http://{host}/")
    assert site.engine.requests[-1].headers["cookie"] in ("own=1", "sid=1; own=1")


@pytest.mark.parametrize("name", ["jar.json", "jar.txt", "pickle"])
async def test_nothing_is_lost_when_cookies_are_kept(tmp_path: Path, name: str) -> None:
    """Class F: the host-only flag, Secure and expiry lost when a jar is saved, loaded or pickled (aiohttp)."""
    site = Site("host=1; Secure; Max-Age=3600", "wide=1; Domain=a.test; Path=/deep; Max-Age=3600")
    await site.client.get("https://a.test/set")
    if name == "pickle":
        jar = pickle.loads(pickle.dumps(site.client.cookies))
    else:
        path = tmp_path / name
        site.client.cookies.save(path)
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        jar = CookieJar()
        jar.load(path)
    if name != "jar.txt":  # which has whole seconds
        assert jar == site.client.cookies
    later = Site(cookies=jar)
    urls = ("https://a.test/", "https://sub.a.test/deep", "http://a.test/deep", "https://b.test/deep")
    found = []
    for url in urls:
        await later.client.get(url)
        found.append(later.engine.requests[-1].headers.get("cookie"))
    assert found == ["host=1", "wide=1", "wide=1", None]


@pytest.mark.parametrize("text", ['{"cookies": {"__reduce__": 1}}', "cos\nsystem\n(S'false'\ntR.", "[]", "{", "[1]"])
async def test_files_hold_data_only(tmp_path: Path, text: str) -> None:
    """Class F: a loader that takes anything but data; it takes JSON and cookies.txt, and refuses the rest whole."""
    path = tmp_path / "cookies.json"
    path.write_text(text)
    jar = CookieJar()
    with pytest.raises(DecodingError):
        jar.load(path)
    assert len(jar) == 0
    assert json.loads(json.dumps(text)) == path.read_text()  # it is left alone


@pytest.mark.parametrize(
    ("header", "scheme", "kept"),
    [
        ("__Secure-a=1; Secure", "https", True),
        ("__Secure-a=1", "https", False),
        ("__Secure-a=1; Secure", "http", False),
        ("__SeCuRe-a=1", "https", False),
        ("__Host-a=1; Secure; Path=/", "https", True),
        ("__Host-a=1; Secure", "https", False),
        ("__Host-a=1; Secure; Path=/; Domain=a.test", "https", False),
        ("__host-a=1; Path=/", "https", False),
        ("=__Host-a=1; Secure; Path=/", "https", False),
        ("a=1; Secure", "http", False),
    ],
)
async def test_prefixes(header: str, scheme: str, kept: bool) -> None:
    """Class F: what the prefixes promise; and no Secure cookie from an insecure connection."""
    site = Site(header)
    assert (await site.cookie(f"{scheme}://a.test/set", then=f"{scheme}://a.test/set") is not None) is kept


async def test_http_does_not_overwrite_what_https_set() -> None:
    """Class F: a cookie of http that overwrites, or shadows, a Secure one (RFC 6265bis section 5.7 step 16)."""
    site = Site("sid=good; Secure; Path=/; Domain=a.test")
    await site.client.get("https://a.test/set")
    for evil in ("sid=evil; Path=/; Domain=a.test", "sid=evil; Path=/set", "sid=; Max-Age=0; Path=/; Domain=a.test"):
        site.cookies = (evil,)
        for host in ("a.test", "sub.a.test"):
            assert await site.cookie(f"http://{host}/set", then=f"https://{host}/set/x") == "sid=good"


@pytest.mark.parametrize(
    ("domain", "other"),
    [("a.test", "xa.test"), ("a.test", "a.test.evil.test"), ("b.test", "b.test"), ("sub.a.test", "sub.a.test")],
)
async def test_domains_match_at_dots(domain: str, other: str) -> None:
    """Class F: a domain that matches as a mere prefix or suffix (CPython CVE-2018-20852, requests CVE-2015-2296)."""
    site = Site(f"sid=1; Domain={domain}")
    assert await site.cookie("http://a.test/set", then=f"http://{other}/") is None


@pytest.mark.pure
async def test_what_is_wrong_is_skipped_and_the_rest_kept() -> None:
    """Class F: control characters, sizes and numbers of cookies (curl CVE-2022-35252, CVE-2022-32205)."""
    flood = [f"n{number}={'x' * 100}" for number in range(3000)]
    site = Site("bad=\x01", "ba\x7fd=1", f"long={'x' * 5000}", "=", *flood, "last=1")
    header = await site.cookie("http://a.test/set", then="http://a.test/")
    assert header is not None
    names = [each.partition("=")[0] for each in header.split("; ")]
    assert names[-1] == "last"
    assert not {"bad", "long", ""} & set(names)
    assert len(names) == len(site.client.cookies) <= 180
    for number in range(120):  # 180 each, which is more than are kept
        site.client.cookies.set_from_response(URL(f"http://h{number}.test/"), flood[:180], 0.0)
    assert len(site.client.cookies) <= 20_000


async def test_cookies_of_two_users_stay_apart() -> None:
    """Class F: two clients, or one for one request, never see each other's cookies."""
    one = Site("sid=1")
    other = one.client.derive()
    await one.client.get("http://a.test/set")
    await other.get("http://a.test/")
    await one.client.get("http://a.test/", plugins=[HttpCookies()])
    await one.client.get("http://a.test/", cookies=False)
    assert [each.headers.get("cookie") for each in one.engine.requests] == [None] * 4
