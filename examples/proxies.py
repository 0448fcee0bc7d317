"""Ask several proxies for one url at once: which of them lead there, and how long does each take?

python examples/proxies.py URL PROXY ...      (http://, https://, socks4://, socks4a://, socks5://, socks5h://)

One client serves all of them: the proxy is an option of the request. The way without a proxy is tried as well.
"""

from __future__ import annotations

import sys

from duohttp import Client, HTTPError, Proxy


def reach(client: Client, url: str, through: Proxy | None) -> str:
    """Fetch a url on one way and tell what came of it."""
    way = "directly" if through is None else f"through {through}"
    try:
        response = client.get(url, proxy=through)
    except HTTPError as error:
        return f"{way}: {type(error).__name__}: {error.message}"
    return f"{way}: {response.status_code} in {response.elapsed.total_seconds():.3f} s"


def main(url: str, proxies: list[str]) -> None:
    ways = [None, *map(Proxy, proxies)]
    with Client(timeout=10) as client, client.scope(supervisor=True) as scope:
        jobs = [scope.start(reach, client, url, way) for way in ways]
        for job in jobs:
            print(job.result())


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
