"""The places of a service as classes: typed, in one home, and without texts put together by hand.

python examples/resources.py
"""

from __future__ import annotations

from dataclasses import dataclass

from server import serve

from duohttp import URL_TEMPLATE, Client, Request, Response, href, resource


@resource("/users")
class Users:
    pass


@resource("{id}.json")
class User:
    id: int
    parent: Users = Users()


@dataclass
class Person:
    id: int
    name: str


def log(request: Request, proceed: object) -> Response:
    response: Response = proceed(request)  # type: ignore[operator]
    # The template, not the url: so that all users are counted together.
    print(f"{request.method} {request.attribute(URL_TEMPLATE)} {response.status_code}")
    return response


if __name__ == "__main__":
    with serve() as (_, root), Client(base_url=root) as client:
        client.intercept(log)
        print(client.get(User(2), into=Person).name)
        print([person.name for person in client.parallel_get([User(1), User(3)], into=Person, limit=1)])
        print(client.get("/users{/id}.json", path_params={"id": 1}, into=Person).name)
        print(href(User(7)))
