"""What an AddressGuard lets through."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from duohttp import AddressGuard, AddressRefused
from duohttp.values.url import Origin

PUBLIC = [
    *("1.1.1.1", "8.8.8.8", "93.184.216.34", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1"),
    *("192.0.1.1", "192.169.0.1", "198.17.0.1", "223.255.255.255", "168.63.129.15"),
    *("2606:4700:4700::1111", "2001:4860:4860::8888", "2a00::1", "::ffff:8.8.8.8", "64:ff9b::808:808"),
]
REFUSED = {
    "loopback": ["127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "64:ff9b::7f00:1"],
    "private": [
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "fc00::1",
        "fd00:ec2::254",
        "::ffff:10.0.0.1",
    ],
    "link-local": ["169.254.169.254", "fe80::1", "fe80::1%eth0", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"],
    "shared by a provider's customers": ["100.64.0.1", "100.100.100.200", "100.127.255.255"],
    "this network": ["0.0.0.0", "0.1.2.3", "::ffff:0.0.0.0"],
    "multicast": ["224.0.0.1", "239.255.255.255", "ff02::1"],
    "for documentation": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
    "for benchmarks": ["198.18.0.1", "198.19.255.255"],
    "a cloud's own service": ["168.63.129.16"],
    "a tunnel (6to4)": ["2002:7f00:1::", "2002:808:808::1"],
    "unspecified": ["::"],
    "reserved": [
        *("240.0.0.1", "255.255.255.255", "192.0.0.1", "192.88.99.1", "2001::1", "2001:0:7f00:1::", "2001:2::1"),
        *("::127.0.0.1", "::8.8.8.8", "::ffff:0:127.0.0.1", "64:ff9b:1::7f00:1", "fec0::1", "100::1", "4000::1"),
    ],
    "no IP address": ["localhost", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "", "127.0.0.1 ", "[::1]", "a%b"],
}


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_pass(address: str) -> None:
    assert AddressGuard().judge(address) is None


@pytest.mark.parametrize(("reason", "address"), [(why, each) for why, several in REFUSED.items() for each in several])
def test_others_do_not(reason: str, address: str) -> None:
    assert AddressGuard().judge(address) == reason


def test_lists() -> None:
    guard = AddressGuard(allow=["10.1.0.0/16", "::1", "/run/x.sock"], deny=["10.1.2.0/24", "8.8.8.8", "/run/y.sock"])
    assert guard.judge("10.1.1.1") is None
    assert guard.judge("::ffff:10.1.1.1") is None
    assert guard.judge("64:ff9b::a01:101") is None
    assert guard.judge("::1") is None
    assert guard.judge("127.0.0.1") == "loopback"
    assert guard.judge("10.1.2.3") == guard.judge("8.8.8.8") == guard.judge("::ffff:8.8.8.8") == "denied"
    assert guard.judge("8.8.4.4") is None
    guard.check_unix("/run/x.sock")
    for path in ("/run/y.sock", "/run/z.sock", "10.1.0.0/16"):
        with pytest.raises(AddressRefused, match="refuses the Unix socket"):
            guard.check_unix(path)


def test_nothing_but_the_allowed() -> None:
    guard = AddressGuard(allow="1.1.1.0/24", public=False)
    assert guard.judge("1.1.1.1") is None
    assert guard.judge("8.8.8.8") == "not among the allowed ones"


def test_what_a_proxy_is_asked_for() -> None:
    with pytest.raises(AddressRefused, match=r"to which address the proxy p connects; AddressGuard\(proxies=True\)"):
        AddressGuard().check_proxied(Origin("https", "example.org", 443), "p")
    trusting = AddressGuard(proxies=True)
    trusting.check_proxied(Origin("https", "example.org", 443), "p")
    trusting.check_proxied(Origin("https", "8.8.8.8", 443), "p")
    for host in ("127.0.0.1", "::1", "localhost", "localhost.", "a.localhost", "10.0.0.1", "10.0.0.1."):
        with pytest.raises(AddressRefused):
            trusting.check_proxied(Origin("http", host, 80), "p")


def test_it_is_a_value() -> None:
    guard = AddressGuard(allow=["10.0.0.0/8"])
    assert pickle.loads(pickle.dumps(guard)) == guard == AddressGuard(allow=("10.0.0.0/8",))
    assert pickle.loads(pickle.dumps(guard)).judge("10.0.0.1") is None
    assert guard != AddressGuard()
    assert hash(guard) == hash(AddressGuard(allow=["10.0.0.0/8"]))
    assert repr(guard) == "AddressGuard(allow=('10.0.0.0/8',), deny=(), public=True, proxies=False)"


@pytest.mark.parametrize("wrong", [["localhost"], ["10.0.0.1/8"], [10], ["run/x.sock"], [""]])
def test_lists_are_checked(wrong: Any) -> None:
    with pytest.raises(ValueError, match="allow holds"):
        AddressGuard(allow=wrong)
    with pytest.raises(ValueError, match="deny holds"):
        AddressGuard(deny=wrong)
