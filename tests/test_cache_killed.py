"""A cache on disk whose processes are killed at any moment, or that finds no room: never a wrong or a cut body."""

from __future__ import annotations

import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from duohttp import CacheEntry, Client, HttpCache, MockEngine, SqliteCacheStorage, reply

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

# Also with DUOHTTP_KILLS=200, say; --long does that.
KILLS = int(os.environ.get("DUOHTTP_KILLS", "15"))
KEYS = [f"https://a.test/{number}" for number in range(6)]
MAX_SIZE = 3_000_000


def body_for(id_: str) -> bytes:
    """Return the one right body of an entry."""
    generator = random.Random(id_)
    return generator.randbytes(generator.choice([0, 10, 3000, 70_000, 300_000, 700_000]))


def write(storage: SqliteCacheStorage, key: str, id_: str, replaces: list[str]) -> None:
    """Store a response in pieces."""
    body = body_for(id_)
    writer = storage.create(CacheEntry(id=id_, key=key))
    assert writer is not None
    for at in range(0, len(body), 50_000):
        writer.write(body[at : at + 50_000])
    writer.commit(CacheEntry(id=id_, key=key, response_time=time.time(), size=len(body), length=len(body)), replaces)


def check(storage: SqliteCacheStorage, *, alone: bool = False) -> int:
    """Read all that is there; return how many responses were whole. Raises AssertionError for a wrong one.

    Where nobody else is at work, ``alone``, each that is listed must be whole.
    """
    whole = 0
    for key in KEYS:
        for entry in storage.entries(key):
            assert entry.key == key
            expected = body_for(entry.id)
            assert entry.size == len(expected), "an entry of another body"
            reader = storage.open(entry)
            if reader is None:
                assert not alone
                continue
            try:
                data = b"".join(reader.read(at, 100_000) for at in range(0, entry.size, 100_000))
            except LookupError:
                assert not alone, "an entry without its body"
                continue  # another process removed it meanwhile
            assert data == expected, "a wrong body"
            whole += 1
    return whole


def work(path: Path, seed: int, seconds: float = 60.0) -> None:
    """Write, read, replace and remove for ever, in a process of its own."""
    storage = SqliteCacheStorage(path, MAX_SIZE)
    generator, end, turn = random.Random(seed), time.monotonic() + seconds, 0
    while time.monotonic() < end:
        turn += 1
        key = generator.choice(KEYS)
        found = storage.entries(key)
        deed = generator.random()
        if deed < 0.6:
            replaced = [entry.id for entry in found] if deed < 0.5 else []
            write(storage, key, f"{os.getpid()}-{seed}-{turn}", replaced)
        elif deed < 0.7:
            storage.remove(key, [entry.id for entry in found[:1]])
        elif deed < 0.8 and found:
            storage.update(found[0].replace(response_time=time.time(), headers=((b"X", b"y" * 100),)))
        else:
            check(storage)
    storage.close()


def start(path: Path, seed: int, seconds: float = 60.0) -> int:
    """Begin to work in a forked process; return its id."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        work(path, seed, seconds)
        status = 0
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
    os._exit(status)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the cache is."""
    return tmp_path / "cache.db"


@pytest.mark.timeout(600)
def test_processes_killed_at_any_moment(path: Path) -> None:
    """F37: after each kill all that is there is right; the file is sound, and the next process goes on with it."""
    generator = random.Random(20260101)
    whole = 0
    for kill in range(KILLS):
        children = [start(path, kill * 10 + number) for number in range(2)]
        time.sleep(generator.uniform(0.0, 0.15))
        for child in children:
            os.kill(child, signal.SIGKILL)
        for child in children:
            _, status = os.waitpid(child, 0)
            assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL, f"seed {kill}: it ended by itself"
        storage = SqliteCacheStorage(path, MAX_SIZE)
        whole += check(storage, alone=True)
        assert storage.size <= MAX_SIZE
        storage.close()
        connection = sqlite3.connect(path)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        (total,) = connection.execute("SELECT weight FROM total").fetchone()
        assert connection.execute("SELECT coalesce(sum(weight), 0) FROM entries").fetchone() == (total,)
        orphans = "SELECT count(*) FROM chunks WHERE serial NOT IN (SELECT serial FROM entries)"
        assert connection.execute(orphans).fetchone() == (0,)
        connection.close()
    assert whole > KILLS  # there was something to be wrong
    assert not path.with_name("cache.db.broken").exists()


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_two_hundred_kills(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "KILLS", 200)
    test_processes_killed_at_any_moment(path)


def test_processes_make_a_file_at_the_same_moment(tmp_path: Path) -> None:
    """F37: SQLite does not wait for others where the journal's mode is chosen, so we do."""
    for turn in range(40):
        path, begin = tmp_path / f"{turn}.db", time.monotonic() + 0.01
        children = []
        for _ in range(4):
            child = os.fork()
            if child == 0:
                status = 1
                try:
                    while time.monotonic() < begin:
                        pass
                    status = len(SqliteCacheStorage(path, MAX_SIZE).entries(KEYS[0]))
                finally:
                    os._exit(status)
            children.append(child)
        assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 4


def test_processes_share_a_file(path: Path) -> None:
    """F37: four processes that begin at the same time, on a file that is not there yet."""
    children = [start(path, seed, 1.0) for seed in range(4)]
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 4
    assert check(SqliteCacheStorage(path, MAX_SIZE), alone=True) > 0


def test_processes_meet_a_broken_file(path: Path) -> None:
    """F37: four processes find the same broken file at the same time, each of them begins anew, none is wrong."""
    for turn in range(3):
        path.write_bytes(b"SQLite format 3\0" + b"no database" * 1000)
        children = []
        for seed in range(4):
            child = os.fork()
            if child == 0:
                status = 1
                try:
                    status = persist(path, seed + turn * 10)
                finally:
                    os._exit(status)
            children.append(child)
        assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 4
        storage = SqliteCacheStorage(path, MAX_SIZE)
        assert check(storage, alone=True) > 0
        storage.close()


def persist(path: Path, seed: int) -> int:
    """Use a cache that may fail, as HttpCache does; return 0 where it did its work in the end."""
    storage, done = SqliteCacheStorage(path, MAX_SIZE), 0
    for turn in range(12):
        try:
            write(storage, KEYS[turn % len(KEYS)], f"{os.getpid()}-{seed}-{turn}", [])
            done += check(storage) > 0
        except OSError:
            continue
    storage.close()
    return 0 if done >= 6 else 2


def fetch_all(path: Path, count: int = 30) -> tuple[int, SqliteCacheStorage]:
    """Ask for pages of 20 kB through a cache; return how many came, whatever the cache could do."""
    storage = SqliteCacheStorage(path)
    engine = MockEngine(
        lambda recorded: reply(
            200,
            content=body_for(recorded.url.path)[:20_000].ljust(20_000, b"."),
            headers={"Cache-Control": "max-age=60"},
        )
    )
    good = 0
    with Client(engine=engine, plugins=[HttpCache(storage)]) as client:
        for number in range(count * 2):
            page = f"/{number % count}"
            response = client.get(f"https://a.test{page}")
            good += response.content == body_for(page)[:20_000].ljust(20_000, b".")
    return good, storage


def test_no_file_may_grow(path: Path) -> None:
    """F37: a disk that is full; here a limit on the size of files, in a process that asks for much more."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))
            good, _ = fetch_all(path)
            status = 0 if good == 60 else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    good, storage = fetch_all(path)
    assert good == 60
    assert len(storage) == 30


def test_a_full_disk(tmp_path: Path) -> None:
    """F37: a file system of one megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if os.getuid() != 0 or subprocess.run(mounted, capture_output=True).returncode:
        pytest.skip("a file system can't be mounted here")
    try:
        good, storage = fetch_all(disk / "cache.db", count=120)
        assert good == 240
        assert 0 < len(storage) < 120  # what was there before it was full
        storage.clear()  # which needs no room
        assert len(storage) == 0
        storage.close()
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="needs another user")
def test_a_file_that_may_not_be_written(path: Path) -> None:
    """F37: read-only, for a user who may neither write the file nor its folder."""
    fetch_all(path)
    path.chmod(0o644)
    for folder in (path.parent, *path.parent.parents):
        folder.chmod(folder.stat().st_mode | 0o055)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setuid(65534)
            good, _ = fetch_all(path)
            status = 0 if good == 60 else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    good, storage = fetch_all(path)
    assert (good, len(storage)) == (60, 30)
