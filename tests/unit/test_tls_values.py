"""The value that says how connections are encrypted, and what engines make of it."""

from __future__ import annotations

import pickle
import ssl
from pathlib import Path
from typing import Any

import pytest

from duohttp import TLS, NativeEngine
from duohttp._sync.engines.tls_settings import TLSSettings
from duohttp.exceptions import InvalidRequest
from duohttp.rules.pins import pins_for
from duohttp.values.options import connection_overrides
from duohttp.values.proxy import Proxy
from duohttp.values.settings import ConnectionSettings
from duohttp.values.url import Origin

PIN = "sha256/" + "A" * 43 + "="
OTHER_PIN = "sha256/" + "B" * 42 + "A="


def test_fields_have_one_form() -> None:
    tls = TLS(verify=Path("ca.pem"), cert=[Path("client.pem")], keylog_filename=Path("keys"))  # type: ignore[arg-type]
    assert (tls.verify, tls.cert, tls.keylog_filename) == ("ca.pem", "client.pem", "keys")
    for version in ("TLSv1.2", "1.2", "TLS 1.2", "TLS1.2", ssl.TLSVersion.TLSv1_2):
        assert TLS(minimum_version=version).minimum_version == "TLSv1.2"
    assert TLS(minimum_version="1.0").minimum_version == TLS(minimum_version=ssl.TLSVersion.TLSv1).minimum_version
    slash = "sha256//" + "B" * 41 + "A="
    for written in (slash, slash.replace("//", "///")):
        assert TLS(pins={"x.test": written}).pins == (("x.test", (slash,)),)
    assert TLS(pins={"Example.ORG.": PIN, "*.x.test": [PIN, OTHER_PIN]}).pins == (
        ("*.x.test", (PIN, OTHER_PIN)),
        ("example.org", (PIN,)),
    )
    assert TLS(pins={"x.test": PIN.replace("/", "//", 1)}).pins == (("x.test", (PIN,)),)


def test_it_is_a_value() -> None:
    tls = TLS(minimum_version="TLSv1.3", pins={"x.test": PIN}, cert=("cert.pem", "key.pem", "secret"))
    assert tls == TLS(minimum_version="1.3", pins={"X.test": [PIN]}, cert=("cert.pem", "key.pem", "secret"))
    assert hash(tls) == hash(tls.replace())
    assert pickle.loads(pickle.dumps(tls)) == tls
    assert pickle.loads(pickle.dumps(tls)).given() == tls.given()
    assert "secret" not in repr(tls)
    assert tls.replace(verify=False).given() == {**tls.given(), "verify": False}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"verify": None}, "verify is True, False, 'system'"),
        ({"verify": 1}, "verify is True, False, 'system'"),
        ({"verify": ""}, "an empty path"),
        ({"cert": 1}, "cert is a path"),
        ({"cert": ("a", 1)}, "each of them a str"),
        ({"cert": ()}, "cert is a path"),
        ({"minimum_version": "SSLv3"}, "minimum_version is one of TLSv1, "),
        ({"minimum_version": None, "maximum_version": "TLSv1.1"}, "minimum_version is one of"),
        ({"minimum_version": "TLSv1.3", "maximum_version": "TLSv1.2"}, "no TLS version is from TLSv1.3 to TLSv1.2"),
        ({"pins": {"x.test": []}}, "no pin was given for 'x.test'"),
        ({"pins": {"x.test": "sha1/abc"}}, "a pin is 'sha256/'"),
        ({"pins": {"x.test": "sha256/abc"}}, "a pin is 'sha256/'"),
        ({"pins": {"x.test": "sha256/!" + PIN[8:]}}, "a pin is 'sha256/'"),
        ({"pins": {"https://x.test": PIN}}, "pins are for a host"),
        ({"pins": {"*": PIN}}, "pins are for a host"),
        ({"pins": {"a.*.test": PIN}}, "pins are for a host"),
        ({"pins": [PIN]}, "pins map a host"),
        ({"server_hostname": ""}, "server_hostname is a host name"),
        ({"verify": ssl.create_default_context(), "ciphers": "ALL"}, "set ciphers in it"),
        ({"unknown": 1}, "has no 'unknown'"),
    ],
)
def test_fields_are_checked(fields: dict[str, Any], says: str) -> None:
    with pytest.raises((TypeError, ValueError), match=says):
        TLS(**fields)


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("example.org", {PIN}),
        ("EXAMPLE.org.", {PIN}),
        ("a.example.org", {OTHER_PIN}),
        ("a.b.example.org", set()),
        ("both.example.org", {PIN, OTHER_PIN}),
        ("org", set()),
    ],
)
def test_pins_of_a_host(host: str, found: set[str]) -> None:
    pins: Any = TLS(pins={"example.org": PIN, "*.example.org": OTHER_PIN, "both.example.org": PIN}).pins
    assert pins_for(pins, host) == found


def test_the_client_s_options_and_tls_are_one() -> None:
    settings = ConnectionSettings(verify="ca.pem", tls=TLS(minimum_version="TLSv1.3"))
    assert settings.effective_tls() == TLS(verify="ca.pem", minimum_version="TLSv1.3")
    for given in ({"verify": "ca.pem"}, {"cert": "client.pem"}):
        fields: dict[str, Any] = given
        with pytest.raises(ValueError, match="is given twice"):
            ConnectionSettings(**fields, tls=TLS(**fields))
    engine = NativeEngine(tls=TLS(verify=False))
    assert engine.applied(ConnectionSettings(cert="client.pem")).effective_tls() == TLS(verify=False, cert="client.pem")


def test_a_request_s_options_are_laid_over_the_client_s() -> None:
    settings = ConnectionSettings(verify="ca.pem", cert="client.pem", tls=TLS(minimum_version="TLSv1.3"))

    def over(**options: Any) -> TLS:
        return settings.overridden(connection_overrides(options)).effective_tls()  # type: ignore[arg-type]

    base = settings.effective_tls()
    assert over(verify=False) == base.replace(verify=False)
    assert over(server_hostname="x.test") == base.replace(server_hostname="x.test")
    assert over(cert=None) == base.replace(cert=None)
    assert over(tls=TLS(ciphers="ALL"), verify=True) == base.replace(ciphers="ALL", verify=True)
    context = ssl.create_default_context()
    assert over(verify=context) == TLS(verify=context)
    assert settings.overridden((("uds", "/x.sock"),)) == settings.replace(uds="/x.sock")
    assert connection_overrides({"json": 1}) == ()
    with pytest.raises(InvalidRequest, match="verify is given twice"):
        over(verify=False, tls=TLS(verify=False))


def test_a_proxy_sees_nothing_that_is_meant_for_servers(tmp_path: Path) -> None:
    tls = TLS(
        server_hostname="x.test", cert="none.pem", pins={"proxy.test": PIN}, minimum_version="TLSv1.3", verify=False
    )
    settings = TLSSettings(ConnectionSettings(tls=tls))
    assert settings.server_name(Origin("https", "y.test", 443)) == "x.test"
    plan = settings.proxy_plan(Proxy("https://proxy.test"))
    assert plan.context.minimum_version is ssl.TLSVersion.TLSv1_3
    assert plan.profile.pins == ()
    assert plan.profile is not settings.proxy_plan(Proxy("https://proxy.test", verify=True)).profile
    assert plan.profile is settings.proxy_plan(Proxy("https://other.test")).profile
    own = ssl.create_default_context()
    assert settings.proxy_plan(Proxy("https://proxy.test", verify=own)).context is own
