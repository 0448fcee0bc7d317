"""Ask one server many times at once over HTTP/2: how many connections does that take, and how long?

python examples/http2_many.py URL [COUNT]      (needs the extra http2)

An https url is spoken to by HTTP/2 if its server offers that; a plain http one must know it beforehand.
"""

from __future__ import annotations

import sys
import time

from duohttp import Client, HTTPError


def main(url: str, count: int) -> None:
    plain = url.startswith("http://")
    with Client(http1=not plain, http2=True, timeout=10) as client:
        started = time.perf_counter()
        responses = client.parallel_get([url] * count, limit=50)
        elapsed = time.perf_counter() - started
        versions = sorted({response.http_version for response in responses})
        stats = client.pool_stats()
    print(f"{len(responses)} responses by {', '.join(versions)} on {stats.opened} connection(s) in {elapsed:.2f} s")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    try:
        main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100)
    except HTTPError as error:
        sys.exit(f"{type(error).__name__}: {error}")
