"""Tell how far bodies have come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from ..values.checks import check_options
from .plugin import Plugin, Stage

__all__ = ["BodyProgress"]

Listener: TypeAlias = "Callable[[int, int | None], Any]"


class BodyProgress(Plugin):
    """Calls functions while bodies are sent and received: ``function(done, total)``, in bytes.

    ``on_upload`` and ``on_download`` are called with each piece, and once more at the end, also of an empty body.
    ``total`` is None where it is not known; both count what goes over the wire, content codings included. They may be
    async functions for an AsyncClient; a ``ProgressBar`` is one for the terminal. What one raises ends the call and
    frees the connection. Each attempt is told of from its start.

    For one request: ``plugins=[BodyProgress(on_download=...)]``. Raises TypeError for what is no function.
    """

    stage = Stage.ATTEMPT
    handler = "body_progress"

    def __init__(self, *, on_upload: Listener | None = None, on_download: Listener | None = None) -> None:
        check_options(BodyProgress, locals())
        self.on_upload = on_upload
        self.on_download = on_download
