"""Plain requests through a proxy that wants to know who asks (RFC 9110 section 11.7); tunnels are in ``proxy_ways``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....rules.framing import absolute_form
from ....rules.proxy_login import MAX_ANSWERS, ProxyLogin
from ....values.request import Request
from ....values.url import Endpoint
from ...response import AsyncResponse

if TYPE_CHECKING:
    from ....values.proxy import Proxy
    from .engine import AsyncNativeDriver

__all__ = ["async_send_logged_in"]


async def async_send_logged_in(
    driver: AsyncNativeDriver, request: Request, endpoint: Endpoint, proxy: Proxy, login: ProxyLogin
) -> AsyncResponse:
    """Send a request with the credentials for its proxy, and again with what the proxy asks for. Raises RequestError.

    Where the body can't be sent again, the 407 is the response; the next request then has what the proxy asked for.
    """
    method, uri, body = request.method, absolute_form(endpoint).decode("ascii"), request.body
    said = login.ahead(method, uri, body)
    answers = 0
    while True:
        attempt = request
        if said is not None:
            attempt = request.copy()
            attempt.headers["Proxy-Authorization"] = said.value
        response: AsyncResponse = await driver.execute(attempt, through=proxy)
        response.request = request  # which knows nothing of what is for the proxy
        if response.status_code != 407:
            if said is not None and "proxy-authentication-info" in response.headers:
                login.accepted(said, response.headers.getall("proxy-authentication-info"))
            return response
        challenges = response.headers.getall("proxy-authenticate", [])
        said = login.answer(challenges, said, method, uri, body)
        answers += 1
        if said is None or answers > MAX_ANSWERS or (body is not None and not body.replayable):
            return response
        await response.aclose()
