"""Test an application without a server: python examples/app_testing.py, or pytest examples/app_testing.py

The application is plain ASGI here; one of Starlette, FastAPI, Django or Quart goes the same way, and one of Flask by
WsgiEngine. The tests talk to it as its users do: over HTTP.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from duohttp import AsgiEngine, AsyncClient, Client

# The application: a list of things to do.


class Todo:
    """``POST /tasks`` adds one, ``GET /tasks`` lists them; the list is made when the application starts."""

    async def __call__(
        self, scope: dict[str, Any], receive: Callable[..., Awaitable[Any]], send: Callable[..., Awaitable[None]]
    ) -> None:
        if scope["type"] == "lifespan":
            await receive()
            scope["state"]["tasks"] = []
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        tasks, status = scope["state"]["tasks"], 200
        if scope["method"] == "POST":
            body, more = b"", True
            while more:
                message = await receive()
                body, more = body + message["body"], message["more_body"]
            tasks.append(json.loads(body))
            status = 201
        answer = json.dumps(tasks).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


# Its tests.


def client() -> Client:
    return Client(engine=AsgiEngine(Todo()), base_url="http://todo.test")


def test_the_list_is_empty_at_first() -> None:
    with client() as todo:
        assert todo.get("tasks").json() == []


def test_what_is_added_is_there() -> None:
    with client() as todo:
        assert todo.post("tasks", json={"what": "tea"}).status_code == 201
        assert todo.get("tasks", into=list[dict[str, str]]) == [{"what": "tea"}]


def test_many_at_once() -> None:
    async def add() -> int:
        async with AsyncClient(engine=AsgiEngine(Todo()), base_url="http://todo.test") as todo:
            async with todo.scope() as scope:
                for number in range(20):
                    scope.post("tasks", json={"what": f"cup {number}"})
            return len((await todo.get("tasks")).json())

    assert asyncio.run(add()) == 20


if __name__ == "__main__":
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
            print(f"{name}: passed")
