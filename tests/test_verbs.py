"""The verbs without a client: each takes the options of a request, and those of a client that a script needs."""

from __future__ import annotations

import pytest

import duohttp
from duohttp import ProxyError, TLSError

from .servers.certificates import Certificates
from .servers.nginx import SMALL, Nginx
from .servers.proxies import Proxy


def test_options_of_a_request_and_of_a_client(nginx: Nginx, certificates: Certificates) -> None:
    url = f"{nginx.https_url}/small.txt"
    assert duohttp.get(url, verify=str(certificates.ca), headers={"X-Test": "1"}).content == SMALL
    with pytest.raises(TLSError):
        duohttp.get(url)
    assert duohttp.get(url, verify=False, into=bytes) == SMALL
    with duohttp.stream("GET", url, verify=str(certificates.ca)) as response:
        assert response.read() == SMALL
    assert duohttp.head(url, verify=False).headers["content-length"] == str(len(SMALL))


def test_a_proxy(nginx: Nginx, tinyproxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"{nginx.url}/small.txt"
    assert "tinyproxy" in duohttp.get(url, proxy=tinyproxy.url).headers["via"]
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with pytest.raises(ProxyError):
        duohttp.get(url)
    assert duohttp.get(url, proxy=None).content == SMALL
    assert duohttp.get(url, trust_env=False).content == SMALL
    assert duohttp.get(url, trust_env=["ca"]).content == SMALL
    with duohttp.stream("GET", url, proxy=tinyproxy.url) as response:
        assert "tinyproxy" in response.headers["via"]
