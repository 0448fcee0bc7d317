"""Bodies read from files."""

from __future__ import annotations

import os
import stat
from collections.abc import AsyncIterator, Iterator
from io import BytesIO, TextIOBase
from typing import IO, Any

from ..exceptions import BodyNotReplayable, InvalidBody
from .body import Body

__all__ = ["AsyncFileBody", "FileBody", "file_body"]

_CHUNK = 128 * 1024


class FileBody(Body):
    """A file: a path, or an open binary file that is sent from where it stands.

    The length is known for regular files and whatever can seek; exactly that much is sent. It can be sent again if
    it is a path or can seek. A path is opened for each pass and closed after it; an open file is left open.
    Raises InvalidBody for files opened as text and for directories, OSError when a path can't be looked at;
    ``file_body`` turns that into an InvalidBody.
    """

    def __init__(self, source: str | os.PathLike[str] | IO[bytes], content_type: str | None = None) -> None:
        self.content_type = content_type
        self.path: str | None = None
        self._file: Any = None
        self._start: int | None = None
        self._started = False
        if isinstance(source, (str, os.PathLike)):
            self._of_path(os.fspath(source))
        else:
            self._of_file(source)

    def _of_path(self, path: str) -> None:
        self.path = path
        self.blocking = True
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            raise InvalidBody(f"{path!r} is a directory, not a file")
        self.replayable = stat.S_ISREG(status.st_mode)
        if self.replayable:
            with open(path, "rb") as file:
                self.content_length = _length(file)

    def _of_file(self, file: Any) -> None:
        if isinstance(file, TextIOBase) or not callable(getattr(file, "read", None)):
            raise InvalidBody(f"the file {_name(file)} is not open in binary mode; open it with mode 'rb'")
        self._file = file
        self.blocking = not isinstance(file, BytesIO)
        try:
            self._start = file.tell() if _can_seek(file) else None
            self.content_length = None if self._start is None else _length(file)
        except OSError:
            self._start = None
        except ValueError:
            raise InvalidBody(f"the file {_name(file)} is closed") from None
        self.replayable = self._start is not None

    def open(self) -> Iterator[bytes]:
        """Start one pass, from where the file stood when it was given. Raises BodyNotReplayable, OSError."""
        if self._started and not self.replayable:
            raise BodyNotReplayable("the body is a file that can't go back to its start, and was sent already")
        self._started = True
        if self.path is not None:
            return self._read_path(self.path)
        if getattr(self._file, "closed", False):
            raise InvalidBody(f"the file {_name(self._file)} was closed before it was sent")
        return self._read(self._file)

    def _read_path(self, path: str) -> Iterator[bytes]:
        try:
            file = open(path, "rb")  # noqa: SIM115 the block is below
        except OSError as error:
            raise InvalidBody(f"the file to send can't be read any more: {error.strerror}: {path!r}") from error
        with file:
            yield from self._read(file)

    def _read(self, file: Any) -> Iterator[bytes]:
        if self._start is not None:
            file.seek(self._start)
        left = self.content_length
        while left is None or left > 0:
            piece = file.read(_CHUNK if left is None else min(_CHUNK, left))
            if not piece:
                if left is None:
                    return
                raise InvalidBody(f"the file {_name(file)} got shorter while it was sent: {left} bytes are missing")
            yield _bytes(piece, file)
            if left is not None:
                left -= len(piece)


class AsyncFileBody(Body):
    """An open file whose ``read`` is async, from where it stands; for the async client only, and sent once."""

    is_async = True
    replayable = False

    def __init__(self, file: Any, content_type: str | None = None) -> None:
        self._file = file
        self._started = False
        self.content_type = content_type

    def open(self) -> AsyncIterator[bytes]:
        """Start the only pass. Raises BodyNotReplayable on a second one."""
        if self._started:
            raise BodyNotReplayable("the body is an async file that was sent already")
        self._started = True
        return self._read()

    async def _read(self) -> AsyncIterator[bytes]:
        while piece := await self._file.read(_CHUNK):
            yield _bytes(piece, self._file)


def file_body(source: Any, name: str) -> Body:
    """Return the body for a path, an open file, or an async file; ``name`` is the option, for errors."""
    if hasattr(source, "read") and hasattr(source, "__aiter__"):
        return AsyncFileBody(source)
    if isinstance(source, os.PathLike) and not isinstance(os.fspath(source), str):
        raise InvalidBody(f"{name}= takes a path of str, not of bytes")
    try:
        return FileBody(source)
    except OSError as error:
        option = f"{name}=" if name.isidentifier() else name
        raise InvalidBody(f"{option} is a file that can't be read: {error.strerror}: {error.filename!r}") from error


def _can_seek(file: Any) -> bool:
    seekable = getattr(file, "seekable", None)
    return bool(seekable()) if seekable is not None else hasattr(file, "seek") and hasattr(file, "tell")


def _length(file: Any) -> int | None:
    """Return how much is left of a file that can seek; None where only reading tells."""
    try:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return None
    except (AttributeError, OSError, TypeError):
        pass  # no file of the system: BytesIO, a member of an archive
    start = file.tell()
    try:
        end = file.seek(0, os.SEEK_END)
    except OSError:
        return None
    end = file.tell() if end is None else end
    file.seek(start)
    # Some files of /proc call themselves empty and are not, others refuse to tell.
    if end == 0 and file.read(1):
        file.seek(start)
        return None
    return max(0, int(end) - int(start))


def _bytes(piece: object, file: object) -> bytes:
    if type(piece) is bytes:
        return piece
    if isinstance(piece, (bytes, bytearray, memoryview)):
        return bytes(piece)
    raise InvalidBody(f"the file {_name(file)} gave {type(piece).__name__}, not bytes; open it with mode 'rb'")


def _name(file: object) -> str:
    name = getattr(file, "name", None)
    return repr(name) if isinstance(name, str) else type(file).__name__
