"""What requests have unless they say otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from yarl import URL

from ..values.checks import check_options
from ..values.headers import Headers, HeaderTypes
from ..values.params import merge_params
from ..values.url import URLTypes, endpoint_of, parse_url
from .plugin import Plugin, Stage

if TYPE_CHECKING:
    from ..values.options import CookieTypes, ParamTypes
    from ..values.settings import Settings

__all__ = ["DefaultRequest", "RequestDefaults"]


class RequestDefaults(Plugin):
    """A plugin that only adds to what requests have by default. It is read once for each chain, not for each request.

    What a request says itself wins, then what its client says, then these, the last installed first.
    """

    stage = Stage.VALIDATION
    base_url: URLTypes | None = None
    params: ParamTypes = None
    headers: HeaderTypes | None = None
    cookies: CookieTypes = None
    attributes: Mapping[Any, Any] | None = None

    def adapted(self, settings: Settings) -> Settings:
        """Return the settings of requests: these, or others."""
        return settings


class DefaultRequest(RequestDefaults):
    """Gives requests a base url, query parameters, headers, cookies and attributes that they don't have themselves.

    ``base_url`` is joined as a client's: ``https://h/v1`` and ``users`` make ``https://h/v1/users``; an absolute url
    stands as it is. ``params``, ``headers`` and ``attributes`` are added name by name where neither the request nor
    its client has that name; a header of None takes one away that the client would send by itself. ``cookies`` are
    sent with each request, and not kept; with a ``base_url`` only to its host, and over https if it is https.

    Several may be installed, of which later ones win; those given for one request win over the client's plugins.
    Raises InvalidRequest for what can't be sent.
    """

    repeatable: ClassVar[bool] = True

    def __init__(
        self,
        *,
        base_url: URLTypes | None = None,
        params: ParamTypes = None,
        headers: HeaderTypes | None = None,
        cookies: CookieTypes = None,
        attributes: Mapping[Any, Any] | None = None,
    ) -> None:
        check_options(DefaultRequest, locals())
        if not (cookies is None or cookies is False or hasattr(cookies, "__iter__")):
            raise TypeError(
                f"cookies of DefaultRequest are a mapping, pairs or a CookieJar, not {type(cookies).__name__}"
            )
        if params:
            merge_params(URL(), params, None)
        if base_url is not None:
            endpoint_of(parse_url(base_url))
        if headers is not None:
            items: Any = headers.items() if isinstance(headers, Mapping) else headers
            Headers.of([item for item in items if item[1] is not None])
        self.base_url = base_url
        self.params = params
        self.headers = headers
        self.cookies = cookies
        self.attributes = attributes

    def adapted(self, settings: Settings) -> Settings:
        """Tell authentication plugins which origin the credentials belong to, where the client has no base_url."""
        if self.base_url is None or settings.origin is not None:
            return settings
        return settings.replace(origin=endpoint_of(parse_url(self.base_url)).origin)

    def __repr__(self) -> str:
        # Headers and cookies may be secrets.
        shown = [f"{name}=…" for name in ("params", "headers", "cookies", "attributes") if getattr(self, name)]
        if self.base_url is not None:
            shown.insert(0, f"base_url={str(parse_url(self.base_url).with_user(None))!r}")
        return f"{self.name}({', '.join(shown)})"
