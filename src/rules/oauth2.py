"""Requests to a token endpoint and its answers (RFC 6749)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote_plus

from yarl import URL

from .._concurrency import wall_time
from ..exceptions import DecodingError, InvalidURL, StatusError
from ..values.bearer_tokens import BearerTokens
from ..values.form import FormBody
from ..values.headers import Headers
from ..values.request import Request
from ..values.response import BaseResponse, status_error
from ..values.url import URLTypes, endpoint_of, parse_url

__all__ = ["TokenEndpoint", "scope_of", "tokens_from"]


class TokenEndpoint:
    """Where tokens come from, and who asks for them."""

    __slots__ = ("_client_id", "_client_secret", "in_body", "url")

    def __init__(self, url: URLTypes, client_id: str | None, client_secret: str | None, *, in_body: bool) -> None:
        self.url: URL = parse_url(url)
        endpoint_of(self.url)
        if self.url.raw_user is not None or self.url.raw_password is not None:
            raise InvalidURL("a token endpoint's url holds no user name; give client_id and client_secret")
        if client_secret is not None and client_id is None:
            raise ValueError("a client_secret needs its client_id")
        self._client_id = client_id
        self._client_secret = client_secret
        self.in_body = in_body

    def request(self, fields: Mapping[str, str | None], like: Request) -> Request:
        """Return the request for a grant, with the timeouts and the User-Agent of another request."""
        headers = Headers({"Accept": "application/json"})
        if "user-agent" in like.headers:
            headers["User-Agent"] = like.headers["user-agent"]
        sent = dict(fields)
        if self._client_id is not None:
            if self._client_secret is not None and not self.in_body:
                # RFC 6749 section 2.3.1: form-encoded before they are joined.
                pair = f"{quote_plus(self._client_id)}:{quote_plus(self._client_secret)}"
                headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode('ascii')}"
            else:
                sent["client_id"] = self._client_id
                sent["client_secret"] = self._client_secret
        body = FormBody(sent)
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return Request("POST", self.url, headers, body, timeout=like.timeout, settings=like.settings)

    def __repr__(self) -> str:
        return f"TokenEndpoint({str(self.url)!r})"


def scope_of(scope: str | Iterable[str] | None) -> str | None:
    """Return a scope as one text (RFC 6749 section 3.3)."""
    return scope if scope is None or isinstance(scope, str) else " ".join(scope)


def tokens_from(response: BaseResponse, old_refresh_token: str | None = None) -> BearerTokens:
    """Return the tokens in an answer of a token endpoint (RFC 6749 section 5.1).

    Raises StatusError with the server's reason (section 5.2), DecodingError for what is no such answer.
    """
    if response.status_code != 200:
        raise _refusal(response)
    data = _json(response)
    token, kind = data.get("access_token"), data.get("token_type", "Bearer")
    if not isinstance(token, str) or not token:
        raise DecodingError(
            "the token endpoint's answer has no access_token", request=response.request, response=response
        )
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise DecodingError(
            "the token endpoint gave tokens of another type than Bearer", request=response.request, response=response
        )
    refresh_token = data.get("refresh_token")
    if not isinstance(refresh_token, str) or not refresh_token:
        refresh_token = old_refresh_token
    seconds = _seconds(data.get("expires_in"))
    return BearerTokens(token, refresh_token, None if seconds is None else wall_time() + seconds)


def _json(response: BaseResponse) -> dict[str, Any]:
    from json import loads

    try:
        data = loads(response.content)
    except (ValueError, RecursionError):  # its message would show a part of the body
        data = None
    return data if isinstance(data, dict) else {}


def _seconds(value: object) -> float | None:
    # A number; some servers write it as text.
    try:
        seconds = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return seconds if 0 <= seconds < float("inf") else None


def _refusal(response: BaseResponse) -> StatusError:
    error = status_error(response)
    data = _json(response) if response.status_code >= 400 else {}
    reason = [data[name][:200] for name in ("error", "error_description") if isinstance(data.get(name), str)]
    status = f"{response.status_code} {response.reason_phrase}".rstrip()
    error.message = f"the token endpoint answered {status}{': ' if reason else ''}{', '.join(reason)}"
    error.args = (error.message,)
    return error
