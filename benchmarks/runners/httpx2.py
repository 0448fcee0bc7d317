"""httpx2: as httpx."""

from __future__ import annotations

from .httpx import Runner

DISTRIBUTIONS = ("httpx2", "httpcore2")
IMPORT = "import httpx2"
CREATE = "httpx2.Client()"

runner = Runner("httpx2")
get, async_get = runner.get, runner.async_get
download, upload = runner.download, runner.upload
async_download, async_upload = runner.async_download, runner.async_upload
