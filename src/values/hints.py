"""What people type who know another client, and what it is called here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Never

__all__ = [
    "check_attribute",
    "check_client_options",
    "hint_in_client",
    "hint_in_response",
    "misplaced_body",
    "missing_in_module",
    "option_hint",
]

_OPTIONS = {
    "allow_redirects": "it is called follow_redirects here",
    "cache": "write plugins=[HttpCache()]",
    "event_hooks": "write a Plugin, or use client.intercept() and client.events",
    "hooks": "write a Plugin, or use client.intercept() and client.events",
    "max_retries": "write plugins=[Retry(max_retries=…)]",
    "progress": "write plugins=[BodyProgress(…)], or use client.download()",
    "proxies": "it is called proxy here",
    "raise_for_status": "it is called expect_success here",
    "retries": "write plugins=[Retry(max_retries=…)]",
    "retry": "write plugins=[Retry(max_retries=…)]",
    "ssl": "it is called verify here",
    "ssl_context": "it is called verify here",
}
_OF_REQUESTS = {
    **_OPTIONS,
    "extensions": "use attributes for plugins, and server_hostname for what httpx calls sni_hostname",
    "heartbeat": "it is called ping_interval here",
    "http2": "give it to the client",
    "into": "read the body with body(T), iter_json(T) or json() once the response is there",
    "protocols": "it is called subprotocols here",
    "query": "it is called params here",
    "stream": "use client.stream(method, url) in a with block",
    "transport": "give engine= to the client",
}
_OF_CLIENTS = {
    **_OPTIONS,
    "app": "write engine=AsgiEngine(app) or engine=WsgiEngine(app)",
    "connector": "write limits=Limits(…), or engine= for another way to connect",
    "cookie_jar": "it is called cookies here",
    "json_serialize": "write converters=Converters(JsonConverter(dumps=…))",
    "max_connections": "write limits=Limits(max_connections=…)",
    "max_keepalive_connections": "write limits=Limits(max_keepalive_connections=…)",
    "mounts": "it is called proxy here, and takes a mapping of patterns of urls to proxies",
    "stream": "use client.stream(method, url) in a with block",
    "transport": "it is called engine here",
    "user_agent": "write headers={'User-Agent': …}",
}
_CLIENT_ATTRIBUTES = {
    "adapters": "an engine does the exchange: engine=",
    "event_hooks": _OPTIONS["event_hooks"],
    "gather": "use parallel() or parallel_get()",
    "hooks": _OPTIONS["hooks"],
    "mount": "give proxy= a mapping of patterns to the client, or engine= for another way to connect",
    "mounts": "give proxy= a mapping of patterns to the client, or engine= for another way to connect",
    "parallel_post": "use parallel() with ('POST', url, {…}) for each request",
    "prepare_request": "it is called build_request() here",
    "proxies": "give proxy= to the client, or to a request",
    "trace": "use request('TRACE', url)",
    "ws_connect": "it is called websocket() here",
}
_RESPONSE_ATTRIBUTES = {
    "aiter_bytes": "it is called iter_bytes() in both clients",
    "aiter_lines": "it is called iter_lines() in both clients",
    "aiter_raw": "it is called iter_raw() in both clients",
    "aiter_text": "it is called iter_text() in both clients",
    "apparent_encoding": "encoding tells the charset; Client(default_encoding=…) is for text that has none",
    "aread": "it is called read() in both clients",
    "data": "it is called content here, and text, json() or body(T)",
    "is_permanent_redirect": "look at status_code",
    "iter_content": "it is called iter_bytes() here; of a response of client.stream() it reads the body as it comes",
    "next": "follow it yourself: headers['Location']",
    "next_request": "follow it yourself: headers['Location']",
    "num_bytes_downloaded": "use the plugin BodyProgress, or client.download(progress=…)",
    "raw": "use iter_raw() of a response of client.stream(), or raw_headers",
    "reason": "it is called reason_phrase here",
    "status": "it is called status_code here",
    "status_text": "it is called reason_phrase here",
}
_MODULE_ATTRIBUTES = {
    "ASGITransport": "it is called AsgiEngine here",
    "ClientError": "it is called HTTPError here; ClientStatusError is for a status from 400 to 499",
    "ClientSession": "it is called AsyncClient here",
    "ClientTimeout": "it is called Timeout here",
    "ConnectionError": "it is called NetworkError here, and is a ConnectionError of Python's too",
    "HTTPStatusError": "it is called StatusError here",
    "InvalidSchema": "it is called UnsupportedProtocol here",
    "MockTransport": "it is called MockEngine here",
    "RequestException": "it is called HTTPError here",
    "Session": "it is called Client here",
    "URL": "urls are those of yarl: from yarl import URL",
    "WSGITransport": "it is called WsgiEngine here",
    "codes": "use http.HTTPStatus",
    "download": "it is a method of Client",
    "session": "it is called Client here",
}


def option_hint(name: str, known: Collection[str], *, of_client: bool = False) -> str:
    """Return what to write in place of an option there is not."""
    hint = (_OF_CLIENTS if of_client else _OF_REQUESTS).get(name)
    if hint is not None:
        return hint
    from difflib import get_close_matches

    if close := get_close_matches(name, known, 1, 0.75):
        return f"is it {close[0]}? There are {', '.join(sorted(known))}"
    return f"there are {', '.join(sorted(known))}"


def misplaced_body(verb: str, value: object) -> TypeError:
    """Return the error for a body that was given by position, as other clients take it."""
    ways = "json=… for JSON, data=… for a form, content=… for bytes, text or a file"
    return TypeError(f"{verb}() takes the url alone by position, and its body by name: {ways}; not {_kind(value)}")


def _kind(value: object) -> str:
    return "None" if value is None else f"a {type(value).__name__}"


def check_client_options(unknown: Collection[str], known: Collection[str]) -> None:
    """Raise TypeError for the first option that a client does not have."""
    if unknown:
        name = min(unknown)
        raise TypeError(f"a client has no option {name!r}; {option_hint(name, known, of_client=True)}")


class Elsewhere:
    """An attribute that other clients have: whoever reads it is told what it is here.

    A descriptor for each, as a ``__getattr__`` would make all attributes slower, those that are there too.
    """

    __slots__ = ("_hint", "_name")

    def __init__(self, name: str, hint: str) -> None:
        self._name = name
        self._hint = hint

    def __get__(self, owner: object, kind: type) -> Never:
        text = f"{kind.__name__!r} object has no attribute {self._name!r}"
        raise AttributeError(f"{text}; {self._hint.replace('CLIENT', kind.__name__)}", name=self._name, obj=owner)


def hint_in_response(kind: type) -> None:
    """Give a class of responses what other responses have, so that whoever asks for it is told what to write."""
    _hint_in(kind, _RESPONSE_ATTRIBUTES)


def hint_in_client(kind: Any) -> None:
    """Give a class of clients what other clients have, and its own options, which are no attributes."""
    told = "what a client adds is told when it is made: CLIENT({0}=…), or for one request: get(url, {0}=…)"
    _hint_in(kind, _CLIENT_ATTRIBUTES)
    _hint_in(kind, {name: told.format(name) for name in kind.__init__.__kwdefaults__})


def _hint_in(kind: type, hints: Mapping[str, str]) -> None:
    for name, hint in hints.items():
        if not hasattr(kind, name) and name not in vars(kind):
            setattr(kind, name, Elsewhere(name, hint))


def missing_in_module(module: str, name: str) -> AttributeError:
    """Return the error for a name that the package does not have."""
    text, hint = f"module {module!r} has no attribute {name!r}", _MODULE_ATTRIBUTES.get(name)
    return AttributeError(f"{text}; {hint}" if hint else text, name=name)


def check_attribute(client: Any, name: str) -> None:
    """Raise AttributeError where an option of a client is set after it was made, as that would change nothing."""
    if name in client.__dict__.get("_options", ()) and not hasattr(type(client), name):
        getattr(client, name)  # says what to do instead
    if name == "cookies":
        raise AttributeError(
            "the cookies of a client can't be replaced; use client.cookies.update(…)", name=name, obj=client
        )
