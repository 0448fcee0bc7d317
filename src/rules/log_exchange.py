"""One exchange as a log sees it: what is gathered on its way, and when it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import ref

from ..exceptions import HTTPError
from ..values.call import CALL_ID
from ..values.headers import Headers
from ..values.request import Request
from ..values.response import BaseResponse, without_credentials
from ..values.seen_body import SeenBody
from ..values.url import display_url
from .log_bodies import BodySample, LoggedBody, is_binary, is_event_stream, shown, shown_form
from .log_formats import LoggedRequest, LoggedResponse, Pairs
from .log_urls import without_secrets

if TYPE_CHECKING:
    from ..plugins.logging_plugin import Logging

__all__ = ["LoggedExchange"]

# Without a body, these say that theirs has no bytes (RFC 9110 section 8.6).
_EXPECT_BODY = frozenset({"POST", "PUT", "PATCH", "QUERY"})
_STREAMED = 1024 * 1024
"""What is kept of a streamed body unless ``max_body`` says how much."""


class LoggedExchange:
    """One attempt and its response. ``request`` is what to send: itself, or a copy whose body is watched."""

    def __init__(self, options: Logging, request: Request, now: float) -> None:
        self._options = options
        self._started = now
        self._sample: BodySample | None = None
        self._pending = False
        self.request = request
        self._entry = self._describe(request)
        if options.with_bodies and self._entry.has_body:
            self._watch(request)
        if not self._pending:
            self._write_request()

    # The request.

    def _describe(self, request: Request) -> LoggedRequest:
        options = self._options
        headers = request.shared_headers or request.headers
        body = request.body
        size = 0 if body is None else body.content_length
        content: Pairs = []
        if (content_type := headers.get("content-type")) is not None:
            content.append(("Content-Type", content_type))
        has_body = body is not None or request.method in _EXPECT_BODY
        if has_body and size is not None:
            content.append(("Content-Length", str(size)))
        entry = LoggedRequest(request.method, self._url(request), content_headers=content, size=size)
        entry.content_type = content_type
        entry.has_body = has_body
        entry.encoded = "content-encoding" in headers
        entry.with_headers = options.with_headers
        if options.with_headers:
            entry.headers = self._clean(headers, leave_out=("content-type", "content-length"))
        return entry

    def _url(self, request: Request) -> str:
        return without_secrets(display_url(request.url), self._options.is_secret_parameter)

    def _clean(self, headers: Headers, leave_out: tuple[str, ...] = ()) -> Pairs:
        options = self._options
        result: Pairs = []
        for name, value in headers.items():
            lower = name.lower()
            if lower in leave_out:
                continue
            if options.is_secret(name):
                value = options.format.placeholder
            elif lower in ("location", "content-location", "referer"):
                value = without_secrets(without_credentials(value), options.is_secret_parameter)
            result.append((name, value))
        return result

    def _watch(self, request: Request) -> None:
        """Find out what the log says of the body; where only sending tells, watch that."""
        entry, body = self._entry, request.body
        if body is None:
            entry.body = LoggedBody(size=0)
        elif entry.encoded:
            entry.body = LoggedBody(reason="encoded", size=body.content_length)
        elif hasattr(body, "segments"):
            entry.body = shown_form(body, self._options.max_body, self._changed(request))  # type: ignore[arg-type]
        elif body.data is not None:
            sample = BodySample(self._options.max_body)
            sample.add(body.data)
            entry.body = self._request_body(sample)
        elif is_binary(entry.content_type):
            entry.body = LoggedBody(reason="binary", size=body.content_length)
        else:
            self._pending = True
            self._sample = sample = BodySample(self._limit())
            self.request = request.copy()
            self.request.body = SeenBody(body, sample.add)

    def _request_body(self, sample: BodySample) -> LoggedBody:
        request = self.request
        return shown(sample, self._entry.content_type, [], request.settings, self._changed(request))

    def _limit(self) -> int:
        limit = self._options.max_body
        return _STREAMED if limit is None else limit

    def _changed(self, message: Request | BaseResponse) -> Any:
        body_filter = self._options.body_filter
        return str if body_filter is None else lambda text: body_filter(text, message)

    def _write_request(self) -> None:
        self._pending = False
        entry = self._entry
        if self._sample is not None:
            entry.body = self._request_body(self._sample)
            self._sample = None
        fields = self._fields("request", entry)
        if entry.with_headers:
            fields["http_headers"] = [*entry.content_headers, *entry.headers]
        if entry.body is not None and entry.body.text is not None:
            fields["http_body"] = entry.body.text
        self._options.write(self._options.format.request(entry), fields)

    def _fields(self, event: str, entry: LoggedRequest) -> dict[str, Any]:
        fields = {"http_event": event, "http_method": entry.method, "http_url": entry.url}
        call_id = self.request.attribute(CALL_ID)
        return {**fields, "http_request_bytes": entry.size, **({"http_call_id": call_id} if call_id else {})}

    # The response.

    def failed(self, error: BaseException, now: float, *, responding: bool = False) -> None:
        """Write that no response came, or not all of it. What goes wrong in this does not hide the error itself."""
        if self._pending:
            try:
                self._write_request()
            except Exception as second:
                _report(second)
        fields = self._fields("failure", self._entry)
        fields["http_error"] = type(error).__name__
        fields["http_elapsed_ms"] = _milliseconds(now - self._started)
        responding = responding or (isinstance(error, HTTPError) and error.response is not None)
        try:
            lines = self._options.format.failure(self._entry, error, responding=responding)
            if isinstance(error, HTTPError) and error.request is not None:
                # The text of an error ends with the url; here other parameters may be secrets than there.
                shown = without_secrets(error.request.display_url, self._options.is_secret_parameter)
                lines = [line.replace(error.request.shown_url, shown) for line in lines]
            self._options.write(lines, fields, failed=True)
        except Exception as second:
            _report(second)

    def answered(self, response: BaseResponse, now: float) -> LoggedStream | None:
        """Write the response; where its body is yet to come and to be written, return what watches it."""
        if self._pending:
            self._write_request()
        options = self._options
        entry = self._response(response, _milliseconds(now - self._started))
        if not options.with_bodies or getattr(response, "network_stream", None) is not None:
            self._write_response(entry, len(response.raw_content) if response.is_read else entry.announced)
        elif response.is_read:
            sample = BodySample(options.max_body)
            sample.add(response.raw_content)
            entry.body = self._saved_body(response, entry, sample)
            self._write_response(entry, sample.size)
        elif is_event_stream(entry.content_type):
            entry.body = LoggedBody(reason="streaming")
            self._write_response(entry, None)
        elif is_binary(entry.content_type):
            entry.body = LoggedBody(reason="binary", size=entry.announced)
            self._write_response(entry, entry.announced)
        else:
            return LoggedStream(self, response, entry, self._limit())
        return None

    def _response(self, response: BaseResponse, milliseconds: int) -> LoggedResponse:
        entry = LoggedResponse(self._entry, response.status_code, response.reason_phrase, milliseconds=milliseconds)
        headers = response.headers
        entry.content_type = headers.get("content-type")
        length = headers.get("content-length", "")
        entry.announced = int(length) if length.isascii() and length.isdigit() else None
        if entry.announced is None and (response.status_code in (204, 304) or self._entry.method == "HEAD"):
            entry.announced = 0
        entry.decoded = bool(response.applied_decoders)
        entry.total = milliseconds
        entry.with_headers = self._entry.with_headers
        if entry.with_headers:
            entry.headers = self._clean(headers)
        return entry

    def _saved_body(self, response: BaseResponse, entry: LoggedResponse, sample: BodySample) -> LoggedBody:
        decoded = None
        codings = response.headers.getall("content-encoding", [])
        if codings and sample.kept == sample.size:
            try:
                decoded = response.content
            except HTTPError:
                pass
        settings = response.request.settings
        return shown(sample, entry.content_type, codings, settings, self._changed(response), decoded=decoded)

    def _write_response(self, entry: LoggedResponse, size: int | None) -> None:
        fields = self._fields("response", self._entry)
        fields["http_status"] = entry.status_code
        fields["http_elapsed_ms"] = entry.total
        fields["http_response_bytes"] = size
        if entry.with_headers:
            fields["http_headers"] = entry.headers
        if entry.body is not None and entry.body.text is not None:
            fields["http_body"] = entry.body.text
        self._options.write(self._options.format.response(entry), fields)


class LoggedStream:
    """Watches a body that is streamed, and writes it at its end."""

    def __init__(self, exchange: LoggedExchange, response: BaseResponse, entry: LoggedResponse, limit: int) -> None:
        self._exchange = exchange
        # The response leads to this object: kept strongly, neither would go when the user drops it.
        self._response = ref(response)
        self._entry = entry
        self._codings = response.headers.getall("content-encoding", [])
        self._sample = BodySample(limit)
        self.add = self._sample.add
        self._over = False

    def end(self, now: float, error: BaseException | None = None, *, complete: bool = False) -> None:
        """Write the response, once; ``complete`` tells a body that was read to its end from one that was given up."""
        if self._over:
            return
        self._over = True
        try:
            self._write(now, complete=complete)
        except Exception as failed:
            _report(failed)
        if error is not None:
            self._exchange.failed(error, now, responding=True)

    def _write(self, now: float, *, complete: bool) -> None:
        exchange, entry, sample = self._exchange, self._entry, self._sample
        entry.total = _milliseconds(now - exchange._started)
        if sample.size or complete:
            change = exchange._changed(self._response() or exchange.request)
            settings = exchange.request.settings
            entry.body = shown(sample, entry.content_type, self._codings, settings, change)
            entry.body.closed = not complete
        else:
            entry.body = LoggedBody(reason="unread", size=entry.announced)
        exchange._write_response(entry, sample.size)


def _report(error: Exception) -> None:
    import logging

    logging.getLogger("duohttp").error("Logging itself failed", exc_info=error)


def _milliseconds(seconds: float) -> int:
    return max(0, round(seconds * 1000))
