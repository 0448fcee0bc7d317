"""Where a redirect leads, and what may travel there (RFC 9110 section 15.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from yarl import URL

from ..exceptions import BodyNotReplayable, InvalidURL, RedirectStatusError, TooManyRedirects, UnsupportedProtocol
from ..plugins.redirect import HttpRedirect
from ..values.request import Request
from ..values.response import REDIRECTS, BaseResponse, without_credentials
from ..values.unix_url import UNIX
from ..values.url import endpoint_of, join_url, parse_url

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["next_request"]

# What belongs to one origin and must not reach another (RFC 9110 section 15.4, step 3).
SECRET_HEADERS = ("authorization", "cookie", "cookie2", "proxy-authorization", "www-authenticate")
# What describes a body that is no longer sent (RFC 9110 section 15.4, step 5).
BODY_HEADERS = (
    "content-type",
    "content-length",
    "content-encoding",
    "content-language",
    "content-location",
    "transfer-encoding",
    "expect",
    "digest",
    "last-modified",
)


def next_request(
    request: Request, response: BaseResponse, options: HttpRedirect, history: Sequence[BaseResponse]
) -> Request | None:
    """Return the request a redirect asks for, or None where the response is final.

    A redirect without a Location is final. Raises TooManyRedirects, RedirectStatusError (https to http),
    BodyNotReplayable, and InvalidURL or UnsupportedProtocol for a Location that can't be requested.
    """
    if response.status_code not in REDIRECTS:
        return None
    location = response.headers.get("location")
    if location is None:
        return None
    if len(history) >= options.max_redirects:
        raise TooManyRedirects(
            f"more than {options.max_redirects} redirects; the last one leads to {without_credentials(location)}",
            request=request,
            response=response,
        )
    url = _target(request.url, location, response)
    if request.url.scheme == "https" and url.scheme == "http" and not options.allow_https_downgrade:
        raise RedirectStatusError(
            f"the server redirects from https to {without_credentials(str(url))}; "
            "allow it with HttpRedirect(allow_https_downgrade=True)",
            request=request,
            response=response,
        )
    return _follow(request, response, url, keep_method=options.keep_method)


def _target(base: URL, location: str, response: BaseResponse) -> URL:
    try:
        relative = parse_url(location)
        url = join_url(base, relative)
        if base.raw_fragment and not relative.raw_fragment:
            url = url.with_fragment(base.fragment)
        # Credentials in a Location are the server's choice, not the user's.
        url = parse_url(url.with_user(None) if url.raw_user is not None or url.raw_password is not None else url)
        if url.scheme in ("ws", "wss"):  # of a WebSocket's handshake; it is as secure as http, or https
            url = url.with_scheme("http" + url.scheme[2:])
        endpoint_of(url)
        if url.scheme == UNIX and url.raw_host != base.raw_host:
            raise UnsupportedProtocol(f"a Unix socket of this computer is none of the server's business: {url}")
    except (InvalidURL, UnsupportedProtocol) as error:
        error.message = f"the server's redirect can't be followed: {error.message}"
        error.request = response.request
        error.response = response
        raise
    return url


def _follow(request: Request, response: BaseResponse, url: URL, *, keep_method: bool) -> Request:
    new = request.copy()
    new.url = url
    status = response.status_code
    to_get = status == 303 and request.method not in ("GET", "HEAD")
    to_get = to_get or (status in (301, 302) and request.method == "POST" and not keep_method)
    if to_get:
        new.method = "GET"
        new.body = None
        for name in BODY_HEADERS:
            new.headers.popall(name, None)
    elif new.body is not None and not new.body.replayable:
        raise BodyNotReplayable(
            f"the redirect ({status}) asks for the body again, but it can be sent only once; "
            "give bytes, a list of pieces or a file that can seek",
            request=request,
            response=response,
        )
    new.headers.popall("host", None)
    if endpoint_of(url).origin != endpoint_of(request.url).origin:
        for name in SECRET_HEADERS:
            new.headers.popall(name, None)
    return new
