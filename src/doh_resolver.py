"""Name lookup over HTTPS (RFC 8484), through the clients of this package."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ._network.resolver import Answer, CachedResolver, Resolver, StaticResolver, SystemResolver
from .exceptions import HTTPError, InvalidURL, ResolveError
from .rules.dns_message import AAAA, MAX_TTL, A, DnsAnswer, decode_answer, encode_question
from .values.checks import check_options
from .values.timeout import Timeout
from .values.url import display_url, endpoint_of, parse_url

if TYPE_CHECKING:
    from ._async.client import AsyncClient
    from ._sync.client import Client
    from .values.response import BaseResponse

__all__ = ["DohResolver"]

MEDIA_TYPE = "application/dns-message"
KINDS = (AAAA, A)


class DohResolver(CachedResolver):
    """Asks a DNS server over HTTPS: ``Client(resolver=DohResolver("https://dns.example/dns-query"))``.

    Answers are kept as long as their ttl says, those that there is no such name too, at most ``max_entries`` (1000) of
    them. The DNS server's own host is looked up at ``bootstrap`` (an address or several), or by the system.
    ``localhost`` is never asked for. Other options are those of a client: ``verify``, ``http2``, ``proxy``, ``timeout``
    (5 s, and 10 s for each question) and so on; of the environment only the CA bundle is heard. The same object serves
    both clients; each keeps its connections until ``close`` or ``aclose``. Raises InvalidURL.
    """

    def __init__(
        self, url: str, *, bootstrap: str | Sequence[str] | None = None, max_entries: int = 1000, **options: Any
    ) -> None:
        check_options(DohResolver, locals())
        parsed = parse_url(url.partition("{?dns}")[0])
        if parsed.scheme != "https":
            raise InvalidURL(f"DNS over HTTPS needs an https url, not {display_url(parsed)}")
        self.host = endpoint_of(parsed).origin.host
        known = None if bootstrap is None else {self.host: bootstrap}
        own: Resolver = SystemResolver() if known is None else StaticResolver(known)
        self._state = {"url": url, "bootstrap": bootstrap, "max_entries": max_entries, **options}
        client_options = {"timeout": Timeout(5, total=10), "trust_env": ("ca",), "cookies": False, **options}
        client_options.setdefault("follow_redirects", False)
        self._questions = _Questions(str(parsed), {"resolver": own, **client_options})
        self._own = own
        super().__init__(self._questions, MAX_TTL, max_entries)

    def resolve_now(self, host: str, port: int) -> Sequence[Any] | None:
        name = host.lower().removesuffix(".")
        if name == "localhost" or name.endswith(".localhost"):
            return ["127.0.0.1", "::1"]  # RFC 6761 section 6.3
        return super().resolve_now(host, port)

    def resolve(self, host: str, port: int) -> Sequence[Any]:
        return self._own.resolve(host, port) if host == self.host else super().resolve(host, port)

    async def async_resolve(self, host: str, port: int) -> Sequence[Any]:
        if host == self.host:
            return await self._own.async_resolve(host, port)
        return await super().async_resolve(host, port)

    def close(self) -> None:
        """Close the connections that the blocking client's lookups keep."""
        if self._questions.client is not None:
            self._questions.client.close()
            self._questions.client = None

    async def aclose(self) -> None:
        """Close the connections of both."""
        self.close()
        client, self._questions.async_client = self._questions.async_client, None
        if client is not None:
            await client.aclose()

    def __getstate__(self) -> dict[str, Any]:
        return self._state


class _Questions(Resolver):
    """Asks for both kinds of addresses at once, each time anew."""

    def __init__(self, url: str, options: dict[str, Any]) -> None:
        self.url = url
        self._options = options
        self.client: Client | None = None
        self.async_client: AsyncClient | None = None

    def resolve(self, host: str, port: int) -> Sequence[Any]:
        if self.client is None:
            from ._sync.client import Client

            self.client = Client(**self._all_options())
        client = self.client
        questions = _questions(host)
        statements = [client.prepare("GET", self.url, params=_params(question)) for question in questions]
        results = client.parallel(statements, limit=len(KINDS), return_exceptions=True)
        return self._answer(host, questions, results)

    async def async_resolve(self, host: str, port: int) -> Sequence[Any]:
        if self.async_client is None:
            from ._async.client import AsyncClient

            self.async_client = AsyncClient(**self._all_options())
        client = self.async_client
        questions = _questions(host)
        statements = [client.prepare("GET", self.url, params=_params(question)) for question in questions]
        results = await client.parallel(statements, limit=len(KINDS), return_exceptions=True)
        return self._answer(host, questions, results)

    def _all_options(self) -> dict[str, Any]:
        from .plugins.coalesce import Coalesce

        headers = {"Accept": MEDIA_TYPE, **self._options.get("headers", {})}
        return {**self._options, "headers": headers, "plugins": [Coalesce(), *self._options.get("plugins", ())]}

    def _answer(self, host: str, questions: list[bytes], results: Sequence[Any]) -> Answer:
        answers: list[DnsAnswer] = []
        failures: list[str] = []
        for kind, question, result in zip(KINDS, questions, results, strict=True):
            try:
                answers.append(_decoded(result, question, kind))
            except (HTTPError, ValueError) as error:
                failures.append(getattr(error, "message", "") or str(error))
        found = [address for answer in answers for address in answer.addresses]
        ttl = min((answer.ttl for answer in answers), default=0)
        if found:
            # Half an answer is good for now.
            return Answer(found, min(answer.ttl for answer in answers if answer.addresses) if not failures else 0)
        if failures:
            raise ResolveError(f"looking up {host!r} at {self.url} failed: {failures[0]}")
        what = "has no address" if any(answer.exists for answer in answers) else "does not exist"
        missing = ResolveError(f"the host name {host!r} {what}, says {self.url}")
        missing.ttl = ttl
        raise missing


def _questions(host: str) -> list[bytes]:
    try:
        return [encode_question(host, kind) for kind in KINDS]
    except ValueError as error:
        raise ResolveError(str(error)) from None


def _params(question: bytes) -> dict[str, str]:
    return {"dns": urlsafe_b64encode(question).rstrip(b"=").decode("ascii")}


def _decoded(result: BaseResponse | Exception, question: bytes, kind: int) -> DnsAnswer:
    """Return an answer. Raises HTTPError, ValueError."""
    if isinstance(result, Exception):
        raise result
    kind_of_body = result.headers.get("content-type", "").partition(";")[0].strip().lower()
    if result.status_code != 200 or kind_of_body != MEDIA_TYPE:
        raise ValueError(f"it answered {result.status_code} with {kind_of_body or 'no content type'}")
    answer = decode_answer(result.content, question, kind)
    age = result.headers.get("age", "")
    return answer._replace(ttl=max(0, answer.ttl - int(age[:10]))) if age.isascii() and age.isdigit() else answer
