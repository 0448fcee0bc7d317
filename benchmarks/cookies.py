"""What stored cookies cost a request: python -m benchmarks.cookies

A small GET over a kept-alive connection to one of 1,000 domains. *few*: the jar has this domain's 10 cookies.
*many*: it has 10 cookies for each of the 1,000 domains. *none*: it is empty. Rounds are interleaved; each is divided
by the same round of *few*, and the median counts. requests and httpx are measured too where they are installed: they
look through the whole jar of ``http.cookiejar`` for each request. The server is a process of its own.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from importlib.util import find_spec
from multiprocessing import get_context
from statistics import median
from typing import Any

from duohttp import Client, CookieJar, NativeEngine

DOMAINS, COOKIES = 1_000, 10
HOST = "h500.example"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok"
ROUNDS, REQUESTS, SECONDS = 15, 200, 0.2


def serve(listener: socket.socket) -> None:
    """Answer everything, one thread a connection."""

    def talk(peer: socket.socket) -> None:
        data = b""
        while piece := peer.recv(65536):
            data += piece
            while b"\r\n\r\n" in data:
                data = data.partition(b"\r\n\r\n")[2]
                peer.sendall(ANSWER)

    while True:
        threading.Thread(target=talk, args=[listener.accept()[0]], daemon=True).start()


def jar(domains: list[str]) -> CookieJar:
    """Return a jar with ten cookies for each domain."""
    found = CookieJar()
    for domain in domains:
        for number in range(COOKIES):
            found.set(f"n{number}", "value", f".{domain}")
    return found


def ours(domains: list[str], port: int) -> Callable[[], object]:
    """Return a GET of duohttp."""
    client = Client(cookies=jar(domains), engine=NativeEngine(resolver={HOST: "127.0.0.1"}), trust_env=False)
    return lambda: client.get(f"http://{HOST}:{port}/").content


def peer(name: str, domains: list[str], port: int) -> Callable[[], object]:
    """Return a GET of requests or httpx; they get the name as a Host header, which is what their jars go by."""
    library: Any = __import__(name)
    client: Any = library.Session() if name == "requests" else library.Client(trust_env=False)
    if name == "requests":
        client.trust_env = False
    for domain in domains:
        for number in range(COOKIES):
            client.cookies.set(f"n{number}", "value", domain=domain)
    return lambda: client.get(f"http://127.0.0.1:{port}/", headers={"Host": HOST}).content


def measure(runs: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the median of each run's time over that of the same round of ``few``."""
    rounds: dict[str, list[float]] = {name: [] for name in runs}
    for run in runs.values():
        run()
    for _ in range(ROUNDS):
        for name, run in runs.items():
            start, count = time.perf_counter(), 0
            while count < REQUESTS and time.perf_counter() - start < SECONDS:
                run()
                count += 1
            rounds[name].append((time.perf_counter() - start) / count)
    few = rounds["few"]
    return {
        name: median(value / base for value, base in zip(values, few, strict=True)) for name, values in rounds.items()
    }


def main() -> None:
    """Print one line a library."""
    listener = socket.create_server(("127.0.0.1", 0))
    port: int = listener.getsockname()[1]
    server = get_context("fork").Process(target=serve, args=[listener], daemon=True)
    server.start()
    all_domains = [f"h{number}.example" for number in range(DOMAINS)]
    kinds: dict[str, list[str]] = {"none": [], "few": [HOST], "many": all_domains}
    print(f"| a GET with cookies, × few | {' | '.join(kinds)} |\n|---|{'--:|' * len(kinds)}")
    makers: dict[str, Callable[[list[str]], Callable[[], object]]] = {"duohttp": lambda domains: ours(domains, port)}
    for name in ("requests", "httpx"):
        if find_spec(name) is not None:
            makers[name] = lambda domains, name=name: peer(name, domains, port)  # type: ignore[misc]
    for name, make in makers.items():
        found = measure({kind: make(domains) for kind, domains in kinds.items()})
        print(f"| {name} | {' | '.join(f'{found[kind]:.2f}' for kind in kinds)} |")
    server.terminate()


if __name__ == "__main__":
    main()
