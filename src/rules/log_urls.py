"""Urls as a log shows them: without the values of parameters that are secrets."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote_plus

__all__ = ["SECRET_PARAMETERS", "is_secret_parameter", "without_secrets"]

SECRET_PARAMETERS = frozenset(
    {
        *("token", "access_token", "refresh_token", "id_token", "auth_token", "session_token", "security_token"),
        *("api_key", "app_key", "access_key", "secret_key", "subscription_key", "key", "auth", "authorization", "jwt"),
        *("password", "passwd", "pwd", "secret", "client_secret", "code", "code_verifier", "session_id", "jsessionid"),
        *("signature", "sig", "x_amz_signature", "x_amz_credential", "x_amz_security_token"),
        *("x_goog_signature", "x_goog_credential"),
    }
)
"""Parameters of urls whose values are secrets by what they are usually called; see ``is_secret_parameter``."""

_PLAIN = frozenset(name.replace("_", "") for name in SECRET_PARAMETERS)
# In the query, in the fragment (where OAuth 2 puts tokens, RFC 6749 section 4.2.2), or behind a segment of the path.
_PARAMETER = re.compile(r"(?<=[?&#;])([^=&#;?/]+)=([^&#;]+)")


def is_secret_parameter(name: str) -> bool:
    """Whether the name is one of SECRET_PARAMETERS, however it is written: ``api_key``, ``apiKey``, ``api-key``."""
    return name.lower().replace("_", "").replace("-", "") in _PLAIN


def without_secrets(url: str, is_secret: Callable[[str], bool]) -> str:
    """Return the text of a url with ``***`` for the values of parameters that are secrets; all else as it was."""

    def shown(match: re.Match[str]) -> str:
        return f"{match[1]}=***" if is_secret(unquote_plus(match[1])) else match[0]

    return _PARAMETER.sub(shown, url) if "=" in url else url
