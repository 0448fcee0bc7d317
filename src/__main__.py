"""``python -m duohttp URL …``: fetch and print, in parallel when there are several."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence

from . import HTTPError, InvalidURL, Response, __version__, parallel_get
from .values.url import display_url, parse_url

__all__ = ["main"]

EPILOG = """\
Bodies go to standard output in the order of the urls, errors to standard error. A status of 400 or more is an error.
The exit status is 0 if every url was fetched, else 1.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch the urls of a command line, print their bodies, return the exit status."""
    given = parser().parse_args(arguments)
    try:
        answers = parallel_get(given.urls, limit=given.limit, timeout=given.timeout, return_exceptions=True)
        return max([show(url, answer) for url, answer in zip(given.urls, answers, strict=True)])
    except BrokenPipeError:  # whoever read our output has seen enough
        sys.stderr.close()
        return 1
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    made = argparse.ArgumentParser(
        prog="python -m duohttp", description="Fetch urls and print their bodies.", epilog=EPILOG
    )
    made.add_argument("urls", nargs="+", metavar="URL", help="an http or https url")
    made.add_argument("--limit", type=positive, default=32, metavar="N", help="at most N urls at once (default: 32)")
    made.add_argument("--timeout", type=seconds, default=30.0, metavar="S", help="seconds for each step (default: 30)")
    made.add_argument("--version", action="version", version=f"duohttp {__version__}")
    return made


def positive(text: str) -> int:
    """Read a number from 1 on."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def seconds(text: str) -> float:
    """Read a number of seconds above 0."""
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError
    return number


def show(url: str, answer: Response | Exception) -> int:
    """Print one body, or one error; return the exit status for it."""
    if isinstance(answer, Response) and not answer.is_error:
        sys.stdout.buffer.write(answer.content)
        sys.stdout.buffer.flush()
        return 0
    if isinstance(answer, Response):
        problem = f"the server answered {answer.status_code} {answer.reason_phrase}".rstrip()
    else:
        problem = answer.message if isinstance(answer, HTTPError) else repr(answer)
    print(f"{shown(url)}: {problem}", file=sys.stderr)
    return 1


def shown(url: str) -> str:
    """Return a url as it may be shown: without password."""
    try:
        return display_url(parse_url(url))
    except InvalidURL:
        return re.sub(r"//[^/?#]*@", "//", url)


if __name__ == "__main__":
    raise SystemExit(main())
