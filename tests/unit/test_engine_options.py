"""Options of engines, and the registry that makes engines of them."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import Any, ClassVar

import pytest

from duohttp._async.engines import build_engine as build_async_engine
from duohttp._async.engines.engine import AsyncEngine
from duohttp._sync.engines import build_engine
from duohttp._sync.engines.engine import Engine
from duohttp.engines.httpcore import HttpcoreEngine
from duohttp.engines.mock import MockEngine
from duohttp.engines.native import NativeEngine
from duohttp.engines.options import EngineOptions
from duohttp.values.limits import Limits
from duohttp.values.settings import TRUST, ConnectionSettings, trusts
from duohttp.values.unset import UNSET


class Options(EngineOptions):
    driver: ClassVar[str] = "nowhere"

    def __init__(self, limits: object = UNSET, verify: object = UNSET, cert: object = UNSET, own: int = 1) -> None:
        self.limits = limits
        self.verify = verify
        self.cert = cert
        self.own = own


def test_an_option_of_the_engine_wins_over_the_clients() -> None:
    settings = ConnectionSettings(limits=Limits(max_connections=5), verify=False)
    own = Limits(max_connections=1)
    assert Options(own).applied(settings) == ConnectionSettings(limits=own, verify=False)
    assert Options().applied(settings) is settings


def test_none_given_to_the_engine_wins_too() -> None:
    settings = ConnectionSettings(cert="client.pem")
    assert Options(cert=None).applied(settings).cert is None


def test_options_are_values() -> None:
    assert Options(verify=False) == Options(verify=False)
    assert hash(Options(verify=False)) == hash(Options(verify=False))
    assert Options(verify=False) != Options(verify=True)
    assert Options() != 1
    assert pickle.loads(pickle.dumps(Options(own=2))) == Options(own=2)


def test_repr_shows_what_was_given_but_no_secret() -> None:
    options = Options(verify=False, cert=("cert.pem", "key.pem", "password"))
    assert repr(options) == "Options(verify=False, cert=…, own=1)"


def test_options_of_the_httpcore_engine() -> None:
    options = HttpcoreEngine(http2=True, uds=None, socket_options=[(1, 2, 3)], retries=2)
    settings = options.applied(ConnectionSettings(uds="/socket", verify=False))
    assert (settings.http2, settings.uds, settings.verify, settings.socket_options) == (True, None, False, ((1, 2, 3),))
    assert pickle.loads(pickle.dumps(options)) == options
    assert repr(HttpcoreEngine(proxy="http://u:p@h")) == "HttpcoreEngine(proxy=…, retries=0, retry_stale=True)"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"retries": -1}, "retries must be a number from 0, not -1"),
        ({"retries": True}, "retries of HttpcoreEngine is a whole number, not bool"),
        ({"http1": False, "http2": False}, "leave nothing to speak"),
    ],
)
def test_options_of_the_httpcore_engine_are_checked(given: dict[str, Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        HttpcoreEngine(**given)


@pytest.mark.parametrize("kind", [NativeEngine, HttpcoreEngine])
def test_one_version_must_be_spoken(kind: Any) -> None:
    with pytest.raises(ValueError, match="http1=False and http2=False leave nothing to speak"):
        kind(http1=False, http2=False)
    assert kind(http1=False, http2=True).http1 is False


def test_each_client_gets_the_engine_of_its_colour() -> None:
    options = MockEngine()
    engine = build_engine(options, ConnectionSettings())
    async_engine = build_async_engine(options, ConnectionSettings())
    assert type(engine).__name__ == "MockDriver"
    assert type(async_engine).__name__ == "AsyncMockDriver"
    assert isinstance(engine, Engine)
    assert isinstance(async_engine, AsyncEngine)


def test_an_engine_of_the_user_passes_through() -> None:
    engine, async_engine = Engine(), AsyncEngine()
    assert build_engine(engine, ConnectionSettings()) is engine
    assert build_async_engine(async_engine, ConnectionSettings()) is async_engine


@pytest.mark.parametrize(
    ("engine", "message"),
    [
        (MockEngine, r"engine is an engine's options or an Engine, not .*; make an object of it: add \(\)"),
        (AsyncEngine(), "engine is an engine's options or an Engine, not .*AsyncEngine object"),
        ("mock", "not 'mock'"),
        (Options(), "no engine is registered as 'nowhere'"),
    ],
)
def test_what_is_no_engine_is_refused(engine: object, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        build_engine(engine, ConnectionSettings())  # type: ignore[arg-type]


@pytest.mark.parametrize("options", ["mock:MockEngine", "httpcore:HttpcoreEngine"])
def test_heavy_modules_are_imported_when_they_are_used(options: str) -> None:
    module, _, name = options.partition(":")
    code = f"""
import sys
from duohttp._sync.engines import build_engine
from duohttp.engines.{module} import {name}
from duohttp.values.settings import TRUST, ConnectionSettings, trusts
build_engine({name}(), ConnectionSettings(http2={name == "HttpcoreEngine"}))
heavy = {{"asyncio", "ssl", "httpcore", "h11", "h2", "msgspec", "anyio", "trio", "certifi"}}
print(sorted(heavy & set(sys.modules)))
"""
    path = [entry for entry in sys.path if entry.endswith(".dev")]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {path!r}\n{code}"], capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize(
    ("given", "trusted"),
    [
        (True, TRUST),
        (False, ()),
        ((), ()),
        ("proxy", ("proxy",)),
        (["ca", "keylog"], ("ca", "keylog")),
        ({"proxy", "ca"}, ("proxy", "ca")),
    ],
)
def test_each_part_of_the_environment_has_a_switch(given: Any, trusted: tuple[str, ...]) -> None:
    settings = ConnectionSettings(trust_env=given)
    assert [name for name in TRUST if trusts(settings.trust_env, name)] == list(trusted)
    assert pickle.loads(pickle.dumps(settings)) == settings
    assert hash(settings.replace(http2=True)) != 0


@pytest.mark.parametrize(
    ("given", "message"),
    [("proxies", "trust_env is a bool or some of proxy, ca, keylog, not 'proxies'"), (["netrc"], "NetrcAuth")],
)
def test_a_part_that_there_is_not(given: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ConnectionSettings(trust_env=given)
