"""Refuse responses, and turn errors into others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from ..values.checks import check_options
from ..values.request import Request
from ..values.response import BaseResponse, status_error
from .plugin import Plugin, Stage

__all__ = ["HttpCallValidator"]

Validator: TypeAlias = "Callable[[Any], Any]"
ErrorMapper: TypeAlias = "Callable[[Exception, Request], Any]"


class HttpCallValidator(Plugin):
    """Judges final responses and the errors of calls; ``expect_success=True`` of a client installs a bare one.

    - ``expect_success``: which statuses pass. True (default) are those below 300, False all of them; or some
      (``range(200, 400)``, ``{200, 404}``), or a function of the response. For the others a StatusError is raised,
      its response's body in memory.
    - ``validate``: a function of the response, or several, called in their order once the status has passed. What
      one raises ends the call. The body is in memory unless the response is streamed.
    - ``on_error``: a function of an error and the request, or several, called in their order for whatever a call
      raises, also by ``validate`` and when a body is not the ``into=`` that was asked for. One may raise another
      error or return one, which is raised instead; where none does, the error goes on.

    All three may be async functions for an AsyncClient. ``expect_success`` of a request decides about the status
    alone. Raises TypeError for what is no function.
    """

    stage = Stage.VALIDATION

    def __init__(
        self,
        *,
        expect_success: bool | Iterable[int] | Callable[[Any], Any] = True,
        validate: Validator | Iterable[Validator] = (),
        on_error: ErrorMapper | Iterable[ErrorMapper] = (),
    ) -> None:
        check_options(HttpCallValidator, locals())
        if not isinstance(expect_success, bool) and not callable(expect_success):
            expect_success = frozenset(expect_success)
        self.expect_success: Any = expect_success
        self.validate = _functions("validate", validate)
        self.on_error = _functions("on_error", on_error)
        self._twin: HttpCallValidator | None = None

    @property
    def asks_function(self) -> bool:
        """Whether a function decides about the status."""
        return callable(self.expect_success)

    @property
    def judges_alone(self) -> bool:
        """Whether it says more about statuses than what is success, or has a say in errors."""
        return bool(self.on_error) or not isinstance(self.expect_success, bool)

    def refuses(self, response: BaseResponse) -> bool:
        """Whether the status does not pass; a function is not asked."""
        expected = self.expect_success
        if isinstance(expected, frozenset):
            return response.status_code not in expected
        return expected is True and response.status_code >= 300

    def error_for(self, response: BaseResponse) -> Exception:
        """Return the RedirectStatusError, ClientStatusError, ServerStatusError or StatusError for a refused status."""
        return status_error(response)

    def expecting(self, success: bool) -> HttpCallValidator | None:
        """Return this plugin as it is for a request that expects success, or does not; None where nothing is left."""
        if success is (self.expect_success is not False):
            return self
        if not success and not self.validate and not self.on_error:
            return None
        if self._twin is None:
            self._twin = HttpCallValidator(expect_success=success, validate=self.validate, on_error=self.on_error)
        return self._twin

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_twin": None}

    @property
    def calls_back(self) -> bool:
        """Whether it calls functions of the user's that may wait."""
        return bool(self.asks_function or self.validate or self.on_error)

    def __repr__(self) -> str:
        shown = [] if self.expect_success is True else [f"expect_success={_written(self.expect_success)}"]
        counts = (("validate", self.validate), ("on_error", self.on_error))
        shown += [f"{name}: {len(functions)}" for name, functions in counts if functions]
        return f"{self.name}({', '.join(shown)})"


def _written(expected: Any) -> str:
    return f"{{{', '.join(map(str, sorted(expected)))}}}" if isinstance(expected, frozenset) else repr(expected)


def _functions(option: str, given: Any) -> tuple[Any, ...]:
    functions = (given,) if callable(given) else tuple(given)
    for function in functions:
        if not callable(function):
            raise TypeError(f"{option} takes functions, not {function!r}")
    return functions
