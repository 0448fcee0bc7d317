"""Downloads to a file that is whole or not there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .._concurrency import async_sleep
from .._files import PartFile, async_offload, bytes_progress
from ..exceptions import HTTPError, RemoteProtocolError, StatusError
from ..rules.content_disposition import file_name_of
from ..rules.downloads import Digest, PartState, content_range, digest_wanted
from ..rules.retries import may_be_repeated
from ..values.response import status_error
from ..values.timeout import Deadline
from .download_pieces import BATCH, AsyncPieces
from .response import AsyncResponse

if TYPE_CHECKING:
    from .._files.progress import BytesProgress, ProgressTypes
    from ..values.request import Request
    from .statement import AsyncStatement

__all__ = ["AsyncDownload"]

PROBE = 1024 * 1024
"""How many bytes are asked for to see whether a server gives parts of a file."""
FIRST_DELAY = 0.1
MAX_DELAY = 30.0


class AsyncDownload:
    """One call of ``client.download``."""

    def __init__(
        self,
        statement: AsyncStatement,
        path: Path,
        *,
        resume: bool,
        max_resumes: int,
        digest: Digest | None,
        parallel: int,
        progress: ProgressTypes,
    ) -> None:
        self._statement = statement
        self._path = path
        self._resume = resume
        self._max_resumes = max_resumes
        self._digests = [] if digest is None else [digest]
        self._parallel = parallel
        self._progress = progress
        self._whole: int | None = None
        self._name = ""
        self._deadline: Deadline | None = None

    async def run(self) -> Path:
        """Fetch the file and return where it is."""
        total = self._statement.request.timeout.total
        if total is not None and "timeout" in self._statement._options:
            self._deadline = Deadline(total)
        part = await async_offload(PartFile, self._path, self._statement.request.display_url)
        try:
            await async_offload(part.open, self._resume)
            with bytes_progress(self._progress) as shown:
                await self._fetch(part, shown)
            if self._digests:
                await async_offload(part.check, self._digests)
            return await async_offload(part.finish, self._name)
        finally:
            part.close()

    # What several workers share.

    def request(self) -> Request:
        """Return the request to send next."""
        request = self._statement.request.again()
        request.stream = True
        request.deadline = self._deadline
        return request

    async def start(self, request: Request) -> AsyncResponse:
        """Send a request and return its response, unread."""
        return await self._statement._start(request)

    def may_go_on(self, error: HTTPError, failures: int) -> bool:
        """Whether to ask for the rest after a failure, where so many before it have brought nothing."""
        return self._resume and may_be_repeated(error, timeouts=True) and failures < self._max_resumes

    async def pause(self, failures: int) -> None:
        """Wait before the next request. Raises TotalTimeout."""
        delay = min(FIRST_DELAY * 2**failures, MAX_DELAY)
        await async_sleep(delay if self._deadline is None else self._deadline.clamp(delay))

    def heed(self, response: AsyncResponse) -> None:
        """Note what a response says of the whole file: its name, and what it must hash to."""
        self._name = file_name_of(response.headers.get("content-disposition", ""), response.url.name)
        if not self._digests and "content-encoding" not in response.headers:
            promised = digest_wanted(response.headers)
            self._digests = [] if promised is None else [promised]

    # The file as one, or its beginning.

    async def _fetch(self, part: PartFile, shown: BytesProgress) -> None:
        """Ask for the file, and for the rest of it when the connection breaks, until it is whole."""
        failures = 0
        while True:
            if part.size and part.state.etag and part.state.length and (self._parallel > 1 or part.scattered):
                if await AsyncPieces(self, part, shown, self._parallel).run():
                    return
                self._parallel = 1
                await async_offload(part.restart)
            before = part.size
            try:
                if await self._attempt(part, shown):
                    return
                continue
            except HTTPError as error:
                failures = 0 if part.size > before else failures
                if not (part.size and part.state.validator and self.may_go_on(error, failures)):
                    raise
            await self.pause(failures)
            failures += 1

    async def _attempt(self, part: PartFile, shown: BytesProgress) -> bool:
        """Send one request and write what comes; return False where the next must ask for more, or for all of it."""
        request = self.request()
        probes = self._parallel > 1 and not part.size
        if part.size:
            request.headers["Range"] = f"bytes={part.size}-"
            request.headers["If-Range"] = part.state.validator
        elif probes:
            request.headers["Range"] = f"bytes=0-{PROBE - 1}"
        try:
            response = await self.start(request)
        except StatusError as error:  # of a plugin that looks at statuses
            if error.response is None or error.response.status_code != 416 or not (part.size or probes):
                raise
            return await self._out_of_range(part, error.response.headers.get("content-range", ""))
        try:
            if response.status_code == 416 and (part.size or probes):
                return await self._out_of_range(part, response.headers.get("content-range", ""))
            if probes and response.status_code == 206:
                return await self._receive_beginning(response, part, shown)
            return await self._receive(response, part, shown)
        finally:
            await response.aclose()

    async def _receive_beginning(self, response: AsyncResponse, part: PartFile, shown: BytesProgress) -> bool:
        """Write the answer to a probe; return whether it was all."""
        headers = response.headers
        found = content_range(headers.get("content-range", ""))
        if found is None or found[0] != 0 or found[1] is None or "content-encoding" in headers:
            self._parallel = 1  # then as one, and without asking for a range
            return False
        self._whole = found[1]
        state = PartState.of(self._statement.request.display_url, headers, self._whole)
        await async_offload(part.begin, state)
        self.heed(response)
        await self._write(response, part, shown)
        if part.size > self._whole:
            raise RemoteProtocolError("the server sent more than the file has", request=response.request)
        if part.size < self._whole and not state.validator:
            self._parallel = 1
            await async_offload(part.restart)
        return part.size == self._whole

    async def _receive(self, response: AsyncResponse, part: PartFile, shown: BytesProgress) -> bool:
        headers = response.headers
        if response.status_code == 206:
            if not part.size or not part.state.goes_on(headers, part.size):
                return await self._not_the_rest(response, part)
            found = content_range(headers.get("content-range", ""))
            self._whole = found[1] if found is not None else None
        elif response.is_success:
            coded = "content-encoding" in headers
            length = headers.get("content-length", "")
            self._whole = int(length) if length.isdigit() and not coded else None
            # The bytes of a coding that is undone here can't be asked for.
            url = self._statement.request.display_url
            state = PartState(url) if coded else PartState.of(url, headers, self._whole)
            await async_offload(part.begin, state)
        else:
            await response.load()
            raise status_error(response)
        self.heed(response)
        await self._write(response, part, shown)
        if self._whole is not None and part.size != self._whole:
            raise RemoteProtocolError(
                f"the file has {part.size} bytes, the server promised {self._whole}", request=response.request
            )
        return True

    async def _write(self, response: AsyncResponse, part: PartFile, shown: BytesProgress) -> None:
        pieces: list[bytes] = []
        size = 0
        shown.update(part.size, self._whole)
        try:
            async for piece in response.iter_bytes():
                pieces.append(piece)
                size += len(piece)
                if size >= BATCH:
                    batch, pieces, size = pieces, [], 0
                    await async_offload(part.write, batch)
                    shown.update(part.size, self._whole)
        except BaseException:
            # What came before the cut, or the cancellation, need not come again. Too little to need a thread.
            if pieces:
                part.write(pieces)
            raise
        await async_offload(part.write, pieces)
        shown.update(part.size, self._whole)

    async def _out_of_range(self, part: PartFile, value: str) -> bool:
        """Judge a 416: the part is the whole already, or of another file."""
        found = content_range(value)
        if not part.size:  # an empty file has no beginning
            self._parallel = 1
            return False
        if found is not None and found[1] == part.size and part.state.length in (None, part.size):
            self._whole = part.size
            self._name = file_name_of("", self._statement.request.url.name)
            return True
        await async_offload(part.restart)
        return False

    async def _not_the_rest(self, response: AsyncResponse, part: PartFile) -> bool:
        """Start again after a 206 that does not fit. Raises RemoteProtocolError where none was asked for."""
        if not part.size:
            raise RemoteProtocolError(
                "the server sent a part of the file that nobody asked for", request=response.request
            )
        await async_offload(part.restart)
        return False
