"""Test code that makes requests, without a network: python examples/mock_testing.py, or pytest examples/mock_testing.py

The code under test takes its client from outside, so a test hands in one whose engine answers from a script.
"""

from __future__ import annotations

import asyncio

from duohttp import AsyncClient, Client, ConnectError, HTTPError, MockEngine, reply

# The code under test.


def order(client: Client, item: str) -> str:
    """Order an item, once more if the shop is not there."""
    for attempt in (1, 2):
        try:
            response = client.post("orders", json={"item": item}, expect_success=True)
        except ConnectError:
            if attempt == 2:
                raise
        except HTTPError as error:
            return f"refused: {error.response.json()['reason'] if error.response else error}"
        else:
            return f"order {response.json()['id']}"
    raise AssertionError("not reached")


async def price(client: AsyncClient, item: str) -> int:
    """Ask for a price in cents."""
    answer = await client.get("prices", params={"item": item}, into=dict[str, int])
    return answer["cents"]


# Its tests.


def test_an_order_is_sent_as_json() -> None:
    engine = MockEngine()
    orders = engine.on("POST", "/orders", json={"item": "tea"}).reply(201, json={"id": 7})
    client = Client(base_url="https://shop.test", engine=engine)
    assert order(client, "tea") == "order 7"
    assert orders.call_count == 1
    assert engine.history[0].headers["content-type"] == "application/json"


def test_a_shop_that_is_away_is_asked_again() -> None:
    engine = MockEngine(reply(error=ConnectError("closed for lunch")), reply(201, json={"id": 8}))
    client = Client(base_url="https://shop.test", engine=engine)
    assert order(client, "tea") == "order 8"
    assert len(engine.history) == 2


def test_a_refusal_tells_its_reason() -> None:
    engine = MockEngine(reply(409, json={"reason": "sold out"}))
    assert order(Client(base_url="https://shop.test", engine=engine), "tea") == "refused: sold out"


def test_the_price_is_asked_by_name() -> None:
    engine = MockEngine()
    engine.on("GET", "/prices", params={"item": "tea"}).reply(json={"cents": 250})
    client = AsyncClient(base_url="https://shop.test", engine=engine)
    assert asyncio.run(price(client, "tea")) == 250
    engine.assert_all_called()


if __name__ == "__main__":
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
            print(f"{name}: passed")
