"""Download a file that is whole or not there: kept safe from cuts, gone on with after a crash, and checked.

python examples/resumed_download.py [URL [PATH [sha256:HEX]]]      (without a url, a local server has 20 MB)
"""

from __future__ import annotations

import hashlib
import sys
import tempfile

from server import serve

from duohttp import Client, HTTPError


def main(url: str, path: str, digest: str | None = None) -> None:
    with Client() as client:
        try:
            # Start it again after Ctrl-C, or worse: it goes on where it was.
            done = client.download(url, path, progress=True, digest=digest, parallel=4)
        except (HTTPError, OSError) as error:
            raise SystemExit(f"{type(error).__name__}: {error}") from None
        print(f"{done.name}: {done.stat().st_size:,} bytes")


if __name__ == "__main__":
    if sys.argv[1:]:
        main(sys.argv[1], *(sys.argv[2:] or ["."]))
    else:
        with serve() as (_, root), tempfile.TemporaryDirectory() as folder:
            main(f"{root}/big.bin", folder, f"sha256:{hashlib.sha256(bytes(20_000_000)).hexdigest()}")
