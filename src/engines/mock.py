"""Scripted answers, for tests without a network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from ..exceptions import UnexpectedRequest
from ..values.capabilities import Capability
from ..values.checks import check_options
from ..values.request import Request
from ..values.unset import UNSET
from .mock_reply import Reply, reply
from .mock_rules import Answer, MockRule, Recorded, URLPattern
from .options import EngineOptions

__all__ = ["MockEngine", "MockRule", "Recorded", "Reply", "reply"]


class MockEngine(EngineOptions):
    """Answers requests from a script, in either client, and remembers them.

    ::

        engine = MockEngine()
        engine.on("GET", "https://api.test/users/*").reply(200, json={"name": "Ada"})
        engine.on("POST", "/users", json={"name": "Bob"}).reply(201).reply(409)
        client = Client(engine=engine)
        …
        engine.assert_all_called()
        assert engine.history[0].headers["accept"] == "*/*"

    The first rule that fits and is not used up answers. Requests that no rule takes get the ``answers`` given here,
    in order, from the start again after the last; with ``cycle=False`` each is given once. An answer is what
    ``reply`` returns, or a function from a Recorded to that: ``MockEngine(lambda request: reply(200, json={}))``.

    A request nobody expected raises UnexpectedRequest, which tells what came and why each rule did not fit; with
    ``strict=False`` it gets a 404. ``capabilities`` are those the engine claims to have, all by default.
    A request is checked as a real engine checks it: url, method, header names and values, length of the body.
    """

    driver: ClassVar[str] = "mock"

    def __init__(
        self,
        *answers: Answer,
        cycle: bool = True,
        strict: bool = True,
        capabilities: Iterable[Capability] = tuple(Capability),
    ) -> None:
        check_options(MockEngine, locals())
        self.cycle = cycle
        self.strict = strict
        self.capabilities = frozenset(capabilities)
        self.rules: list[MockRule] = []
        self.history: list[Recorded] = []
        """Every request that came, answered or not, oldest first."""
        self._queue = MockRule(None, None, params=None, headers=None, json=UNSET, content=None, where=None, times=None)
        self._next = 0
        self.enqueue(*answers)

    def on(
        self,
        method: str | Iterable[str] | None = None,
        url: URLPattern = None,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, Any] | None = None,
        json: Any = UNSET,
        content: bytes | str | Any = None,
        where: Callable[[Recorded], object] | None = None,
        times: int | None = None,
    ) -> MockRule:
        """Add a rule; give it answers with ``.reply(...)`` or ``.answer(...)``, else it answers an empty 200.

        What is left out is not looked at. ``method`` is one or several. ``url`` is text (``*`` stands for any
        characters; without ``?`` any query fits; starting with ``/`` any origin does), a URL (compared whole, but
        for the order of the query), a compiled pattern (searched) or a function. ``params`` and ``headers`` name
        what must be there: a value, a list of all values, a compiled pattern, a function, or None for what must not
        be there. ``json`` is the parsed body; ``content`` the body as bytes or text, a compiled bytes pattern, or a
        function of the bytes. ``where`` decides on the whole request. After ``times`` answers the rule fits no more.
        """
        rule = MockRule(
            method, url, params=params, headers=headers, json=json, content=content, where=where, times=times
        )
        self.rules.append(rule)
        return rule

    def enqueue(self, *answers: Answer) -> MockEngine:
        """Add answers for the requests that no rule takes."""
        self._queue.answer(*answers)
        return self

    def reset(self) -> None:
        """Forget the history, and let all rules and answers start again."""
        self.history.clear()
        self._next = 0
        for rule in self.rules:
            rule.reset()

    # What the driver asks.

    def candidates(self, call: Recorded) -> list[MockRule]:
        """Return the rules that fit."""
        return [rule for rule in self.rules if rule.mismatch(call) is None]

    def claim(self, call: Recorded, candidates: list[MockRule]) -> Answer | None:
        """Take the answer to a request and note who gave it. The driver calls it under its lock."""
        for rule in candidates:
            answer = rule.claim()
            if answer is not None:
                call.rule = rule
                rule.history.append(call)
                return answer
        queue = self._queue.answers
        if queue and (self.cycle or self._next < len(queue)):
            self._next += 1
            return queue[(self._next - 1) % len(queue)]
        return None

    def unexpected(self, call: Recorded) -> Reply:
        """Return a 404, or raise UnexpectedRequest: what came, and why each rule did not fit."""
        if not self.strict:
            return reply(404, text="no rule of the MockEngine answers this request")
        raise UnexpectedRequest(self._explain(call), request=call.request)

    def _explain(self, call: Recorded) -> str:
        request: Request = call.request
        lines = [f"the MockEngine has no answer to {request.method} {request.shown_url}"]
        if call.content:
            shown = call.content[:200]
            lines.append(f"  with the body {shown!r}{'…' if len(shown) < len(call.content) else ''}")
        for number, rule in enumerate(self.rules, 1):
            lines.append(f"  rule {number}: {rule}: {rule.mismatch(call) or 'it was used up meanwhile'}")
        if queued := len(self._queue.answers):
            lines.append(f"  {queued} queued {'answer was' if queued == 1 else 'answers were'} given already")
        if len(lines) == 1:
            lines.append("  it has no rules; add one with on(...).reply(...)")
        return "\n".join(lines)

    # For the end of a test.

    def assert_all_called(self) -> None:
        """Raise AssertionError naming each rule that answered too little: never, or less than ``times``.

        With ``cycle=False`` the queued answers must be used up too.
        """
        missing = []
        for number, rule in enumerate(self.rules, 1):
            wanted = rule.times or 1
            if rule.call_count < wanted:
                missing.append(f"rule {number}: {rule}: answered {rule.call_count} of {wanted} requests")
        if not self.cycle and self._next < len(self._queue.answers):
            missing.append(f"{len(self._queue.answers) - self._next} queued answers were not asked for")
        if missing:
            raise AssertionError("the MockEngine expected more requests\n  " + "\n  ".join(missing))

    # Two scripts are never the same one.

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"MockEngine({len(self.rules)} rules, {len(self._queue.answers)} queued, {len(self.history)} requests)"
