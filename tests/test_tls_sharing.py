"""TLS sessions and connections of their own, among threads and in forked children."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from duohttp import TLS, Client

from .servers.certificates import Certificates
from .servers.nginx import Nginx


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_threads_share_sessions(nginx: Nginx, certificates: Certificates, version: str) -> None:
    with Client(verify=certificates.ca, tls=TLS(maximum_version=version)) as client:

        def ask(number: int) -> str:
            options: Any = {"verify": False} if number % 3 == 0 else {}
            response = client.get(f"{nginx.https_url}/tls", headers={"Connection": "close"}, **options)
            return str(response.text.split()[1])

        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(ask, range(120)))
        assert set(answers) <= {".", "r"}
        assert answers.count("r") > 40
        assert client.pool_stats().open == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_child_goes_on_with_sessions_while_threads_ask(nginx: Nginx, certificates: Certificates) -> None:
    with Client(verify=certificates.ca) as client:

        def ask() -> bool:
            ways: list[Any] = [{}, {"verify": False}]
            for options in ways:
                client.get(f"{nginx.https_url}/tls", headers={"Connection": "close"}, timeout=10, **options)
            return True

        ended = threading.Event()

        def busy() -> None:
            while not ended.is_set():
                ask()

        threads = [threading.Thread(target=busy) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(5):
                child = os.fork()
                if child == 0:
                    code = 1
                    try:
                        code = 0 if ask() else 2
                    finally:
                        os._exit(code)
                _, status = os.waitpid(child, 0)
                assert os.waitstatus_to_exitcode(status) == 0
        finally:
            ended.set()
            for thread in threads:
                thread.join(30)
