"""How a list that comes in pages goes on: strategies that find the url of the next page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from yarl import URL

from ..exceptions import DecodingError, InvalidURL, RemoteProtocolError
from ..values.checks import check_options
from ..values.params import merge_params
from ..values.url import endpoint_of, join_url, parse_url

if TYPE_CHECKING:
    from ..values.response import BaseResponse

__all__ = ["CursorPages", "LinkPages", "NumberedPages", "PageStrategy", "raw_items"]


class PageStrategy:
    """Finds the next page. ``items`` is where in a page its items are: None where the page is a list itself, else a
    key, or several with dots between (``"data.users"``).
    """

    def __init__(self, *, items: str | None = None) -> None:
        check_options(PageStrategy, locals())
        self.items = items

    def first(self, url: URL) -> URL:
        """Return the url of the first page."""
        return url

    def following(self, response: BaseResponse, url: URL, page: int, count: int) -> URL | None:
        """Return the url of the page after ``response``, or None after the last one.

        ``url`` is that of the first page, ``page`` the number of pages so far, ``count`` how many items the last had.
        """
        raise NotImplementedError

    def __repr__(self) -> str:
        options = ", ".join(f"{name}={value!r}" for name, value in vars(self).items() if value is not None)
        return f"{type(self).__name__}({options})"


class LinkPages(PageStrategy):
    """The next page is the link ``rel="next"`` of the Link header (RFC 8288)."""

    def following(self, response: BaseResponse, url: URL, page: int, count: int) -> URL | None:
        """Return the target of the link."""
        link = response.links.get("next")
        return None if link is None else _followed(response, link["url"])


class CursorPages(PageStrategy):
    """A page says at ``next`` (a key, or several with dots between) where the list goes on.

    That is a token for the query parameter ``param``, or, with ``param=None``, the url of the next page. None, an empty
    text or no such key mean the end.
    """

    def __init__(self, *, next: str = "next_cursor", param: str | None = "cursor", items: str | None = "items") -> None:  # noqa: A002
        check_options(CursorPages, locals())
        super().__init__(items=items)
        self.next = next
        self.param = param

    def following(self, response: BaseResponse, url: URL, page: int, count: int) -> URL | None:
        """Return the url with the token, or the url that the page names."""
        found = response.json()
        for key in self.next.split("."):
            found = found.get(key) if isinstance(found, dict) else None
        if found is None or found == "" or found is False:
            return None
        if not isinstance(found, (str, int)):
            raise DecodingError(f"{self.next!r} of the page is no cursor but {type(found).__name__}")
        if self.param is None:
            return _followed(response, str(found))
        return merge_params(url, None, {self.param: found})


class NumberedPages(PageStrategy):
    """Pages have numbers: ``param`` is ``first``, then ``step`` more each time (``step=100`` for offsets).

    The list ends with a page without items, or, where ``size`` is given, with one that has fewer.
    """

    def __init__(
        self, *, param: str = "page", first: int = 1, step: int = 1, size: int | None = None, items: str | None = None
    ) -> None:
        check_options(NumberedPages, locals())
        super().__init__(items=items)
        self.param = param
        self.start = first
        self.step = step
        self.size = size

    def first(self, url: URL) -> URL:
        """Return the url with the first number."""
        return merge_params(url, None, {self.param: self.start})

    def following(self, response: BaseResponse, url: URL, page: int, count: int) -> URL | None:
        """Return the url with the next number."""
        if count == 0 or (self.size is not None and count < self.size):
            return None
        return merge_params(url, None, {self.param: self.start + page * self.step})


def _followed(response: BaseResponse, target: str) -> URL:
    """Return the url that a page names. Raises InvalidURL for another origin, RemoteProtocolError for its own."""
    url = join_url(response.url, parse_url(target))
    if endpoint_of(url).origin != endpoint_of(response.url).origin:
        # The client's credentials would go there.
        raise InvalidURL(f"the next page is on another origin, {endpoint_of(url).origin}, and is not asked for")
    if url == response.url:
        raise RemoteProtocolError("the page names itself as the next one")
    return url


def raw_items(response: BaseResponse, path: str | None) -> Any:
    """Return the JSON of a page's items as bytes. Raises DecodingError where the page has none at ``path``."""
    content = response.content
    if path is None:
        return content
    import msgspec

    for key in path.split("."):
        try:
            content = msgspec.json.decode(content, type=dict[str, msgspec.Raw])[key]
        except (msgspec.DecodeError, KeyError):
            raise DecodingError(
                f"the page has no items at {path!r}; the strategy's items= says where they are"
            ) from None
    return bytes(content)
