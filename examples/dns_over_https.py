"""Look names up over HTTPS (RFC 8484), and fetch from where they lead.

python examples/dns_over_https.py https://dns.example/dns-query URL [CA.pem]
"""

from __future__ import annotations

import sys

from duohttp import Client, DohResolver, ResolveError

if __name__ == "__main__":
    dns_server, url, *authority = sys.argv[1:]
    resolver = DohResolver(dns_server, verify=authority[0] if authority else True)
    with Client(resolver=resolver) as client:
        try:
            print(client.get(url).status_code, "from", url)
        except ResolveError as error:
            print("no:", error.message)
    resolver.close()
