"""One HTTP client in two colours: ``AsyncClient`` for services, ``Client`` for scripts.

Everything public is here. Names are imported when they are first used, so that ``import duohttp`` costs next to
nothing and a script never loads what only the async client needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from ._async.client import AsyncClient as AsyncClient
    from ._async.engines.engine import AsyncEngine as AsyncEngine
    from ._async.event_source import AsyncEventSource as AsyncEventSource
    from ._async.pages import AsyncPages as AsyncPages
    from ._async.response import AsyncBodyStream as AsyncBodyStream
    from ._async.response import AsyncBytesStream as AsyncBytesStream
    from ._async.response import AsyncResponse as AsyncResponse
    from ._async.results import AsyncResults as AsyncResults
    from ._async.scope import AsyncDeferred as AsyncDeferred
    from ._async.scope import AsyncScope as AsyncScope
    from ._async.websocket import AsyncWebSocket as AsyncWebSocket
    from ._concurrency.progress_bar import ProgressBar as ProgressBar
    from ._files.sqlite_cache import SqliteCacheStorage as SqliteCacheStorage
    from ._network.redis_cache import RedisCacheStorage as RedisCacheStorage
    from ._network.resolver import CachedResolver as CachedResolver
    from ._network.resolver import Resolver as Resolver
    from ._network.resolver import StaticResolver as StaticResolver
    from ._network.resolver import SystemResolver as SystemResolver
    from ._sync.client import Client as Client
    from ._sync.engines.engine import Engine as Engine
    from ._sync.event_source import EventSource as EventSource
    from ._sync.pages import Pages as Pages
    from ._sync.response import BodyStream as BodyStream
    from ._sync.response import BytesStream as BytesStream
    from ._sync.response import Response as Response
    from ._sync.results import Results as Results
    from ._sync.scope import Deferred as Deferred
    from ._sync.scope import Scope as Scope
    from ._sync.websocket import WebSocket as WebSocket
    from .converters import Converter as Converter
    from .converters import Converters as Converters
    from .converters import JsonConverter as JsonConverter
    from .doh_resolver import DohResolver as DohResolver
    from .engines.asgi import AsgiEngine as AsgiEngine
    from .engines.httpcore import HttpcoreEngine as HttpcoreEngine
    from .engines.mock import MockEngine as MockEngine
    from .engines.mock import reply as reply
    from .engines.native import NativeEngine as NativeEngine
    from .engines.options import EngineOptions as EngineOptions
    from .engines.wsgi import WsgiEngine as WsgiEngine
    from .exceptions import AddressRefused as AddressRefused
    from .exceptions import ApplicationError as ApplicationError
    from .exceptions import AttemptTimeout as AttemptTimeout
    from .exceptions import BodyNotReplayable as BodyNotReplayable
    from .exceptions import CircuitOpen as CircuitOpen
    from .exceptions import ClientClosed as ClientClosed
    from .exceptions import ClientStatusError as ClientStatusError
    from .exceptions import CloseError as CloseError
    from .exceptions import ConnectError as ConnectError
    from .exceptions import ConnectTimeout as ConnectTimeout
    from .exceptions import DecodingError as DecodingError
    from .exceptions import HTTPError as HTTPError
    from .exceptions import InvalidBody as InvalidBody
    from .exceptions import InvalidHeader as InvalidHeader
    from .exceptions import InvalidMethod as InvalidMethod
    from .exceptions import InvalidRequest as InvalidRequest
    from .exceptions import InvalidURL as InvalidURL
    from .exceptions import LocalProtocolError as LocalProtocolError
    from .exceptions import MissingExtra as MissingExtra
    from .exceptions import NetworkError as NetworkError
    from .exceptions import PoolTimeout as PoolTimeout
    from .exceptions import ProtocolError as ProtocolError
    from .exceptions import ProxyError as ProxyError
    from .exceptions import RateLimitTimeout as RateLimitTimeout
    from .exceptions import ReadError as ReadError
    from .exceptions import ReadTimeout as ReadTimeout
    from .exceptions import RedirectStatusError as RedirectStatusError
    from .exceptions import RemoteProtocolError as RemoteProtocolError
    from .exceptions import RequestCancelled as RequestCancelled
    from .exceptions import RequestError as RequestError
    from .exceptions import ResolveError as ResolveError
    from .exceptions import ResponseNotRead as ResponseNotRead
    from .exceptions import ServerDisconnected as ServerDisconnected
    from .exceptions import ServerStatusError as ServerStatusError
    from .exceptions import StatusError as StatusError
    from .exceptions import StreamClosed as StreamClosed
    from .exceptions import StreamConsumed as StreamConsumed
    from .exceptions import StreamError as StreamError
    from .exceptions import TimeoutException as TimeoutException
    from .exceptions import TLSError as TLSError
    from .exceptions import TooManyRedirects as TooManyRedirects
    from .exceptions import TooManySends as TooManySends
    from .exceptions import TotalTimeout as TotalTimeout
    from .exceptions import TransportError as TransportError
    from .exceptions import UnexpectedRequest as UnexpectedRequest
    from .exceptions import UnsupportedByEngine as UnsupportedByEngine
    from .exceptions import UnsupportedProtocol as UnsupportedProtocol
    from .exceptions import WebSocketClosed as WebSocketClosed
    from .exceptions import WebSocketError as WebSocketError
    from .exceptions import WriteError as WriteError
    from .exceptions import WriteTimeout as WriteTimeout
    from .parallel_verbs import parallel as parallel
    from .parallel_verbs import parallel_get as parallel_get
    from .parallel_verbs import parallel_iter as parallel_iter
    from .plugins.auth import Auth as Auth
    from .plugins.auth_basic import BasicAuth as BasicAuth
    from .plugins.auth_bearer import BearerAuth as BearerAuth
    from .plugins.auth_digest import DigestAuth as DigestAuth
    from .plugins.auth_netrc import NetrcAuth as NetrcAuth
    from .plugins.auth_oauth2 import OAuth2ClientCredentials as OAuth2ClientCredentials
    from .plugins.auth_oauth2 import OAuth2RefreshToken as OAuth2RefreshToken
    from .plugins.body_progress import BodyProgress as BodyProgress
    from .plugins.bom_remover import BOMRemover as BOMRemover
    from .plugins.cache_memory import MemoryCacheStorage as MemoryCacheStorage
    from .plugins.cache_storage import CacheReader as CacheReader
    from .plugins.cache_storage import CacheStorage as CacheStorage
    from .plugins.cache_storage import CacheWriter as CacheWriter
    from .plugins.call_id import CallId as CallId
    from .plugins.charsets import Charsets as Charsets
    from .plugins.circuit_breaker import CircuitBreaker as CircuitBreaker
    from .plugins.coalesce import Coalesce as Coalesce
    from .plugins.content_encoding import ContentEncoding as ContentEncoding
    from .plugins.content_negotiation import ContentNegotiation as ContentNegotiation
    from .plugins.default_request import DefaultRequest as DefaultRequest
    from .plugins.events import Event as Event
    from .plugins.events import EventKind as EventKind
    from .plugins.events import Events as Events
    from .plugins.events import Subscription as Subscription
    from .plugins.http_cache import HttpCache as HttpCache
    from .plugins.http_cookies import ConstantCookies as ConstantCookies
    from .plugins.http_cookies import CookieStorage as CookieStorage
    from .plugins.http_cookies import HttpCookies as HttpCookies
    from .plugins.http_send import HttpSend as HttpSend
    from .plugins.http_send import Interception as Interception
    from .plugins.http_timeout import HttpTimeout as HttpTimeout
    from .plugins.logging_plugin import Logging as Logging
    from .plugins.plugin import Plugin as Plugin
    from .plugins.plugin import Stage as Stage
    from .plugins.rate_limit import RateLimit as RateLimit
    from .plugins.redirect import HttpRedirect as HttpRedirect
    from .plugins.response_observer import ResponseObserver as ResponseObserver
    from .plugins.retry import Retry as Retry
    from .plugins.user_agent import UserAgent as UserAgent
    from .plugins.validator import HttpCallValidator as HttpCallValidator
    from .rules.cookie import Cookie as Cookie
    from .rules.cookie_jar import CookieJar as CookieJar
    from .rules.event_stream import ServerSentEvent as ServerSentEvent
    from .rules.http1_limits import Http1Limits as Http1Limits
    from .rules.http2_options import Http2Options as Http2Options
    from .rules.log_formats import LogFormat as LogFormat
    from .rules.multipart_parts import BodyPart as BodyPart
    from .rules.pagination import CursorPages as CursorPages
    from .rules.pagination import LinkPages as LinkPages
    from .rules.pagination import NumberedPages as NumberedPages
    from .rules.pagination import PageStrategy as PageStrategy
    from .values.address_guard import AddressGuard as AddressGuard
    from .values.attempt import Attempt as Attempt
    from .values.attributes import AttributeKey as AttributeKey
    from .values.bearer_tokens import BearerTokens as BearerTokens
    from .values.body import Body as Body
    from .values.cache_entry import CacheEntry as CacheEntry
    from .values.cache_status import CacheStatus as CacheStatus
    from .values.capabilities import Capability as Capability
    from .values.content_codec import ContentCodec as ContentCodec
    from .values.headers import Headers as Headers
    from .values.limits import Limits as Limits
    from .values.multipart import FormData as FormData
    from .values.options import RequestOptions as RequestOptions
    from .values.pool_stats import PoolStats as PoolStats
    from .values.proxy import Proxy as Proxy
    from .values.request import Request as Request
    from .values.resource import RESOURCE as RESOURCE
    from .values.resource import URL_TEMPLATE as URL_TEMPLATE
    from .values.resource import href as href
    from .values.resource import resource as resource
    from .values.response import BaseResponse as BaseResponse
    from .values.settings import CodingLimits as CodingLimits
    from .values.timeout import Deadline as Deadline
    from .values.timeout import Timeout as Timeout
    from .values.tls import TLS as TLS
    from .values.websocket import PerMessageDeflate as PerMessageDeflate
    from .verbs import delete as delete
    from .verbs import get as get
    from .verbs import head as head
    from .verbs import options as options
    from .verbs import patch as patch
    from .verbs import post as post
    from .verbs import put as put
    from .verbs import query as query
    from .verbs import request as request
    from .verbs import stream as stream


_WHERE = {
    "values.cache_status": ("CacheStatus",),
    "plugins.http_cache": ("HttpCache",),
    "values.cache_entry": ("CacheEntry",),
    "plugins.cache_storage": ("CacheReader", "CacheStorage", "CacheWriter"),
    "_files.sqlite_cache": ("SqliteCacheStorage",),
    "_network.redis_cache": ("RedisCacheStorage",),
    "plugins.cache_memory": ("MemoryCacheStorage",),
    "_concurrency.progress_bar": ("ProgressBar",),
    "plugins.response_observer": ("ResponseObserver",),
    "plugins.body_progress": ("BodyProgress",),
    "plugins.call_id": ("CallId",),
    "plugins.bom_remover": ("BOMRemover",),
    "plugins.charsets": ("Charsets",),
    "values.settings": ("CodingLimits",),
    "values.content_codec": ("ContentCodec",),
    "plugins.content_encoding": ("ContentEncoding",),
    "plugins.user_agent": ("UserAgent",),
    "plugins.default_request": ("DefaultRequest",),
    "rules.log_formats": ("LogFormat",),
    "plugins.logging_plugin": ("Logging",),
    "plugins.circuit_breaker": ("CircuitBreaker",),
    "plugins.coalesce": ("Coalesce",),
    "rules.cookie_jar": ("CookieJar",),
    "rules.cookie": ("Cookie",),
    "plugins.http_cookies": ("ConstantCookies", "CookieStorage", "HttpCookies"),
    "plugins.auth": ("Auth",),
    "plugins.auth_basic": ("BasicAuth",),
    "plugins.auth_bearer": ("BearerAuth",),
    "plugins.auth_digest": ("DigestAuth",),
    "plugins.auth_netrc": ("NetrcAuth",),
    "plugins.auth_oauth2": ("OAuth2ClientCredentials", "OAuth2RefreshToken"),
    "values.bearer_tokens": ("BearerTokens",),
    "plugins.events": (
        "Event",
        "EventKind",
        "Events",
        "Subscription",
    ),
    "plugins.http_send": (
        "HttpSend",
        "Interception",
    ),
    "plugins.http_timeout": ("HttpTimeout",),
    "plugins.rate_limit": ("RateLimit",),
    "plugins.retry": ("Retry",),
    "values.attempt": ("Attempt",),
    "values.body": ("Body",),
    "values.response": ("BaseResponse",),
    "rules.http1_limits": ("Http1Limits",),
    "rules.http2_options": ("Http2Options",),
    "engines.options": ("EngineOptions",),
    "values.pool_stats": ("PoolStats",),
    "values.proxy": ("Proxy",),
    "engines.httpcore": ("HttpcoreEngine",),
    "_async.client": ("AsyncClient",),
    "_async.engines.engine": ("AsyncEngine",),
    "_async.response": ("AsyncBodyStream", "AsyncBytesStream", "AsyncResponse"),
    "_async.event_source": ("AsyncEventSource",),
    "_async.results": ("AsyncResults",),
    "_async.scope": ("AsyncDeferred", "AsyncScope"),
    "_sync.client": ("Client",),
    "_sync.engines.engine": ("Engine",),
    "_sync.response": ("BodyStream", "BytesStream", "Response"),
    "_sync.event_source": ("EventSource",),
    "_async.websocket": ("AsyncWebSocket",),
    "_sync.websocket": ("WebSocket",),
    "values.websocket": ("PerMessageDeflate",),
    "rules.event_stream": ("ServerSentEvent",),
    "converters": (
        "Converter",
        "Converters",
        "JsonConverter",
    ),
    "engines.asgi": ("AsgiEngine",),
    "engines.mock": ("MockEngine", "reply"),
    "engines.wsgi": ("WsgiEngine",),
    "_sync.results": ("Results",),
    "_sync.scope": ("Deferred", "Scope"),
    "engines.native": ("NativeEngine",),
    "plugins.content_negotiation": ("ContentNegotiation",),
    "parallel_verbs": ("parallel", "parallel_get", "parallel_iter"),
    "plugins.plugin": ("Plugin", "Stage"),
    "plugins.redirect": ("HttpRedirect",),
    "plugins.validator": ("HttpCallValidator",),
    "values.attributes": ("AttributeKey",),
    "values.capabilities": ("Capability",),
    "values.headers": ("Headers",),
    "values.limits": ("Limits",),
    "values.multipart": ("FormData",),
    "values.options": ("RequestOptions",),
    "values.request": ("Request",),
    "values.resource": ("RESOURCE", "URL_TEMPLATE", "href", "resource"),
    "_async.pages": ("AsyncPages",),
    "_sync.pages": ("Pages",),
    "rules.pagination": ("CursorPages", "LinkPages", "NumberedPages", "PageStrategy"),
    "rules.multipart_parts": ("BodyPart",),
    "values.timeout": ("Deadline", "Timeout"),
    "values.tls": ("TLS",),
    "doh_resolver": ("DohResolver",),
    "values.address_guard": ("AddressGuard",),
    "_network.resolver": ("CachedResolver", "Resolver", "StaticResolver", "SystemResolver"),
    "verbs": ("delete", "get", "head", "options", "patch", "post", "put", "query", "request", "stream"),
    "exceptions": (
        "ApplicationError",
        "AddressRefused",
        "AttemptTimeout",
        "BodyNotReplayable",
        "CircuitOpen",
        "ClientClosed",
        "ClientStatusError",
        "CloseError",
        "ConnectError",
        "ConnectTimeout",
        "DecodingError",
        "HTTPError",
        "InvalidBody",
        "InvalidHeader",
        "InvalidMethod",
        "InvalidRequest",
        "InvalidURL",
        "LocalProtocolError",
        "MissingExtra",
        "NetworkError",
        "PoolTimeout",
        "ProtocolError",
        "ProxyError",
        "RateLimitTimeout",
        "ReadError",
        "ReadTimeout",
        "RedirectStatusError",
        "RemoteProtocolError",
        "RequestCancelled",
        "RequestError",
        "ResolveError",
        "ResponseNotRead",
        "ServerDisconnected",
        "ServerStatusError",
        "StatusError",
        "StreamClosed",
        "StreamConsumed",
        "StreamError",
        "TLSError",
        "TimeoutException",
        "TooManyRedirects",
        "TooManySends",
        "TotalTimeout",
        "TransportError",
        "UnexpectedRequest",
        "UnsupportedByEngine",
        "UnsupportedProtocol",
        "WebSocketClosed",
        "WebSocketError",
        "WriteError",
        "WriteTimeout",
    ),
}
_MODULES = {name: module for module, names in _WHERE.items() for name in names}

__all__ = sorted([*_MODULES, "__version__"])


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise import_module(".values.hints", __name__).missing_in_module(__name__, name)
    value = getattr(import_module(f".{module}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
