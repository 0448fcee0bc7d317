"""dnsdist: a DNS server that speaks DNS over HTTPS."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .certificates import Certificates
from .process import Address, ServerProcess, launch, needs_command

__all__ = ["Dnsdist", "run_dnsdist"]

CONFIG = """\
setSecurityPollSuffix("")
setLocal("127.0.0.1:{plain}")
addDOHLocal("127.0.0.1:{https}", "{certificates.server_cert}", "{certificates.server_key}", {{"/dns-query"}})
addAction("private.test.", SpoofAction({{"10.0.0.1", "fd00::1"}}, {{ttl=60}}))
addAction("both.test.", SpoofAction({{"127.0.0.1", "127.0.0.2", "::1"}}, {{ttl=60}}))
addAction("short.test.", SpoofAction({{"127.0.0.1", "::1"}}, {{ttl=0}}))
addAction(AndRule{{QNameRule("four.test."), QTypeRule(DNSQType.A)}}, SpoofAction({{"127.0.0.1"}}, {{ttl=60}}))
addAction("four.test.", RCodeAction(DNSRCode.NOERROR))
addAction(AndRule{{QNameRule("half.test."), QTypeRule(DNSQType.A)}}, SpoofAction({{"127.0.0.1"}}, {{ttl=60}}))
addAction("half.test.", RCodeAction(DNSRCode.SERVFAIL))
addAction("gone.test.", RCodeAction(DNSRCode.NXDOMAIN))
addAction("empty.test.", RCodeAction(DNSRCode.NOERROR))
addAction("broken.test.", RCodeAction(DNSRCode.SERVFAIL))
addAction(AllRule(), RCodeAction(DNSRCode.REFUSED))
"""


class Dnsdist:
    """A running dnsdist: ``url`` is where it takes questions.

    It knows ``both.test`` (127.0.0.1, 127.0.0.2 and ::1), ``four.test`` (127.0.0.1), ``short.test`` (for 0 s),
    ``half.test`` (fails for IPv6), ``private.test`` (10.0.0.1 and fd00::1), ``empty.test`` (no address), ``gone.test``
    (no such name), ``broken.test`` (fails); it refuses the others.
    """

    def __init__(self, server: ServerProcess, port: int) -> None:
        self.server = server
        self.port = port
        self.url = f"https://localhost:{port}/dns-query"


@contextmanager
def run_dnsdist(certificates: Certificates) -> Iterator[Dnsdist]:
    """Run dnsdist until the block ends."""
    program = needs_command("dnsdist")
    folder = Path(tempfile.mkdtemp(prefix="dnsdist-"))
    try:

        def command(ports: list[int]) -> tuple[list[str], list[Address]]:
            config = folder / "dnsdist.conf"
            config.write_text(CONFIG.format(plain=ports[0], https=ports[1], certificates=certificates))
            return [program, "--supervised", "-C", str(config)], [("127.0.0.1", ports[1])]

        server, ports = launch("dnsdist", folder, 2, command)
        try:
            yield Dnsdist(server, ports[1])
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
