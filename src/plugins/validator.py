"""Refuse responses by their status."""

from __future__ import annotations

from ..values.response import BaseResponse, status_error
from .plugin import Plugin, Stage

__all__ = ["HttpCallValidator"]


class HttpCallValidator(Plugin):
    """Raises a StatusError for every final status from 300 on; ``expect_success=True`` installs it."""

    stage = Stage.VALIDATION

    def validate(self, response: BaseResponse) -> None:
        """Raise RedirectStatusError, ClientStatusError or ServerStatusError for a status that is not success."""
        if response.status_code >= 300:
            raise status_error(response)
