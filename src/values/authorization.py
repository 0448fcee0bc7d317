"""What ``auth=`` stands for: a value of Authorization, or a plugin."""

from __future__ import annotations

from binascii import b2a_base64

from ..exceptions import InvalidRequest
from .options import AUTH_ORIGIN, AuthTypes
from .request import Request

__all__ = ["basic_authorization", "is_auth_plugin", "use_userinfo"]


def basic_authorization(auth: AuthTypes) -> str:
    """Return the Authorization value for (user, password); a str is a ready value's bearer token (RFC 7617, 6750)."""
    if isinstance(auth, str):
        return f"Bearer {auth}"
    if not isinstance(auth, tuple) or len(auth) != 2 or not all(isinstance(part, (str, bytes)) for part in auth):
        raise InvalidRequest("auth is (user, password), a str that is a bearer token, or a plugin such as DigestAuth()")
    user, password = (part if isinstance(part, bytes) else part.encode("utf-8") for part in auth)
    if b":" in user:
        raise InvalidRequest("a user name for Basic authentication can't hold a colon (RFC 7617 section 2)")
    return "Basic " + b2a_base64(user + b":" + password, newline=False).decode("ascii")


def is_auth_plugin(auth: AuthTypes) -> bool:
    """Whether ``auth=`` is a plugin. Raises InvalidRequest for a plugin that is for something else."""
    if auth is None or isinstance(auth, (tuple, str)):
        return False
    from ..plugins.plugin import Plugin, Stage

    if isinstance(auth, Plugin) and auth.stage is not Stage.AUTH:
        raise InvalidRequest(f"auth is a plugin of the stage AUTH, not {auth.name}")
    return isinstance(auth, Plugin)


def use_userinfo(request: Request) -> None:
    """Turn ``user:password@`` into an Authorization header; the url itself goes on without."""
    url = request.url
    if "authorization" not in request.headers and request.attribute(AUTH_ORIGIN) is None:
        request.headers["Authorization"] = basic_authorization((url.user or "", url.password or ""))
    request.url = url.with_user(None)
