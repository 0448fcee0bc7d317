"""Download a file of any size in little memory, and tell how far it has come.

python examples/streamed_download.py [URL [PATH]]      (without a url, a local server has 20 MB)
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from pathlib import Path

from server import serve

from duohttp import Client, HTTPError


def download(client: Client, url: str, path: Path) -> str:
    """Write a body to a file piece by piece; return its SHA-256."""
    digest = hashlib.sha256()
    # expect_success: an error page is no download.
    with client.stream("GET", url, expect_success=True) as response, path.open("wb") as file:
        total = response.headers.get("Content-Length", "?")
        for piece in response.iter_bytes(chunk_size=4 * 1024 * 1024):
            file.write(piece)
            digest.update(piece)
            print(f"{file.tell():>12,} of {total} bytes")
    return digest.hexdigest()


def main(url: str, path: Path) -> None:
    with Client() as client:
        try:
            print(f"sha256 {download(client, url, path)}  {path}")
        except HTTPError as error:
            raise SystemExit(f"{type(error).__name__}: {error}") from None


if __name__ == "__main__":
    if sys.argv[1:]:
        given = sys.argv[1]
        main(given, Path(sys.argv[2] if sys.argv[2:] else Path(given).name or "download"))
    else:
        with serve() as (_, root), tempfile.TemporaryDirectory() as folder:
            main(f"{root}/big.bin", Path(folder, "big.bin"))
