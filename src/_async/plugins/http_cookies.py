"""Sends stored cookies and stores those that come."""

from __future__ import annotations

from typing import Any

from ..._concurrency import async_call, wall_time
from ...plugins.http_cookies import HttpCookies
from ...rules.cookie_header import SentCookies, header_of, merged_header
from ...values.request import Request
from ..proceed import AsyncProceed, AsyncSend
from ..response import AsyncResponse

__all__ = ["HANDLER", "AsyncCookiesHandler"]


class AsyncCookiesHandler:
    """The waiting half of HttpCookies."""

    __slots__ = ("_options",)

    def __init__(self, options: HttpCookies) -> None:
        self._options = options

    async def send(self, request: Request, proceed: AsyncProceed) -> AsyncResponse:
        """Send the request with the cookies for its url, and store what its response sets."""
        storage = self._options.started
        if storage is not None and (storage or request.call.cookies):
            request = await self._with_cookies(request, storage)
        response = await proceed(request)
        notes = response.notes
        if notes is None or notes.sets_cookies:
            await self._receive(response)
        return response

    def split(self) -> tuple[AsyncSend, AsyncSend]:
        """Return ``send`` in two: around a call whose request may be sent several times inside, and around each time.

        The cookies go with the request from the outer one on, where a cache sees them; the inner one knows of those
        that came with a response which is not the last.
        """
        return self._outer, self.send

    async def _outer(self, request: Request, proceed: AsyncProceed) -> AsyncResponse:
        storage = self._options.started
        if storage is not None and (storage or request.call.cookies):
            request = await self._with_cookies(request, storage)
        return await proceed(request)

    async def _with_cookies(self, request: Request, storage: Any) -> Request:
        """Return the request with its Cookie header, itself where nothing changes."""
        if getattr(storage, "never_waits", False):
            cookies = storage.cookies_for(request.url, wall_time())
        else:
            cookies = await async_call(storage.cookies_for, request.url, wall_time())
            if not isinstance(cookies, list):
                raise TypeError(f"cookies_for() of {storage!r} must return a list of Cookies, not {cookies!r}")
        headers = request.shared_headers or request.headers
        present = "; ".join(headers.getall("cookie")) if "cookie" in headers else None
        known = request.call.cookies
        if not cookies and (present is None or known is None):
            return request
        own = known.own if known is not None and known.sent == present else present
        if own is None:
            header = header_of(cookies)
        else:
            header = merged_header(own, cookies, () if known is None else known.renewed)
        if header == present:
            return request
        if known is None:
            known = request.call.cookies = SentCookies()
        known.own = own
        known.sent = header
        request = request.copy()
        request.headers.popall("cookie", None)
        if header is not None:
            request.headers["Cookie"] = header
        return request

    async def _receive(self, response: AsyncResponse) -> None:
        values = [value for name, value in response.raw_headers if len(name) == 10 and name.lower() == b"set-cookie"]
        if not values:
            return
        request = response.request
        try:
            await async_call(self._options.storage.set_from_response, request.url, values, wall_time())
        except BaseException:
            await response.aclose()
            raise
        if "cookie" in (request.shared_headers or request.headers):
            known = request.call.cookies
            if known is None:
                known = request.call.cookies = SentCookies()
                known.own = known.sent = "; ".join(request.headers.getall("cookie"))
            known.renewed |= _names(values)


def _names(values: list[bytes]) -> set[str]:
    from ...rules.set_cookie import parse_set_cookie

    parsed = [parse_set_cookie(value.decode("utf-8", "surrogateescape")) for value in values]
    return {cookie.name for cookie in parsed if cookie is not None}


HANDLER = AsyncCookiesHandler
