"""Runs each test of the suite over each engine that it is for.

A test takes the fixture ``subject``. Marks tell which engines it is not for, and why:

- ``@needs(Capability.X)``: those that say they lack something;
- ``@without("wsgi", because="…")``: those where it is meant to be otherwise;
- ``@over_network``: those that have their server inside.

``pytest tests/conformance --engine module:callable`` runs it over another engine, instead of ours.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ..servers.asgi import AsgiServer, run_asgi_server
from ..servers.certificates import Certificates
from .subjects import EXTERNAL, SUBJECTS, Subject, subjects


@pytest.fixture(scope="session")
def behaviour_server(certificates: Certificates) -> Iterator[AsgiServer]:
    """hypercorn with the behaviour."""
    with run_asgi_server(certificates, "tests.conformance.asgi_front") as server:
        yield server


@pytest.fixture(autouse=True)
def _short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Applications that were told of a disconnect get less time than usual."""
    monkeypatch.setattr("duohttp._apps.asgi_host.GRACE", 0.1)
    for colour in ("_async", "_sync"):
        monkeypatch.setattr(f"duohttp.{colour}.engines.wsgi.GRACE", 0.1)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what no engine is for, and uvloop where there are no sockets: there it is another name for asyncio."""
    left: list[pytest.Item] = []
    out: list[pytest.Item] = []
    for item in items:
        (out if _for_nobody(item) or ("uvloop-" in item.name and _without_sockets(item)) else left).append(item)
    config.hook.pytest_deselected(items=out)
    items[:] = left


def _for_nobody(item: pytest.Item) -> bool:
    """Whether a test of the suite is for none of the engines."""
    callspec = getattr(item, "callspec", None)
    return callspec is not None and not isinstance(callspec.params.get("subject", ""), str)


def _without_sockets(item: pytest.Item) -> bool:
    callspec = getattr(item, "callspec", None)
    subject = SUBJECTS.get(callspec.params.get("subject", "")) if callspec is not None else None
    return subject is not None and not subject.network


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each test the engines that it is for."""
    if "subject" not in metafunc.fixturenames:
        return
    blocking = "_async" not in metafunc.definition.path.parts
    found = subjects(metafunc.config.getoption("--engine"))
    chosen = [name for name, subject in found.items() if subject.serves(blocking=blocking) and fits(subject, metafunc)]
    metafunc.parametrize("subject", chosen, indirect=True)


def fits(subject: Subject, metafunc: pytest.Metafunc) -> bool:
    """Whether a test is for an engine."""
    for mark in metafunc.definition.iter_markers():
        if mark.name == "needs" and not subject.capabilities.issuperset(mark.args):
            return False
        if mark.name == "without":
            assert mark.kwargs["because"], "an exclusion says why"
            unknown = set(mark.args) - {*SUBJECTS, EXTERNAL}
            assert not unknown, f"there is no engine called {unknown}"
            if subject.name in mark.args:
                return False
        if mark.name == "over_network" and not subject.network:
            return False
    return True


@pytest.fixture
def subject(request: pytest.FixtureRequest) -> Subject:
    """The engine under test, told where its server is."""
    found = subjects(request.config.getoption("--engine"))
    made: Subject = found[request.param]
    if not made.network:
        return Subject(made.name, made.make, False, made.http_version, {"base_url": "http://behaviour.test"})
    server: AsgiServer = request.getfixturevalue("behaviour_server")
    certificates: Certificates = request.getfixturevalue("certificates")
    url = server.https_url if made.http_version == "HTTP/2" else server.url
    options = {"base_url": url, "verify": str(certificates.ca), **made.options}
    return Subject(made.name, made.make, True, made.http_version, options)
