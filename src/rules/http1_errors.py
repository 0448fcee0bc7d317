"""What llhttp found wrong, in words that say what the server did."""

from __future__ import annotations

from httptools import HttpParserError, HttpResponseParser

from ..exceptions import RemoteProtocolError

__all__ = ["chunk_error", "head_error"]

_WORDS = {
    "Expected HTTP/, RTSP/ or ICE/": "the status line does not begin with HTTP/",
    "Expected HTTP/": "the status line does not begin with HTTP/",
    "Invalid HTTP version": "the HTTP version is none that exists",
    "Expected dot": "the HTTP version is not of the form 1.1",
    "Expected space after version": "no space follows the HTTP version",
    "Invalid status code": "the status code is not three digits",
    "Invalid response status": "something other than a space follows the status code",
    "Unexpected space after start line": "white space begins the line after the status line",
    "Invalid header token": "a header name is empty, holds a character HTTP does not allow, or has no colon",
    "Invalid header field char": "a header name holds a character HTTP does not allow",
    "Invalid header value char": "a header value holds a control character",
    "Unexpected whitespace after header value": "a header value is folded over two lines",
    "Missing expected LF after header value": "a carriage return stands alone inside a header value",
    "Expected LF after CR": "a carriage return stands alone",
    "Expected LF after headers": "a carriage return stands alone at the end of the head",
    "Missing expected CR after header value": "a header line ends in a bare line feed",
    "Missing expected CR after response line": "the status line ends in a bare line feed",
    "Duplicate Content-Length": "there is more than one Content-Length",
    "Empty Content-Length": "the Content-Length is empty",
    "Invalid character in Content-Length": "the Content-Length is not a number",
    "Content-Length overflow": "the Content-Length is beyond 64 bits",
    "Content-Length can't be present with Transfer-Encoding": "it has both Content-Length and Transfer-Encoding",
    "Transfer-Encoding can't be present with Content-Length": "it has both Content-Length and Transfer-Encoding",
    "Content-Length can't be present with chunked encoding": "it has both Content-Length and Transfer-Encoding",
    "Empty Transfer-Encoding": "the Transfer-Encoding is empty",
    "Invalid character in chunk size": "a chunk size is not a hexadecimal number",
    "Chunk size overflow": "a chunk size is beyond 64 bits",
    "Invalid character in chunk extensions": "a chunk extension holds a character HTTP does not allow",
    "Missing expected CR after chunk size": "a chunk size line ends in a bare line feed",
    "Missing expected CR after chunk extension name": "a chunk size line ends in a bare line feed",
    "Missing expected CR after chunk extension value": "a chunk size line ends in a bare line feed",
    "Missing expected CR after chunk data": "the data of a chunk is not followed by CRLF",
    "Expected LF after chunk data": "the data of a chunk is not followed by CRLF",
    "Expected LF after chunk size": "a chunk size line does not end in CRLF",
}


def _words(error: HttpParserError) -> str:
    text = str(error)
    return _WORDS.get(text) or text[:1].lower() + text[1:]


def head_error(head: bytes, error: HttpParserError) -> RemoteProtocolError:
    """Return the error for a head that llhttp refused, with the number of the bad line."""
    parser = HttpResponseParser(object())
    number = 0
    try:
        for number, line in enumerate(head.split(b"\n"), 1):  # noqa: B007
            parser.feed_data(line + b"\n")
    except HttpParserError:
        pass
    return RemoteProtocolError(f"malformed response: {_words(error)} (line {number} of the head)")


def chunk_error(received: int, error: HttpParserError) -> RemoteProtocolError:
    """Return the error for a chunked body that llhttp refused, with the number of body bytes before it."""
    return RemoteProtocolError(f"malformed chunked body: {_words(error)} (after {received} bytes of the body)")
