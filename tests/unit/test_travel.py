"""What travels to another process."""

from __future__ import annotations

import pickle

import pytest

from duohttp import Client, InvalidRequest
from duohttp.rules import travel
from duohttp.rules.travel import portable


@pytest.fixture(autouse=True)
def _no_copies() -> None:
    travel._copies.clear()


def test_a_client_is_copied_once() -> None:
    client = Client(base_url="http://a.test")
    first, second = (pickle.loads(pickle.dumps(portable(client))) for _ in range(2))
    assert first is second is not client
    assert repr(first) == repr(client)


def test_so_many_clients_are_kept() -> None:
    for number in range(travel.KEPT + 3):
        pickle.loads(pickle.dumps(portable(Client(base_url=f"http://a{number}.test"))))
    assert len(travel._copies) == 3


def test_requests_become_method_url_and_options() -> None:
    client = Client(headers={"X-A": "1"}, timeout=7)
    ready = client.build_request("POST", "http://a.test/x?y=1", content=b"body")
    method, url, options = pickle.loads(pickle.dumps(portable(ready)))
    assert (method, url, options["content"]) == ("POST", "http://a.test/x?y=1", b"body")
    assert ("X-A", "1") in options["headers"]
    assert options["timeout"].read == 7
    again = Client().build_request(method, url, **options)
    assert again.headers == ready.headers
    assert again.body is not None
    assert again.body.data == b"body"
    prepared = client.prepare("GET", "http://a.test/", follow_redirects=False, params={"a": 1})
    assert portable(prepared)[1] == "http://a.test/?a=1"
    assert portable(prepared)[2]["follow_redirects"] is False
    assert "params" not in portable(prepared)[2]


@pytest.mark.parametrize("argument", ["http://a.test/", ("GET", "http://a.test/"), None, int, {}])
def test_all_else_is_left_as_it_is(argument: object) -> None:
    assert portable(argument) is argument


def test_a_stream_can_not_travel() -> None:
    with pytest.raises(InvalidRequest, match="stream"):
        portable(Client().prepare("POST", "http://a.test/", content=iter([b"x"])))
