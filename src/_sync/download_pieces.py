# Generated from src/_async/download_pieces.py by scripts/generate_sync.py. Do not edit.
"""The pieces of a download, several at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._concurrency import StateLock, TaskGroup
from .._files import PartFile, offload
from ..exceptions import ConnectError, HTTPError, RemoteProtocolError, StatusError
from ..rules.ranges import pieces_of
from ..values.response import status_error
from .response import Response

if TYPE_CHECKING:
    from .._files.progress import BytesProgress
    from .download import Download

__all__ = ["BATCH", "Pieces"]

BATCH = 512 * 1024
"""How many bytes are written at once."""
PIECE = 4 * 1024 * 1024
"""The most bytes that are asked for at once; so few that no worker is left with much when the others are done."""
BUSY = (429, 503)
"""What servers say to too many connections."""


class Piece:
    """A range that one worker fetches: what comes next, and where it ends."""

    __slots__ = ("at", "end")

    def __init__(self, at: int, end: int) -> None:
        self.at = at
        self.end = end


class Pieces:
    """Fetches what is missing of a file whose length and strong ETag are known, by so many workers at most."""

    def __init__(self, download: Download, part: PartFile, shown: BytesProgress, workers: int) -> None:
        assert part.state.length is not None
        self._download = download
        self._part = part
        self._shown = shown
        self._length = part.state.length
        missing = part.done.missing(self._length)
        left = sum(end - first for first, end in missing)
        self._pieces = [Piece(*each) for each in pieces_of(missing, max(min(PIECE, -(-left // workers)), 1))]
        self._workers = min(workers, len(self._pieces))
        self._lock = StateLock()
        self._changed = False

    def run(self) -> bool:
        """Fetch all; return False where the file has changed, or the server gives no parts of it any more."""
        offload(self._part.scatter)
        self._shown.update(self._part.size, self._length)
        with TaskGroup() as group:
            for _ in range(self._workers):
                group.start_soon(self._work)
        return not self._changed

    def _work(self) -> None:
        """Fetch one piece after the other."""
        while True:
            with self._lock:
                piece = self._pieces.pop() if self._pieces and not self._changed else None
            if piece is None or not self._fetch(piece):
                return

    def _fetch(self, piece: Piece) -> bool:
        """Fetch one piece, by several requests where the connection breaks; return whether this worker goes on."""
        failures = 0
        while piece.at < piece.end:
            before = piece.at
            try:
                if not self._attempt(piece):
                    return False
            except ConnectError:
                if self._step_back(piece):
                    return False
                raise
            except HTTPError as error:
                failures = 0 if piece.at > before else failures
                if not self._download.may_go_on(error, failures):
                    raise
                self._download.pause(failures)
                failures += 1
        return True

    def _attempt(self, piece: Piece) -> bool:
        """Send one request, and write what comes; return False where this worker has nothing more to do."""
        request = self._download.request()
        request.headers["Range"] = f"bytes={piece.at}-{piece.end - 1}"
        request.headers["If-Range"] = self._part.state.validator
        try:
            response = self._download.start(request)
        except StatusError as error:  # of a plugin that looks at statuses
            if error.response is not None and self._refused(error.response.status_code, piece):
                return False
            raise
        try:
            if self._refused(response.status_code, piece):
                return False
            if response.status_code != 206:
                response.load()
                raise status_error(response)
            if not self._part.state.goes_on(response.headers, piece.at):
                self._changed = True
                return False
            self._download.heed(response)
            self._receive(response, piece)
        finally:
            response.close()
        return True

    def _refused(self, status: int, piece: Piece) -> bool:
        """Whether a status says that there is no such part, or that there are too many connections."""
        if status in (200, 416):
            self._changed = True
            return True
        return status in BUSY and self._step_back(piece)

    def _step_back(self, piece: Piece) -> bool:
        """Leave a piece to the other workers; return whether there are any."""
        with self._lock:
            others = self._workers > 1
            if others:
                self._workers -= 1
                self._pieces.append(piece)
        return others

    def _receive(self, response: Response, piece: Piece) -> None:
        batch: list[bytes] = []
        size = 0
        try:
            for data in response.iter_bytes():
                batch.append(data)
                size += len(data)
                if piece.at + size >= piece.end:
                    break
                if size >= BATCH:
                    taken, batch, size = batch, [], 0
                    self._save(taken, piece)
        except BaseException:
            # What came before the cut, or the cancellation, need not come again. Too little to need a thread.
            self._write(batch, piece)
            raise
        self._save(batch, piece)
        if piece.at < piece.end:
            raise RemoteProtocolError("the server sent less than was asked for", request=response.request)

    def _save(self, batch: list[bytes], piece: Piece) -> None:
        offload(self._write, batch, piece)
        with self._lock:
            self._shown.update(self._part.size, self._length)

    def _write(self, batch: list[bytes], piece: Piece) -> None:
        size = sum(map(len, batch))
        more = piece.at + size - piece.end
        if more > 0:  # nobody asked for that
            batch[-1] = batch[-1][:-more]
            size -= more
        if size:
            self._part.write(batch, piece.at)
            piece.at += size
