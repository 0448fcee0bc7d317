"""HTTP/2 header blocks: requests to bytes, and bytes to checked response fields (RFC 9113 section 8, RFC 7541)."""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, Any, TypeAlias

from ..exceptions import MissingExtra, RemoteProtocolError
from ..values.head_notes import HeadNotes
from ..values.headers import RawHeaders
from .head_notes import note_head

if TYPE_CHECKING:
    from ..values.headers import Headers
    from .http2_options import Http2Options

__all__ = [
    "BlockDecoder",
    "BlockEncoder",
    "BrokenBlock",
    "MalformedFields",
    "checked_fields",
    "require_hpack",
    "response_fields",
]

# Fields that speak of the connection itself, which HTTP/2 frames do (RFC 9113 section 8.2.2).
CONNECTION_FIELDS = frozenset(
    {"connection", "host", "http2-settings", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}
)
_RECEIVED_CONNECTION_FIELDS = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"}
)
# Never to be put into a table that others' guesses could be compared with (RFC 7541 section 7.1).
SENSITIVE = frozenset({"authorization", "cookie"})
# As good as never the same twice: in a table they would only push the others out.
VARYING = frozenset({"content-length", "date", "if-none-match", "if-range", "range", "traceparent", "x-request-id"})

_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]+\Z")
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*\Z")
_MEMO_MAX = 64
_MEMO_BLOCK = 2048
_DEFAULT_TABLE = 4096
_STATIC_ENTRIES = 61

Parts = tuple[bytes, bytes]


def require_hpack() -> Any:
    """Return the module that compresses headers. Raises MissingExtra."""
    try:
        import hpack
    except ImportError as error:
        raise MissingExtra('HTTP/2 needs the "http2" extra: pip install "duohttp[http2]"') from error
    return hpack


class BlockEncoder:
    """Makes the header blocks of one connection's requests.

    What is the same from request to request is made once, as long as the table that both sides keep does not change.
    The path stands in the middle of a block and never enters the table.
    """

    __slots__ = ("_encoder", "_memo", "_table", "_table_size")

    def __init__(self) -> None:
        self._encoder = require_hpack().Encoder()
        self._table = _WatchedTable(self._encoder.header_table)
        self._memo: dict[Any, Parts] = {}
        self._table_size = self._encoder.header_table_size

    def limit_table(self, size: int) -> None:
        """Take note of the table size that the server allows; no more than the default one is used."""
        size = min(size, _DEFAULT_TABLE)
        if size != self._table_size:
            self._table_size = self._encoder.header_table_size = size
            self._memo.clear()

    def encode(
        self, method: str, scheme: str, host: bytes, target: bytes, headers: Headers, length: int | None
    ) -> bytes:
        """Return the block of a request whose headers were checked; ``length`` is that of its body, None to omit it."""
        key = (method, scheme, host, length, *headers.items())
        parts = self._memo.get(key)
        if parts is None:
            parts = self._make(method, scheme, host, headers, length, key)
        size = len(target)
        # A literal without indexing, its name the fourth of the static table (RFC 7541 section 6.2.2).
        if size < 127:
            return b"%b\x04%c%b%b" % (parts[0], size, target, parts[1])
        return b"%b\x04%b%b%b" % (parts[0], _integer(size), target, parts[1])

    def _make(
        self, method: str, scheme: str, host: bytes, headers: Headers, length: int | None, key: tuple[Any, ...]
    ) -> Parts:
        self._table.watch()
        authority = headers.get("host", "").strip(" \t").encode("latin-1") or host
        start = [(b":method", method.encode("ascii")), (b":scheme", scheme.encode("ascii")), (b":authority", authority)]
        rest = []
        for name, value in headers.items():
            name = name.lower()
            if name in CONNECTION_FIELDS or (name == "te" and value.strip(" \t").lower() != "trailers"):
                continue
            # Only servers are spoken to by HTTP/2, and that is for proxies (RFC 9110 section 11.7.2).
            if name in ("content-length", "proxy-authorization"):
                continue
            hidden = name in SENSITIVE or name in VARYING
            rest.append((name.encode("ascii"), value.strip(" \t").encode("latin-1"), hidden))
        if length is not None:
            rest.append((b"content-length", b"%d" % length, True))
        parts = (self._encoder.encode(start), self._encoder.encode(rest))
        if not self._table.added:
            if len(self._memo) >= _MEMO_MAX:
                self._memo.clear()
            self._memo[key] = parts
        else:
            self._memo.clear()
        return parts


def _integer(value: int) -> bytes:
    """Return a string's length of 127 and more (RFC 7541 section 5.1)."""
    result = bytearray(b"\x7f")
    value -= 127
    while value >= 128:
        result.append(value & 127 | 128)
        value >>= 7
    result.append(value)
    return bytes(result)


ResponseFields: TypeAlias = "tuple[int, RawHeaders, HeadNotes]"


class BlockDecoder:
    """Decodes the header blocks of one connection.

    Most blocks came before. One that names no entry of the table that both sides keep has the same meaning for ever;
    what it adds to the table is added when the table is needed next. Another one has it while the table is the same.
    """

    __slots__ = ("_decoder", "_error", "_fixed", "_memo", "_options", "_oversized", "_owed", "_table")

    def __init__(self, options: Http2Options) -> None:
        hpack = require_hpack()
        self._options = options
        self._decoder = hpack.Decoder(max_header_list_size=options.max_header_bytes)
        self._error = hpack.HPACKError
        self._oversized = hpack.OversizedHeaderListError
        self._table = _WatchedTable(self._decoder.header_table)
        self._fixed: dict[bytes, tuple[ResponseFields, RawHeaders]] = {}
        self._memo: dict[bytes, ResponseFields] = {}
        # More entries than the last ones never fit into a table, as each counts for 32 bytes at least.
        self._owed: deque[RawHeaders] = deque(maxlen=_DEFAULT_TABLE // 32)

    def response(self, block: bytes) -> ResponseFields:
        """Return status and fields of a response head, and notes on these; other heads may share them.

        Raises MalformedFields for what is no response (section 8.1.1), and BrokenBlock as ``fields``.
        """
        known = self._memo.get(block)
        if known is not None:
            return known
        fixed = self._fixed.get(block)
        if fixed is not None:
            known, added = fixed
            if added:
                self._owed.append(added)
                if self._memo:
                    self._memo.clear()
            return known
        status, headers = response_fields(self.fields(block), self._options)
        known = (status, headers, note_head(headers))
        table = self._table
        if len(block) <= _MEMO_BLOCK and not table.resized:
            if not table.was_read:
                if len(self._fixed) >= _MEMO_MAX:
                    self._fixed.clear()
                self._fixed[block] = (known, table.added)
            elif not table.added:
                if len(self._memo) >= _MEMO_MAX:
                    self._memo.clear()
                self._memo[block] = known
        return known

    def fields(self, block: bytes) -> RawHeaders:
        """Return the fields of any block, unchecked. Raises BrokenBlock."""
        table = self._table
        while self._owed:
            for name, value in self._owed.popleft():
                table.add(name, value)
        table.watch()
        try:
            decoded = [(bytes(name), bytes(value)) for name, value in self._decoder.decode(block, raw=True)]
        except self._oversized:
            limit = self._options.max_header_bytes
            raise BrokenBlock(f"the response's header fields take more than {limit} bytes") from None
        except (self._error, IndexError, ValueError) as error:
            raise BrokenBlock(f"malformed HTTP/2 header block: {error}") from error
        if table.added or table.resized:
            self._memo.clear()
        return decoded


class _WatchedTable:
    """Notes what a block does with the dynamic table of a coder."""

    __slots__ = ("_read", "_size", "_table", "add", "added", "was_read")

    def __init__(self, table: Any) -> None:
        self._table = table
        self.add = table.add
        self._read = table.get_by_index
        table.add = self._add
        table.get_by_index = self._get
        self.watch()

    def watch(self) -> None:
        """Begin anew."""
        self.added: RawHeaders = []
        self.was_read = False
        self._size = self._table.maxsize

    @property
    def resized(self) -> bool:
        """Whether the table's size was changed."""
        return bool(self._size != self._table.maxsize)

    def _add(self, name: bytes, value: bytes) -> None:
        self.added.append((bytes(name), bytes(value)))
        self.add(name, value)

    def _get(self, index: int) -> Any:
        if index > _STATIC_ENTRIES:
            self.was_read = True
        return self._read(index)


class BrokenBlock(RemoteProtocolError):
    """A header block can't be decoded; what follows on the connection would not make sense."""


class MalformedFields(RemoteProtocolError):
    """The header fields of one response are not valid; the connection can go on."""


def response_fields(fields: RawHeaders, options: Http2Options) -> tuple[int, RawHeaders]:
    """Return status and fields of a response head. Raises MalformedFields (RFC 9113 section 8.1.1)."""
    if not fields or fields[0][0] != b":status":
        raise MalformedFields("malformed response: it does not begin with its :status")
    text = fields[0][1]
    if len(text) != 3 or not text.isdigit() or text < b"100":
        raise MalformedFields(f"malformed response: the status is {text[:20]!r}")
    return int(text), checked_fields(fields[1:], options)


def checked_fields(fields: RawHeaders, options: Http2Options) -> RawHeaders:
    """Return fields that are valid in a response or its trailers. Raises MalformedFields."""
    if len(fields) > options.max_headers:
        raise MalformedFields(f"the response has more than {options.max_headers} header fields")
    for name, value in fields:
        if not _NAME.match(name):
            raise MalformedFields(f"malformed response: the header name {name[:50]!r} is not allowed")
        if name in _RECEIVED_CONNECTION_FIELDS:
            raise MalformedFields(f"malformed response: HTTP/2 has no {name.decode('ascii')} header")
        if not _VALUE.match(value):
            raise MalformedFields(f"malformed response: the value of header {name.decode('ascii')!r} is not allowed")
    return fields
