"""Fetch what a stranger asks for, but nothing from the private network, whatever the url says.

python examples/private_network.py
"""

from __future__ import annotations

import sys

from server import serve

from duohttp import AddressGuard, AddressRefused, Client, HTTPError

WANTED = [
    "http://127.0.0.1/admin",
    "http://[::ffff:169.254.169.254]/latest/meta-data/",
    "http://intern.example/",  # a name that leads inside
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/containers/json",
]


def fetch(client: Client, url: str) -> str:
    try:
        return f"{client.get(url, timeout=5).status_code}"
    except AddressRefused as error:
        return f"refused: {error.message}"
    except HTTPError as error:
        return f"failed: {error.message}"


if __name__ == "__main__":
    with serve() as (_, root):
        # Our own service is private too, and allowed.
        guard = AddressGuard(allow=["127.0.0.9"])
        port = root.rpartition(":")[2]
        resolver = {"intern.example": "10.0.0.7", "service.example": "127.0.0.1"}
        with Client(address_guard=guard, resolver=resolver, trust_env=False) as client:
            for url in sys.argv[1:] or [*WANTED, f"http://service.example:{port}/user.json"]:
                print(url, "->", fetch(client, url))
        with Client(address_guard=guard.replace(allow=["127.0.0.1"]), resolver=resolver, trust_env=False) as client:
            print("allowed ->", fetch(client, f"http://service.example:{port}/user.json"))
