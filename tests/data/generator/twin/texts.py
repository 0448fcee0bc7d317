"""Text: docstrings, comments, messages.

Run ``with Client() as client: client.get(url)`` and see, or ``deferred``.
"""

from __future__ import annotations


# The Client calls close() and then sleep; await is said here as a word.
class Client:
    r"""An engine: Engine, _Private, \bClient."""

    def fail(self) -> str:
        """Fail. ``for line in response`` is fine."""
        if not self:
            raise RuntimeError("Client is closed: close() was called")
        if not self.fail:
            raise RuntimeError("first line\nClient\tclose")
        what = f"Client {Client.__name__!r} in {self.fail.__name__:>{len('Client')}}"
        return what + "Client | None" + "an async thing" + b"Bytes".decode() + "asyncio aclosed Asynchronous"
