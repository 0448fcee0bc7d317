"""Random requests to a server whose pages change: nobody gets a page that is another's, or older than it may be."""

from __future__ import annotations

import os
import random
import time
from typing import Any

import pytest

from duohttp import Client, HttpCache, MemoryCacheStorage, MockEngine, Response, reply
from duohttp._concurrency import ManualClock, use_clock
from duohttp.engines.mock_reply import Reply
from duohttp.engines.mock_rules import Recorded
from duohttp.rules.caching_ranges import parse_range

SEEDS = range(int(os.environ.get("DUOHTTP_CACHE_SEEDS", "15")))
STEPS = 300
LIFETIME = 10.0
GRACE = 5.0

CONTROLS = {
    "/plain": "max-age=10",
    "/checked": "no-cache",
    "/strict": "max-age=10, must-revalidate",
    "/beside": "max-age=10, stale-while-revalidate=5",
    "/patient": "max-age=10, stale-if-error=5",
    "/own": "private, max-age=10",
    "/open": "public, max-age=10",
    "/never": "no-store",
}
FOR_ALL = ("/open", "/strict")
"""What a shared cache may give to others although it was asked for with credentials (RFC 9111 section 3.5)."""


class Origin:
    """Pages in versions, languages and for users; it may fail, change silently, and answer conditions and ranges."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.versions = dict.fromkeys(CONTROLS, 0)
        self.gone: dict[tuple[str, int], float] = {}
        """When a version ceased to be the current one."""
        self.down = False

    def change(self, path: str, now: float) -> None:
        """Have another version from now on."""
        self.gone[path, self.versions[path]] = now
        self.versions[path] += 1

    def page(self, path: str, version: int, language: str, user: str) -> bytes:
        """Return the page: its text says for whom it is."""
        user = "all" if path in FOR_ALL else user
        return f"{path} {version} {language} {user};".encode() * 20

    def __call__(self, call: Recorded) -> Reply:
        """Answer."""
        if self.down:
            return reply(503)
        path, language = call.url.path, call.headers.get("accept-language", "")
        version = self.versions[path]
        body = self.page(path, version, language, call.headers.get("authorization", ""))
        etag = f'"{version}-{language}"' if path != "/open" or self.chance.random() < 0.9 else ""
        headers = {"Cache-Control": CONTROLS[path], "Vary": "Accept-Language"} | ({"ETag": etag} if etag else {})
        if etag and etag in call.headers.get("if-none-match", ""):
            return reply(304, headers=headers)
        wanted = parse_range(call.headers.get("range", ""))
        found = None if wanted is None else wanted.within(len(body))
        if found is None or call.headers.get("if-range", etag) != etag:
            return reply(200, content=body, headers=headers)
        headers["Content-Range"] = f"bytes {found[0]}-{found[1] - 1}/{len(body)}"
        return reply(206, content=body[found[0] : found[1]], headers=headers)


class Run:
    """One run of random steps."""

    def __init__(self, seed: int, *, shared: bool) -> None:
        self.chance = random.Random(seed)
        self.clock = ManualClock()
        self.origin = Origin(self.chance)
        self.cache = HttpCache(MemoryCacheStorage(20_000), shared=shared)
        self.client = Client(engine=MockEngine(self.answer), plugins=[self.cache])
        self.least = dict.fromkeys(CONTROLS, 0)
        self.outcomes: set[str] = set()

    def answer(self, call: Recorded) -> Reply:
        if call.method == "POST":
            self.origin.change(call.url.path, self.clock.wall_time())
            return reply(204)
        return self.origin(call)

    def step(self) -> None:
        chance = self.chance
        path = chance.choice(list(CONTROLS))
        what = chance.random()
        self.clock.advance(chance.choice([0, 0, 0.1, 0.5, 2]))
        self.origin.down = self.origin.down and chance.random() < 0.7
        if what < 0.05:
            self.origin.change(path, self.clock.wall_time())
        elif what < 0.08:
            self.client.post(f"http://a.test{path}")
            self.least[path] = self.origin.versions[path]
        elif what < 0.1:
            self.origin.down = True
        else:
            self.ask(path)

    def ask(self, path: str) -> None:
        chance = self.chance
        language, user = chance.choice(["", "en"]), chance.choice(["", "", "Bearer ada", "Bearer bob"])
        control = chance.choice(["", "", "", "max-age=3", "no-cache", "max-stale=4", "min-fresh=5", "only-if-cached"])
        wanted = chance.choice(["", "", "", "bytes=0-49", "bytes=50-", "bytes=30-120", "bytes=-20"])
        given = {"Accept-Language": language, "Authorization": user, "Cache-Control": control, "Range": wanted}
        headers = {name: value for name, value in given.items() if value}
        if chance.random() < 0.3:
            with self.client.stream("GET", f"http://a.test{path}", headers=headers) as response:
                content = response.read()
        else:
            response = self.client.get(f"http://a.test{path}", headers=headers)
            content = response.content
        assert response.cache_status is not None
        self.outcomes.add(response.cache_status.outcome)
        if response.status_code not in (503, 504):
            self.check(response, content, path, given)
        self.settle()

    def check(self, response: Response, content: bytes, path: str, given: dict[str, str]) -> None:
        now = self.clock.wall_time()
        versions = range(self.origin.versions[path] + 1)
        pages = {v: self.origin.page(path, v, given["Accept-Language"], given["Authorization"]) for v in versions}
        wanted = parse_range(given["Range"])
        if response.status_code == 206:
            assert wanted is not None
            parts = {}
            for version, page in pages.items():
                found = wanted.within(len(page))
                assert found is not None
                parts[version] = page[found[0] : found[1]]
            pages = parts
        fitting = [version for version, page in pages.items() if page == content]
        assert fitting, f"{content[:60]!r} is no page of {given}"
        version = fitting[-1]  # of a short range several may be the same
        assert version >= self.least[path], "older than what this client changed"
        stale = response.cache_status is not None and response.cache_status.outcome == "stale"
        allowed = LIFETIME + (GRACE if stale else 0.0)
        if "max-age" in given["Cache-Control"]:
            allowed = 3 + (GRACE if stale else 0.0)
        if path in ("/checked", "/never") or given["Cache-Control"] == "no-cache":
            allowed = 0.0
        gone = self.origin.gone.get((path, version))
        assert gone is None or now - gone <= allowed, f"{path} {version}: {response.cache_status}"

    def settle(self) -> None:
        """Wait for what is validated beside its use."""
        limit = time.monotonic() + 20
        for state in vars(self.cache).get("_states", {}).values():
            while state.value.background:
                assert time.monotonic() < limit
                time.sleep(0.0005)


@pytest.mark.parametrize("shared", [False, True], ids=["private", "shared"])
def test_nobody_gets_a_wrong_page(shared: bool) -> None:
    seen: set[Any] = set()
    for seed in SEEDS:
        run = Run(seed, shared=shared)
        with use_clock(run.clock), run.client:
            for step in range(STEPS):
                try:
                    run.step()
                except AssertionError as error:
                    raise AssertionError(f"seed {seed}, step {step}: {error}") from error
        seen |= run.outcomes
    assert seen >= {"hit", "stale", "revalidated", "miss"}
