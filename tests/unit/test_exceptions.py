"""The error tree."""

from __future__ import annotations

import inspect
import pickle
import re

import pytest
from yarl import URL

from duohttp import exceptions
from duohttp.exceptions import HTTPError
from duohttp.values.request import Request

CLASSES = [value for value in vars(exceptions).values() if inspect.isclass(value) and issubclass(value, HTTPError)]


def test_the_drawing_is_the_tree() -> None:
    """Every class stands in the drawing below its base, and nothing else does."""
    drawing = (exceptions.__doc__ or "").split("::", 1)[1]
    path: dict[int, str] = {}
    drawn: dict[str, str | None] = {}
    for line in drawing.splitlines():
        match = re.match(r"^    ([│├└─ ]*)(\w+)", line)
        if not match:
            continue
        depth = len(match[1]) // 4
        path[depth] = match[2]
        drawn[match[2]] = path[depth - 1] if depth else None
    assert drawn.keys() == {cls.__name__ for cls in CLASSES}
    for cls in CLASSES:
        bases = {base.__name__ for base in cls.__bases__}
        assert drawn[cls.__name__] in bases or cls is HTTPError, cls


def test_all() -> None:
    assert set(exceptions.__all__) == {cls.__name__ for cls in CLASSES}


@pytest.mark.parametrize("cls", CLASSES)
def test_pickles_and_hides_credentials(cls: type[HTTPError]) -> None:
    request = Request("GET", URL("http://user:sesame@a.test/x"))
    error = cls("it broke", request=request)
    assert str(error) == "it broke (GET http://a.test/x)"
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is cls
    assert str(copy) == str(error)
    assert copy.request is not None
    assert copy.request.method == "GET"
    assert str(cls("alone")) == "alone"
    assert cls.__doc__


def test_hides_what_is_a_secret_by_its_name() -> None:
    request = Request("GET", URL("http://a.test/x?page=2&access_token=sesame#id_token=sesame"))
    assert str(HTTPError("it broke", request=request)) == (
        "it broke (GET http://a.test/x?page=2&access_token=***#id_token=***)"
    )
    assert repr(request) == "<Request GET http://a.test/x?page=2&access_token=***#id_token=***>"
    assert request.display_url.endswith("access_token=sesame#id_token=sesame")


@pytest.mark.parametrize(
    ("name", "builtin"),
    [
        ("ReadTimeout", TimeoutError),
        ("TotalTimeout", TimeoutError),
        ("ConnectError", ConnectionError),
        ("ServerDisconnected", ConnectionError),
        ("InvalidURL", ValueError),
        ("InvalidBody", TypeError),
        ("DecodingError", ValueError),
        ("StreamConsumed", RuntimeError),
        ("ClientClosed", RuntimeError),
        ("MissingExtra", ImportError),
    ],
)
def test_builtins(name: str, builtin: type[Exception]) -> None:
    assert issubclass(getattr(exceptions, name), builtin)
