"""Tokens from an OAuth 2 authorization server (RFC 6749)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from ..rules.oauth2 import TokenEndpoint, scope_of, tokens_from
from ..values.bearer_tokens import BearerTokens
from ..values.checks import check_options
from ..values.request import Request
from ..values.url import URLTypes
from .auth import OriginTypes
from .auth_bearer import BearerAuth, TokenFlow
from .flow import call

__all__ = ["OAuth2ClientCredentials", "OAuth2RefreshToken"]


class _OAuth2(BearerAuth):
    """What the grants share."""

    def __init__(
        self,
        endpoint: TokenEndpoint,
        fields: Mapping[str, str | None],
        *,
        token: BearerTokens | None = None,
        origins: OriginTypes,
        skew: float,
        fetch_timeout: float | None,
    ) -> None:
        BearerAuth.__init__(self, token, origins=origins, skew=skew, fetch_timeout=fetch_timeout)
        self.token_url = str(endpoint.url)
        self._endpoint = endpoint
        self._fields = dict(fields)

    def _grant(self, request: Request, fields: Mapping[str, str | None]) -> TokenFlow:
        response = yield self._endpoint.request({**fields, **self._fields}, request)
        return tokens_from(response, fields.get("refresh_token"))


class OAuth2ClientCredentials(_OAuth2):
    """Bearer tokens for a service that acts for itself: the client-credentials grant (RFC 6749 section 4.4)::

        Client(
            base_url="https://api.test",
            plugins=[OAuth2ClientCredentials("https://login.test/token", "my-service", "secret", scope="read")],
        )

    ``scope`` is one text or several; ``extra`` are further fields of the token request (``audience``, ``resource``).
    ``client_auth`` says where id and secret go: ``"header"`` (default) or ``"body"``. Everything else is as in
    BearerAuth: tokens are fetched before the first request, once for all, and again before they expire or when they are
    refused. The token request goes through the rest of the chain, and its redirects are not followed.

    Raises StatusError with the token endpoint's reason, DecodingError, ValueError, InvalidURL.
    """

    def __init__(
        self,
        token_url: URLTypes,
        client_id: str,
        client_secret: str,
        *,
        scope: str | Iterable[str] | None = None,
        extra: Mapping[str, str] | None = None,
        client_auth: Literal["header", "body"] = "header",
        origins: OriginTypes = None,
        skew: float = 30.0,
        fetch_timeout: float | None = 60.0,
    ) -> None:
        check_options(OAuth2ClientCredentials, locals())
        endpoint = _endpoint(token_url, client_id, client_secret, client_auth)
        fields = {"scope": scope_of(scope), **(extra or {})}
        _OAuth2.__init__(self, endpoint, fields, origins=origins, skew=skew, fetch_timeout=fetch_timeout)

    def load(self, request: Request) -> TokenFlow:
        """Ask the token endpoint."""
        return self._grant(request, {"grant_type": "client_credentials"})


class OAuth2RefreshToken(_OAuth2):
    """Bearer tokens for a user who consented before: the refresh-token grant (RFC 6749 section 6)::

        OAuth2RefreshToken("https://login.test/token", saved["refresh_token"], client_id="my-app", on_tokens=save)

    ``refresh_token`` is what access tokens are had for; ``access_token`` and its ``expires_at`` are used first, where
    given. A server may replace the refresh token each time, so ``on_tokens(tokens)``, which may be async in the async
    client, is called with new tokens before they are used: save them. ``client_id``, ``client_secret``, ``scope``,
    ``extra`` and ``client_auth`` are as in OAuth2ClientCredentials, all else as in BearerAuth.

    Raises StatusError with the token endpoint's reason (``invalid_grant``: consent is needed again), DecodingError,
    ValueError, InvalidURL.
    """

    def __init__(
        self,
        token_url: URLTypes,
        refresh_token: str,
        *,
        client_id: str | None = None,
        client_secret: str | None = None,
        scope: str | Iterable[str] | None = None,
        extra: Mapping[str, str] | None = None,
        client_auth: Literal["header", "body"] = "header",
        access_token: str | None = None,
        expires_at: float | None = None,
        on_tokens: Callable[[BearerTokens], Any] | None = None,
        origins: OriginTypes = None,
        skew: float = 30.0,
        fetch_timeout: float | None = 60.0,
    ) -> None:
        check_options(OAuth2RefreshToken, locals())
        endpoint = _endpoint(token_url, client_id, client_secret, client_auth)
        token = None if access_token is None else BearerTokens(access_token, refresh_token, expires_at)
        fields = {"scope": scope_of(scope), **(extra or {})}
        _OAuth2.__init__(self, endpoint, fields, token=token, origins=origins, skew=skew, fetch_timeout=fetch_timeout)
        self.on_tokens = on_tokens
        self._refresh_token = refresh_token

    def load(self, request: Request) -> TokenFlow:
        """Ask the token endpoint, with the refresh token that was given."""
        return self.refresh(request, None)

    def refresh(self, request: Request, tokens: BearerTokens | None) -> TokenFlow:
        """Ask the token endpoint, with the last refresh token."""
        last = self._refresh_token if tokens is None else tokens.refresh_token
        fresh = yield from self._grant(request, {"grant_type": "refresh_token", "refresh_token": last})
        if self.on_tokens is not None:
            yield call(self.on_tokens, fresh)
        return fresh


def _endpoint(url: URLTypes, client_id: str | None, client_secret: str | None, where: str) -> TokenEndpoint:
    if where not in ("header", "body"):
        raise ValueError(f"client_auth must be 'header' or 'body', not {where!r}")
    return TokenEndpoint(url, client_id, client_secret, in_body=where == "body")
