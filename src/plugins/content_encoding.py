"""Which content codings responses may come in, and requests are sent in (RFC 9110 sections 8.4 and 12.5.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from ..exceptions import MissingExtra
from ..values.attributes import AttributeKey
from ..values.body import BytesBody
from ..values.checks import check_options
from ..values.content_codec import ContentCodec
from ..values.request import Request
from .default_request import RequestDefaults

if TYPE_CHECKING:
    from ..values.settings import CodingLimits, Settings

__all__ = ["ContentEncoding"]

AT_ONCE = 1024 * 1024
"""Bodies in memory up to this size are compressed before they are sent, so that their length is known."""
_BUILT_IN = {"gzip": "", "deflate": "", "br": "brotli", "zstd": "zstd", "identity": "", "*": ""}


class ContentEncoding(RequestDefaults):
    """Chooses content codings: those that responses may come in, in order of preference, and those of requests::

        ContentEncoding("br", ("gzip", 0.5), MyCodec(), compress="gzip")

    - ``codings``: names (gzip, deflate, br, zstd, identity, ``*``) and ContentCodecs of your own, each alone or with
      its quality from 0 (not welcome) to 1. They make Accept-Encoding, where the request has none itself. None given
      means all that can be decoded here, which is also what a client without this plugin sends. What comes is
      decoded in any case where it can be; ``response.applied_decoders`` tells what was.
    - ``compress``: the coding of request bodies, or several in the order they are applied; by default none. For one
      request ``attributes={ContentEncoding.COMPRESS: "gzip"}``, or None for none. Bodies are compressed where it
      pays: not those below ``min_size`` bytes (1 KiB), nor those in a type that is dense already, which
      ``compressible``, a function of the content type, decides; what a request asks for is done without asking. What
      would grow is sent as it is. Streamed bodies are compressed as they are sent, their length then being unknown.
    - ``limits``: bounds on what responses decode to; see CodingLimits.

    Raises ValueError for qualities and names that are none, MissingExtra for a coding whose library is not installed.
    """

    handler = "content_encoding"
    COMPRESS: ClassVar[AttributeKey[Any]] = AttributeKey("compress")

    def __init__(
        self,
        *codings: str | ContentCodec | tuple[str | ContentCodec, float],
        compress: str | Iterable[str] | None = None,
        min_size: int = 1024,
        compressible: Callable[[str | None], bool] | None = None,
        limits: CodingLimits | None = None,
    ) -> None:
        check_options(ContentEncoding, locals())
        pairs = [each if isinstance(each, tuple) else (each, 1.0) for each in codings]
        self.codecs = tuple(each for each, _ in pairs if isinstance(each, ContentCodec))
        self.codings = tuple((_name(each), _checked(quality)) for each, quality in pairs)
        self.compress = self._wanted(compress, ValueError)
        if self.compress:
            from ..rules.encoders import compressors

            compressors(self.compress, self.codecs)  # a library that is missing is told of now
        self.min_size = min_size
        self.compressible = compressible or is_compressible
        self.limits = limits
        if codings:
            self.headers = {"Accept-Encoding": ", ".join(_member(*coding) for coding in self.codings)}

    def adapted(self, settings: Settings) -> Settings:
        """Let responses know the codecs and the limits."""
        limits = settings.coding_limits if self.limits is None else self.limits
        return settings.replace(codecs=(*self.codecs, *settings.codecs), coding_limits=limits)

    def _wanted(self, compress: Any, kind: type[Exception]) -> tuple[str, ...]:
        from ..rules.encoders import check_codings

        if not compress:
            return ()
        try:
            return check_codings((compress,) if isinstance(compress, str) else compress, self.codecs)
        except Exception as error:
            raise kind(str(error)) from None

    def compressed(self, request: Request) -> Request:
        """Return the request with its body compressed, or as it is. Raises InvalidRequest, MissingExtra."""
        from ..exceptions import InvalidRequest

        attributes = request.attributes
        asked = self.COMPRESS in attributes
        names = self._wanted(attributes[self.COMPRESS], InvalidRequest) if asked else self.compress
        body = request.body
        if not names or body is None or "content-encoding" in request.headers:
            return request
        if not asked and not self._pays(body.content_length, request.headers.get("content-type")):
            return request
        from ..rules.encoders import EncodedBody, compressors, encode_all

        new = request.copy()
        if body.data is not None and len(body.data) <= AT_ONCE:
            data = encode_all(body.data, compressors(names, self.codecs))
            if len(data) >= len(body.data):
                return request
            new.body = BytesBody(data, body.content_type)
        else:
            new.body = EncodedBody(body, lambda: compressors(names, self.codecs))
        new.headers.popall("content-length", None)
        new.headers["Content-Encoding"] = ", ".join(names)
        return new

    def _pays(self, size: int | None, content_type: str | None) -> bool:
        return (size is None or size >= self.min_size) and self.compressible(content_type)

    def __repr__(self) -> str:
        shown = [repr(_member(*coding)) for coding in self.codings]
        if self.compress:
            shown.append(f"compress={', '.join(self.compress)!r}")
        return f"{self.name}({', '.join(shown)})"


def _name(coding: Any) -> str:
    if isinstance(coding, ContentCodec):
        name = coding.name
        if not name or name != name.lower() or not name.replace("-", "").replace("_", "").isalnum():
            raise ValueError(f"the name of a ContentCodec is a token in lower case, not {name!r}")
        return name
    if not isinstance(coding, str) or coding.lower() not in _BUILT_IN:
        hint = "; make an object of it: add ()" if isinstance(coding, type) else ""
        raise ValueError(f"a content coding is {', '.join(_BUILT_IN)} or a ContentCodec, not {coding!r}{hint}")
    name = coding.lower()
    if _BUILT_IN[name]:
        from ..rules.accept_encoding import accept_encoding

        if name not in accept_encoding().split(", "):
            raise MissingExtra(f"install duohttp[{_BUILT_IN[name]}] to read {name}")
    return name


def _checked(quality: object) -> float:
    if isinstance(quality, bool) or not isinstance(quality, (int, float)) or not 0 <= quality <= 1:
        raise ValueError(f"a quality is a number from 0 to 1, not {quality!r}")
    return float(quality)


def _member(name: str, quality: float) -> str:
    return name if quality == 1 else f"{name};q={quality:.3g}"


def is_compressible(content_type: str | None) -> bool:
    """Whether a content type is one that compressing usually makes smaller: text, JSON, XML and the like."""
    essence = (content_type or "").partition(";")[0].strip().lower()
    kind, _, subtype = essence.partition("/")
    if kind == "text" or subtype.endswith(("+json", "+xml", "+yaml")):
        return True
    return kind == "application" and subtype in _SPARSE


_SPARSE = {
    *("json", "xml", "javascript", "x-www-form-urlencoded", "x-ndjson", "ndjson", "jsonl", "yaml", "x-yaml", "sql"),
    *("graphql", "toml", "cbor", "msgpack", "x-msgpack", "vnd.msgpack", "protobuf", "x-protobuf", "wasm", "x-tar"),
}
