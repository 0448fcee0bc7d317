"""duohttp on httpcore's pools."""

from __future__ import annotations

from typing import Any

from ..task import Unsupported
from .duohttp import Runner

NAME = "duohttp (httpcore)"
DISTRIBUTIONS = ("httpcore",)


def httpcore_engine(duohttp: Any) -> Any:
    if not hasattr(duohttp, "HttpcoreEngine"):
        raise Unsupported("has no HttpcoreEngine yet")
    return duohttp.HttpcoreEngine()


runner = Runner(httpcore_engine)
get, async_get = runner.get, runner.async_get
download, upload = runner.download, runner.upload
async_download, async_upload = runner.async_download, runner.async_upload
echo, async_echo = runner.echo, runner.async_echo
