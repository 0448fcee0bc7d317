"""Trust one authority, pin a key, and learn from the error what is wrong with a certificate.

python examples/secure_connections.py CA.pem https://host/
"""

from __future__ import annotations

import re
import sys

from duohttp import TLS, Client, Response, TLSError


def fetch(url: str, tls: TLS) -> Response:
    with Client(tls=tls, trust_env=False) as client:
        return client.get(url)


if __name__ == "__main__":
    authority, url = sys.argv[1:]
    host = url.split("/")[2].partition(":")[0]
    try:
        fetch(url, TLS())  # certifi's authorities do not know ours
    except TLSError as error:
        print("unknown:", error.message)

    trusting = TLS(verify=authority, minimum_version="TLSv1.2")
    print("trusted:", fetch(url, trusting).status_code)

    try:
        fetch(url, trusting.replace(pins={host: "sha256/" + "A" * 43 + "="}))
    except TLSError as error:
        pins = re.findall(r"sha256/[\w+/]+=", error.message)
        print("pinned:", fetch(url, trusting.replace(pins={host: pins})).status_code)
