"""The client."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from .._concurrency import AsyncStateLock
from ..exceptions import ClientClosed, InvalidRequest
from ..plugins.choice import client_plugins, request_plugins
from ..plugins.default_request import RequestDefaults
from ..plugins.http_cookies import ClientCookies, HttpCookies
from ..plugins.plugin import Plugin, Stage, has_hook
from ..rules.requirements import check_duplex, check_proxy
from ..values.client_options import DEFAULT_OPTIONS, connection_options, derived_options
from ..values.defaults import Defaults, base_origin
from ..values.headers import HeaderTypes
from ..values.hints import check_attribute, check_client_options, hint_in_client
from ..values.limits import DEFAULT_LIMITS, Limits
from ..values.options import (
    CHAIN_OPTIONS,
    CHOSEN,
    AuthTypes,
    ParamTypes,
    RequestOptions,
    connection_overrides,
)
from ..values.pool_stats import PoolStats
from ..values.request import Request
from ..values.settings import ConnectionSettings, Settings, TrustTypes
from ..values.timeout import DEFAULT_TIMEOUT, Deadline, TimeoutTypes
from ..values.tls import DEFAULT_TLS, TLS, CertTypes, VerifyTypes
from ..values.unset import Unset
from ..values.url import URLTypes
from .chain import AsyncChain, converted, with_overrides
from .engines.engine import AsyncEngine
from .engines.native import engine as native  # the default is loaded here, so that making a client takes no time
from .engines.shared import AsyncSharedEngine
from .flows import AsyncFlows
from .parallel import AsyncParallel
from .response import AsyncResponse
from .statement import AsyncStatement, AsyncStreaming
from .verbs import AsyncVerbs

if TYPE_CHECKING:
    from typing import Never, Self

    from typing_extensions import TypeForm, Unpack

    from .._network import ResolverTypes
    from ..converters.registry import Converters
    from ..engines.options import EngineOptions
    from ..plugins.events import Events
    from ..plugins.http_send import Interception
    from ..rules.cookie_jar import CookieJar
    from ..values.address_guard import AddressGuard
    from ..values.proxy import ProxyOption

__all__ = ["AsyncClient", "native"]

T = TypeVar("T")


class AsyncClient(AsyncVerbs, AsyncParallel, AsyncFlows):
    """Sends requests; one client is meant to be shared and to live as long as its connections are useful.

    ``base_url`` is joined with relative urls; ``params``, ``headers`` and ``auth`` go with every request, whose own
    win. Cookies that servers set are kept and sent where they belong; ``cookies`` are some to begin with (a mapping
    of names and values goes to the host of ``base_url``, or else to every host), a CookieJar or HttpCookies to share,
    or False for none at all. ``timeout`` defaults to 5 s for connecting and 30 s for each read, write and wait for a
    connection, with no total. ``follow_redirects`` (True) and ``max_redirects`` (20); ``expect_success`` (False)
    raises for every status from 300 on. ``verify`` (True, False, ``"system"``, a path or an SSLContext), ``cert`` and
    ``tls`` (a TLS with all the rest), ``http1`` (True), ``http2`` (False; True where ``http1`` is False), ``limits``,
    ``uds`` (a Unix socket for everything), ``local_address``, ``resolver`` and ``address_guard`` are for the engine's
    connections. ``proxy`` is a url, a Proxy, a mapping of patterns of urls to these, or a function of the url.
    ``trust_env`` is True, False, or which of "proxy", "ca" and "keylog" to take from the environment; what is given
    here wins. ``engine`` chooses another engine, ``plugins`` installs plugins, ``converters`` chooses how typed bodies
    are made (another JSON library, say), ``default_encoding`` is for text whose charset nobody told.

    The client is a context manager; ``aclose()`` does the same by hand. It serves any number of calls at once.
    """

    def __init__(
        self,
        *,
        base_url: URLTypes | None = None,
        params: ParamTypes = None,
        headers: HeaderTypes | None = None,
        cookies: ClientCookies = None,
        auth: AuthTypes = None,
        timeout: TimeoutTypes | Unset = DEFAULT_TIMEOUT,
        follow_redirects: bool = True,
        max_redirects: int = 20,
        proxy: ProxyOption = None,
        trust_env: TrustTypes = True,
        verify: VerifyTypes = True,
        cert: CertTypes = None,
        tls: TLS = DEFAULT_TLS,
        http1: bool = True,
        http2: bool | None = None,
        limits: Limits = DEFAULT_LIMITS,
        uds: str | None = None,
        local_address: str | None = None,
        resolver: ResolverTypes = None,
        address_guard: AddressGuard | None = None,
        engine: EngineOptions | AsyncEngine | None = None,
        plugins: Sequence[Plugin] = (),
        expect_success: bool = False,
        default_encoding: str = "utf-8",
        converters: Converters | None = None,
        **unknown: Never,
    ) -> None:
        options = dict(locals())
        del options["self"], options["unknown"]
        check_client_options(unknown, options)
        self._setup(options, None)

    if not TYPE_CHECKING:

        def __setattr__(self, name: str, value: Any) -> None:
            check_attribute(self, name)
            super().__setattr__(name, value)

    def _setup(self, options: dict[str, Any], shared: AsyncSharedEngine | None) -> None:
        self._options = options
        plugins = client_plugins(options)
        settings = Settings(
            converters=options["converters"],
            default_encoding=options["default_encoding"],
            origin=base_origin(options["base_url"]),
        )
        self._defaults = Defaults(**{name: options[name] for name in DEFAULT_OPTIONS}, settings=settings)
        if shared is None:
            connections = ConnectionSettings(**connection_options(options))
            shared = AsyncSharedEngine(options["engine"], connections)
        shared.acquire(plugins)
        self._engine = shared.engine
        self._shared = shared
        self._plugins = plugins
        self._events: Events | None = None
        self._lock = AsyncStateLock()
        self._wire()
        self._closed = False

    # One request.

    @overload
    async def request(
        self, method: str, url: URLTypes, *, into: None = None, **options: Unpack[RequestOptions]
    ) -> AsyncResponse: ...
    @overload
    async def request(
        self, method: str, url: URLTypes, *, into: TypeForm[T], **options: Unpack[RequestOptions]
    ) -> T: ...
    def request(self, method: str, url: URLTypes, *, into: Any = None, **options: Unpack[RequestOptions]) -> Any:
        """Send a request and return its response with the body in memory, or the body as a T with ``into=T``.

        With ``into`` a status from 300 on raises a StatusError, unless ``expect_success=False`` is given. Options:
        see RequestOptions. Raises InvalidRequest before anything is sent, TransportError, TooManyRedirects,
        DecodingError, ClientClosed.
        """
        return self._call(method, url, into, options)

    async def _call(self, method: str, url: URLTypes, into: Any, options: RequestOptions) -> Any:
        if self._closed:
            raise ClientClosed("the client is closed; make another one")
        chain = self._chain_for(options) if options else self._chain
        request = chain.defaults.build(method, url, options, deferred=chain.deferred)
        total = request.timeout.total
        if total is not None:
            request.deadline = Deadline(total)
        run = chain.run  # a slot that is called costs several times as much as one that is read
        response = await run(request)
        if into is None:
            return response
        if chain.validator is not None:
            return await chain.convert(response, into, options.get("expect_success"))
        return converted(response, into, options.get("expect_success"))

    @overload
    async def send(self, request: Request, *, into: None = None) -> AsyncResponse: ...
    @overload
    async def send(self, request: Request, *, into: TypeForm[T]) -> T: ...
    async def send(self, request: Request, *, into: Any = None) -> Any:
        """Send a ready Request; otherwise as ``request``. A streamed one (``request.stream``) is returned unread.

        What ``build_request`` was told of plugins, redirects, auth and expected success holds here too.
        """
        if self._closed:
            raise ClientClosed("the client is closed; make another one")
        if not isinstance(request, Request):
            raise InvalidRequest(f"send() takes what build_request() returns, not {type(request).__name__}")
        total = request.timeout.total
        if total is not None and request.deadline is None:
            request.deadline = Deadline(total)
        options = request.attribute(CHOSEN)
        chain = self._chain if options is None else self._chain_for(options)
        response = await chain.run(request)
        if into is None:
            return response
        expected = None if options is None else options.get("expect_success")
        if chain.validator is not None:
            return await chain.convert(response, into, expected)
        return converted(response, into, expected)

    def build_request(self, method: str, url: URLTypes, **options: Unpack[RequestOptions]) -> Request:
        """Return the Request that ``request`` would send, for ``send``. Raises InvalidRequest."""
        chain = self._chain_for(options)
        request = chain.defaults.build(method, url, options, deferred=chain.deferred)
        if options.keys() & CHAIN_OPTIONS:
            request.attributes[CHOSEN] = options
        return request

    def prepare(self, method: str, url: URLTypes, **options: Unpack[RequestOptions]) -> AsyncStatement:
        """Return a request that can be run again and again, saved or streamed.

        Raises InvalidRequest, and UnsupportedByEngine for ``duplex=True`` where the engine can't do that.
        """
        if options.get("duplex"):
            check_duplex(self._engine, self._engine.capabilities)
        chain = self._chain_for(options)
        request = chain.defaults.build(method, url, options, deferred=chain.deferred)
        return AsyncStatement(self, request, options)

    def stream(self, method: str, url: URLTypes, **options: Unpack[RequestOptions]) -> AsyncStreaming:
        """Return a context manager whose response is streamed; leaving the block frees the connection.

        The client's default ``timeout.total`` does not apply, one given here does.
        """
        return self.prepare(method, url, **options).stream()

    # The chain.

    def _wire(self) -> None:
        """Put the chain together, at first and whenever an interceptor or the first listener comes."""
        self._chain = self._chain_of(self._plugins, self._engine)
        self._defaults = self._chain.defaults
        self._variants: dict[Any, AsyncChain] = {}

    def _chain_of(self, plugins: Iterable[Plugin], engine: AsyncEngine) -> AsyncChain:
        chain = AsyncChain(plugins, engine, self._events)
        layers = [plugin for plugin in chain.plugins if isinstance(plugin, RequestDefaults)]
        parsers = tuple(plugin.parse_body for plugin in chain.plugins if has_hook(plugin, "parse_body"))
        chain.defaults = self._defaults.layered(layers, parsers)
        return chain

    @property
    def events(self) -> Events:
        """What happens in this client, for those who listen: ``client.events.subscribe("retry", listener)``."""
        with self._lock:
            if self._events is None:
                from ..plugins.events import Events

                self._events = Events()
                self._wire()
            return self._events

    def intercept(self, function: Callable[..., Any], *, stage: Stage = Stage.ATTEMPT) -> Interception:
        """Put ``function(request, proceed)`` around the sending, from the next call on; it returns a response.

        It calls ``response = await proceed(request)`` as often as it likes, with this or another request. By default
        it stands at the end of the chain and sees every attempt; of several the first is the outermost. The handle
        that is returned takes it out again: ``handle.remove()``. Derived clients don't have it.
        """
        from ..plugins.http_send import HttpSend, Interception

        plugin = HttpSend(function, stage=stage)
        with self._lock:
            self._plugins = [*self._plugins, plugin]
            self._wire()
        return Interception(plugin, self._remove)

    def _remove(self, plugin: Plugin) -> None:
        with self._lock:
            self._plugins = [each for each in self._plugins if each is not plugin]
            self._wire()

    def _chain_for(self, options: RequestOptions) -> AsyncChain:
        """Return what runs a request with these options: the client's chain, or a variant of it."""
        if not options.keys() & CHAIN_OPTIONS:
            return self._chain
        if options.get("proxy") is not None:
            check_proxy(self._engine, self._engine.capabilities)
        overrides = request_plugins(options, self._options, self._plugins)
        connections = connection_overrides(options)
        if not overrides and not connections:
            return self._chain
        key = (connections, *overrides.items())
        variants = self._variants  # read before the chain: when both are replaced meanwhile, nothing old gets in
        try:
            chain = variants.get(key)
        except TypeError:  # a plugin that can't be hashed
            chain = None
        if chain is None:
            engine = self._shared.having(connections) if connections else self._engine
            chain = self._chain_of(with_overrides(self._chain.plugins, overrides), engine)
            if len(variants) >= 64:
                variants.clear()
            variants[key] = chain
        return chain

    def describe(self) -> str:
        """Return the chain as text: the plugins, outermost first, then the engine."""
        return self._chain.describe()

    @property
    def cookies(self) -> CookieJar:
        """The cookies that are kept between requests; the storage itself where HttpCookies was given another.

        Raises AttributeError for a client with ``cookies=False``.
        """
        for plugin in self._chain.plugins:
            if isinstance(plugin, HttpCookies):
                return plugin.storage  # type: ignore[no-any-return]
        raise AttributeError("this client keeps no cookies (cookies=False)")

    def pool_stats(self) -> PoolStats:
        """Return counts of the engine's connections and of requests that wait for one. Raises UnsupportedByEngine."""
        return self._shared.pool_stats()

    # Life.

    def derive(self, **options: Any) -> Self:
        """Return a client with other defaults that shares this one's engine and connections.

        Options are those of the constructor; those for connections (engine, verify, proxy, limits …) can't be
        changed. ``headers`` and ``params`` are added to this client's. Closing one never breaks the other.
        Raises TypeError for an option there is not, ClientClosed.
        """
        if self._closed:
            raise ClientClosed("the client is closed; make another one")
        client = object.__new__(type(self))
        client._setup(derived_options(self._options, options), self._shared)
        return client

    @property
    def is_closed(self) -> bool:
        """Whether the client was closed."""
        return self._closed

    async def aclose(self) -> None:
        """Close the client; what it shares with a derived client stays. May be called again.

        An exception of a plugin's ``on_close`` is raised after all the rest was closed.
        """
        if self._closed:
            return
        self._closed = True
        last, unused = self._shared.give_up(self._plugins)
        from .plugins.closing import finish, run_on_close

        failure: Exception | None = None
        try:
            failure = await run_on_close(unused)
        finally:
            try:
                if last:
                    await self._shared.aclose()
            finally:
                await finish(unused)
        if failure is not None:
            raise failure

    async def __aenter__(self) -> Self:
        if self._closed:
            raise ClientClosed("the client is closed; make another one")
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> Literal[None]:
        await self.aclose()

    def __del__(self) -> None:
        # ``Client().get(url)`` is fine in a script: connections that nobody can use again are closed here.
        try:
            if not self._closed:
                self._closed = True
                last, _ = self._shared.give_up(self._plugins)
                if last:
                    self._shared.abandon()
        except Exception:  # half-made, or the interpreter ends
            pass

    def __getstate__(self) -> dict[str, Any]:
        # A client travels as its options; the copy makes connections of its own.
        return self._options

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._setup(state, None)

    def __repr__(self) -> str:
        base = self._chain.defaults.base_url
        state = "closed" if self._closed else "open"
        return f"<{type(self).__name__} {state}{'' if base is None else f' {base.with_user(None)}'}>"


hint_in_client(AsyncClient)
