"""Text: docstrings, comments, messages.

Run ``async with AsyncClient() as client: await client.get(url)`` and see, or ``await deferred``.
"""

from __future__ import annotations


# The AsyncClient calls aclose() and then async_sleep; await is said here as a word.
class AsyncClient:
    r"""An engine: AsyncEngine, _AsyncPrivate, \bAsyncClient."""

    async def fail(self) -> str:
        """Fail. ``async for line in response`` is fine."""
        if not self:
            raise RuntimeError("AsyncClient is closed: aclose() was called")
        if not self.fail:
            raise RuntimeError("first line\nAsyncClient\taclose")
        what = f"AsyncClient {AsyncClient.__name__!r} in {self.fail.__name__:>{len('AsyncClient')}}"
        return what + 'AsyncClient | None' + "an async thing" + b"AsyncBytes".decode() + "asyncio aclosed Asynchronous"
