# Generated from src/_async/plugins/validator.py by scripts/generate_sync.py. Do not edit.
"""Refuses responses by their status."""

from __future__ import annotations

from ...plugins.validator import HttpCallValidator
from ...values.request import Request
from ..proceed import Proceed
from ..response import Response

__all__ = ["ValidatorHandler"]


class ValidatorHandler:
    """The waiting half of HttpCallValidator."""

    __slots__ = ("_options",)

    def __init__(self, options: HttpCallValidator) -> None:
        self._options = options

    def send(self, request: Request, proceed: Proceed) -> Response:
        """Send, and raise for a final status that is not success; the body is read first, so that it is readable."""
        response = proceed(request)
        if response.status_code >= 300:
            try:
                response.load()
                self._options.validate(response)
            finally:
                response.close()
        return response
