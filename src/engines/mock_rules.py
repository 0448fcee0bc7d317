"""Which requests a MockEngine's rule is for, and what it noted of them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import parse_qsl

from yarl import URL

from ..values.headers import Headers
from ..values.request import Request
from ..values.unset import UNSET
from .mock_reply import Reply, reply

if TYPE_CHECKING:
    from typing import Self

__all__ = ["Answer", "MockRule", "Recorded", "URLPattern"]

ValuePattern: TypeAlias = "str | int | float | bool | re.Pattern[str] | Callable[[str], object] | None"
URLPattern: TypeAlias = "str | URL | re.Pattern[str] | Callable[[URL], object] | None"
BodyPattern: TypeAlias = "bytes | str | re.Pattern[bytes] | Callable[[bytes], object] | None"


class Recorded:
    """A request as it reached the engine, its body read."""

    __slots__ = ("content", "request", "rule")

    def __init__(self, request: Request, content: bytes) -> None:
        self.request = request
        self.content = content
        self.rule: MockRule | None = None
        """The rule that answered, if one did."""

    @property
    def method(self) -> str:
        """The method."""
        return self.request.method

    @property
    def url(self) -> URL:
        """The url."""
        return self.request.url

    @property
    def headers(self) -> Headers:
        """The headers; Host and the body's framing, which engines add, are not among them."""
        return self.request.headers

    @property
    def text(self) -> str:
        """The body as UTF-8 text."""
        return self.content.decode()

    def json(self) -> Any:
        """Return the body parsed as JSON. Raises ValueError."""
        from msgspec.json import decode

        return decode(self.content)

    def form(self) -> dict[str, str]:
        """Return the fields of a urlencoded body; of a repeated name, the last."""
        return dict(parse_qsl(self.content.decode(), keep_blank_values=True))

    def __repr__(self) -> str:
        return f"<Recorded {self.method} {self.request.shown_url} {len(self.content)} bytes>"


Answer: TypeAlias = "Reply | Callable[[Recorded], Reply | Awaitable[Reply]]"


class MockRule:
    """Which requests are answered, and how; made by ``MockEngine.on``, where the conditions are described."""

    def __init__(
        self,
        method: str | Iterable[str] | None,
        url: URLPattern,
        *,
        params: Mapping[str, Any] | None,
        headers: Mapping[str, ValuePattern] | None,
        json: Any,
        content: BodyPattern,
        where: Callable[[Recorded], object] | None,
        times: int | None,
    ) -> None:
        if times is not None and times < 1:
            raise ValueError(f"times must be at least 1, not {times}")
        self.methods = None if method is None else {method} if isinstance(method, str) else set(method)
        self.methods = self.methods and {name.upper() for name in self.methods}
        self.url = url
        self.params = dict(params or {})
        self.headers = dict(headers or {})
        self.json = json
        self.content = content.encode() if isinstance(content, str) else content
        self.where = where
        self.times = times
        self.answers: list[Answer] = []
        self.history: list[Recorded] = []
        """What this rule answered, oldest first."""
        self._claimed = 0

    # Answers.

    def reply(self, status_code: int = 200, **options: Any) -> Self:
        """Add an answer, with the options of ``reply``. Of several answers each is given once, the last for ever."""
        return self.answer(reply(status_code, **options))

    def answer(self, *answers: Answer) -> Self:
        """Add answers: what ``reply`` returns, or functions from a Recorded to that (async: AsyncClient)."""
        for each in answers:
            if not isinstance(each, Reply) and not callable(each):
                raise TypeError(f"an answer is a reply(...) or a function that returns one, not {each!r}")
        self.answers.extend(answers)
        return self

    # What it did.

    @property
    def called(self) -> bool:
        """Whether the rule answered a request."""
        return bool(self.history)

    @property
    def call_count(self) -> int:
        """How many requests the rule answered."""
        return len(self.history)

    @property
    def used_up(self) -> bool:
        """Whether the rule answers no more, ``times`` being reached."""
        return self.times is not None and self._claimed >= self.times

    def reset(self) -> None:
        """Forget what was answered, and start again with the first answer."""
        self.history.clear()
        self._claimed = 0

    def claim(self) -> Answer | None:
        """Take the next answer; None when the rule is used up. The driver calls it under its lock."""
        if self.used_up:
            return None
        self._claimed += 1
        answers = self.answers or [reply(200)]
        return answers[min(self._claimed, len(answers)) - 1]

    # Conditions.

    def mismatch(self, call: Recorded) -> str | None:
        """Return why the rule does not answer this request, or None when it does."""
        if self.methods and call.method not in self.methods:
            return f"the method is {call.method}"
        reason = (
            url_mismatch(self.url, call.url)
            or self._params_mismatch(call.url)
            or self._header_mismatch(call.headers)
            or self._body_mismatch(call)
        )
        if reason is None and self.where is not None and not self.where(call):
            return f"{_name(self.where)} says no"
        if reason is None and self.used_up:
            return f"it was used {self.times} times already" if self.times != 1 else "it was used already"
        return reason

    def _params_mismatch(self, url: URL) -> str | None:
        for name, wanted in self.params.items():
            if reason := _values_mismatch(f"the query parameter {name!r}", wanted, url.query.getall(name, [])):
                return reason
        return None

    def _header_mismatch(self, headers: Headers) -> str | None:
        for name, wanted in self.headers.items():
            if reason := _values_mismatch(f"the header {name!r}", wanted, headers.getall(name, [])):
                return reason
        return None

    def _body_mismatch(self, call: Recorded) -> str | None:
        if self.json is not UNSET:
            try:
                found = call.json()
            except ValueError:
                return f"the body is no JSON: {_short(call.content)}"
            if found != self.json:
                return f"the JSON body is {_short(found)}"
        wanted = self.content
        if wanted is None:
            return None
        if isinstance(wanted, re.Pattern):
            matches: object = wanted.search(call.content)
        else:
            matches = wanted(call.content) if callable(wanted) else wanted == call.content
        return None if matches else f"the body is {_short(call.content)}"

    def __str__(self) -> str:
        parts = ["|".join(sorted(self.methods)) if self.methods else "any method", _shown_url(self.url)]
        parts += [f"params={self.params!r}"] if self.params else []
        # Values of headers may be secrets; their names say enough.
        parts += [f"headers={sorted(self.headers)}"] if self.headers else []
        parts += [f"json={_short(self.json)}"] if self.json is not UNSET else []
        parts += [f"content={_shown(self.content)}"] if self.content is not None else []
        parts += [f"where={_name(self.where)}"] if self.where is not None else []
        return " ".join(parts)

    def __repr__(self) -> str:
        return f"<MockRule {self}>"


def url_mismatch(pattern: URLPattern, url: URL) -> str | None:
    """Return why a url is not the one meant, or None. A text without ``?`` leaves the query open."""
    shown = f"the url is {url.with_user(None) if url.raw_user or url.raw_password else url}"
    if pattern is None:
        return None
    if isinstance(pattern, re.Pattern):
        return None if pattern.search(str(url)) else shown
    if isinstance(pattern, URL):
        return None if _same(pattern, url) else shown
    if callable(pattern):
        return None if pattern(url) else f"{_name(pattern)} says no to the url"
    if pattern.startswith("/"):
        pattern = str(url.origin()) + pattern
    if "*" not in pattern:
        wanted = URL(pattern)
        return None if _same(wanted, url if "?" in pattern else url.with_query(None)) else shown
    text = str(url.with_fragment(None) if "?" in pattern else url.with_query(None).with_fragment(None))
    return None if re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) else shown


def _same(wanted: URL, url: URL) -> bool:
    """Whether two urls are equal but for credentials, fragment, and the order of the query."""
    pair = [(u.scheme, (u.host or "").lower(), u.port, u.path or "/", sorted(u.query.items())) for u in (wanted, url)]
    return pair[0] == pair[1]


def _values_mismatch(what: str, wanted: Any, found: Sequence[str]) -> str | None:
    if wanted is None:
        return f"{what} is there" if found else None
    if not found:
        return f"{what} is missing"
    if isinstance(wanted, (list, tuple)):
        return None if [_text(value) for value in wanted] == list(found) else f"{what} has other values"
    if isinstance(wanted, re.Pattern):
        matches = any(wanted.search(value) for value in found)
    elif callable(wanted):
        matches = any(wanted(value) for value in found)
    else:
        matches = _text(wanted) in found
    return None if matches else f"{what} has another value"


def _text(value: object) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _name(function: object) -> str:
    return getattr(function, "__name__", None) or repr(function)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 120 else text[:119] + "…"


def _shown(pattern: object) -> str:
    if isinstance(pattern, re.Pattern):
        return f"/{_short(pattern.pattern)}/"
    return _name(pattern) if callable(pattern) else _short(pattern)


def _shown_url(pattern: URLPattern) -> str:
    if pattern is None:
        return "any url"
    return str(pattern) if isinstance(pattern, (str, URL)) else _shown(pattern)
