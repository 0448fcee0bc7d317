"""A file that is written in parts, maybe by one process after the other, and gets its name when it is whole."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

from ..exceptions import DecodingError
from ..rules.downloads import Digest, PartState
from ..rules.ranges import Ranges

try:
    import fcntl
except ImportError:  # Windows, where an open file can't be replaced anyway
    fcntl = None  # type: ignore[assignment]

__all__ = ["PartFile"]

READ = 1024 * 1024


class PartFile:
    """What has come of a file, beside where it will be: ``name.part``, and ``name.part.json`` that says of what.

    In a folder, where the name is not known before the answer, the part is named after the url. ``done`` is what is
    there: all up to its size, or, once it was told to ``scatter``, ranges that are noted too. Everything here blocks,
    and may be called by several threads. Errors are OSErrors with the path in question.
    """

    def __init__(self, path: Path, url: str) -> None:
        self.folder: Path | None = path if path.is_dir() else None
        self.path = path
        if self.folder is not None:
            self.part = path / f".{hashlib.sha256(url.encode()).hexdigest()[:16]}.part"
        else:
            self.part = path.with_name(f"{path.name}.part")
        self._notes = self.part.with_name(f"{self.part.name}.json")
        self._url = url
        self._file: BinaryIO | None = None
        self.done = Ranges()
        self.state = PartState(url)
        self.scattered = False
        self._lock = Lock()

    @property
    def size(self) -> int:
        """How many bytes are there."""
        return self.done.size

    def open(self, resume: bool) -> None:
        """Open the part, go on where it ends if that makes sense. Raises OSError, also where another process has it."""
        self._file = file = open(self.part, "r+b", opener=_creating)  # noqa: SIM115 - closed by close()
        try:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.close()
            self._file = None
            raise BlockingIOError(error.errno, "another download writes this file", str(self.part)) from None
        if not (resume and self._take_up(file.seek(0, os.SEEK_END))):
            self.restart()

    def _take_up(self, length: int) -> bool:
        """Go on with what the notes tell of a part of this length; return whether they make sense."""
        try:
            notes: dict[str, Any] = json.loads(self._notes.read_text(encoding="utf-8"))
            state = PartState(notes["url"], notes["etag"], notes["last_modified"], notes["length"])
            noted = notes.get("done")
            done = Ranges([(0, length)] if noted is None else [(int(first), int(end)) for first, end in noted])
        except (OSError, ValueError, KeyError, TypeError):
            return False
        fits = state.url == self._url and all(isinstance(text, str) for text in (state.etag, state.last_modified))
        fits = fits and (state.length is None or isinstance(state.length, int)) and bool(state.validator)
        if not fits or any(first < 0 or end > length for first, end in done):
            return False
        self.state, self.done, self.scattered = state, done, noted is not None
        return True

    def restart(self) -> None:
        """Throw away what is there."""
        assert self._file is not None
        self._notes.unlink(missing_ok=True)
        self._file.truncate(0)
        self.done = Ranges()
        self.state = PartState(self._url)
        self.scattered = False

    def begin(self, state: PartState) -> None:
        """Note what the bytes that come now belong to, so that another process can go on."""
        self.restart()
        self.state = state
        if state.validator:
            self._note()

    def scatter(self) -> None:
        """From now on bytes come in any order, and what is there is noted."""
        self.scattered = True
        self._note()

    def _note(self) -> None:
        state = self.state
        notes: dict[str, Any] = {"url": state.url, "etag": state.etag}
        notes |= {"last_modified": state.last_modified, "length": state.length}
        if self.scattered:
            notes["done"] = list(self.done)
        new = self._notes.with_name(f"{self._notes.name}.new")
        new.write_text(json.dumps(notes), encoding="utf-8")
        os.replace(new, self._notes)

    def write(self, pieces: list[bytes], first: int | None = None) -> None:
        """Add bytes, at the end or from byte ``first`` on.

        Raises OSError, with all that was written gone: a full disk is not kept full.
        """
        with self._lock:
            if self._file is None:  # another thread has failed
                return
            at = first = self.size if first is None else first
            try:
                self._file.seek(first)
                for piece in pieces:
                    self._file.write(piece)
                    at += len(piece)
                self._file.flush()
                self.done.add(first, at)
                if self.scattered:
                    self._note()
            except OSError as error:
                self.discard()
                raise OSError(error.errno, error.strerror, str(self.part)) from None

    def check(self, digests: list[Digest]) -> None:
        """Read the file and compare. Raises DecodingError, with the part gone."""
        hashes = [(digest, hashlib.new(digest.algorithm, usedforsecurity=False)) for digest in digests]
        with open(self.part, "rb") as file:
            while piece := file.read(READ):
                for _, hashed in hashes:
                    hashed.update(piece)
        for digest, hashed in hashes:
            if hashed.digest() != digest.value:
                self.discard()
                raise DecodingError(
                    f"the {digest.algorithm} of the file is {hashed.hexdigest()}, not {digest.value.hex()}"
                )

    def finish(self, name: str) -> Path:
        """Give the whole file its name; in a folder one that is not taken yet, made of ``name``. Raises OSError."""
        assert self._file is not None
        try:
            os.fsync(self._file.fileno())
            self._close()  # before the rename, for Windows
        except OSError as error:  # some disks tell only now that they are full
            self.discard()
            raise OSError(error.errno, error.strerror, str(self.part)) from None
        try:
            if self.folder is None:
                os.replace(self.part, self.path)
            else:
                self.path = self._named(self.folder, name)
        except OSError:
            if not self.state.validator:
                self.discard()
            raise
        self._notes.unlink(missing_ok=True)
        return self.path

    def _named(self, folder: Path, name: str) -> Path:
        stem, suffix = os.path.splitext(name)
        number = 0
        while True:
            path = folder / (f"{stem} ({number}){suffix}" if number else name)
            try:
                os.link(self.part, path)  # unlike a rename it never replaces what is there
            except FileExistsError:
                number += 1
                continue
            except OSError:  # a file system without links
                if path.exists():
                    number += 1
                    continue
                os.replace(self.part, path)
                return path
            os.unlink(self.part)
            return path

    def discard(self) -> None:
        """Leave nothing behind."""
        with suppress(OSError):
            self._close()
        for path in (self.part, self._notes, self._notes.with_name(f"{self._notes.name}.new")):
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the part; keep it where another call can go on with it. May be called again."""
        if self._file is None:
            return
        if self.size and self.state.validator:
            self._close()
        else:
            self.discard()

    def _close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()


def _creating(path: str, flags: int) -> int:
    # No mode of open() keeps what is there, makes what is not, and writes anywhere.
    return os.open(path, flags | os.O_CREAT, 0o666)
