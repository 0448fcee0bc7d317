"""TLS: contexts made from settings, handshakes that fail in plain words, TLS in TLS, client certificates."""

from __future__ import annotations

import contextlib
import datetime
import os
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import certifi
import pytest
import trustme

from duohttp._network import make_context as context_for
from duohttp._network.tls_errors import explain, explain_plaintext
from duohttp.exceptions import ConnectTimeout, ReadTimeout, TLSError
from duohttp.values.tls import TLS

from .network_support import (
    FLAVOURS,
    AnyStream,
    Certificates,
    echo,
    hold,
    network,
    over_tls,
    pause,
    reset,
    run,
    serve,
    until,
)

CERTIFICATES = Certificates()


def make_context(verify: Any = True, cert: Any = None, **options: Any) -> ssl.SSLContext:
    return context_for(TLS(verify=verify, cert=cert), **options)


TRUSTING = CERTIFICATES.client()


@pytest.fixture(params=FLAVOURS)
def flavour(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def bundle(tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    CERTIFICATES.authority.cert_pem.write_to_path(str(path))
    return str(path)


# Contexts


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"):
        monkeypatch.delenv(name, raising=False)


def subjects(context: ssl.SSLContext) -> int:
    return len(context.get_ca_certs())


def test_the_default_context_verifies_with_certifi() -> None:
    context = make_context()
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    reference = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    reference.load_verify_locations(certifi.where())
    assert subjects(context) == subjects(reference) > 50


def test_equal_settings_share_a_context(bundle: str) -> None:
    assert make_context() is make_context(True)
    assert make_context(bundle) is make_context(bundle)
    assert make_context(bundle) is not make_context()
    assert make_context(bundle) is not make_context(bundle, alpn=("h2", "http/1.1"))
    assert make_context(False) is not make_context()


def test_a_file_that_changed_is_read_again(bundle: str) -> None:
    before = make_context(bundle)
    trustme.CA().cert_pem.write_to_path(bundle, append=True)
    after = make_context(bundle)
    assert (subjects(before), subjects(after)) == (1, 2)


def test_no_verification() -> None:
    context = make_context(False)
    assert context.verify_mode == ssl.CERT_NONE
    assert not context.check_hostname


def test_the_environment_is_heard_only_if_trusted(bundle: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", bundle)
    assert subjects(make_context()) == 1
    assert subjects(make_context(trust_env=False)) > 50
    assert subjects(make_context(trust_env=("proxy", "keylog"))) > 50
    assert subjects(make_context(trust_env=("ca",))) == 1
    assert make_context(False).verify_mode == ssl.CERT_NONE
    monkeypatch.delenv("SSL_CERT_FILE")
    assert subjects(make_context()) > 50
    monkeypatch.setenv("SSL_CERT_DIR", os.path.dirname(bundle))
    assert subjects(make_context()) == 0  # looked up by hash when needed


def test_a_key_log_is_written_if_the_environment_is_trusted(
    bundle: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    assert make_context(bundle).keylog_filename == str(tmp_path / "keys")
    assert make_context(bundle, trust_env=False).keylog_filename is None
    assert make_context(bundle, trust_env=("ca",)).keylog_filename is None


def test_a_directory_of_certificates(tmp_path: Path) -> None:
    assert make_context(str(tmp_path)).verify_mode == ssl.CERT_REQUIRED


def test_a_context_of_the_user_is_left_alone() -> None:
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    assert make_context(theirs, alpn=("h2",)) is theirs
    with pytest.raises(ValueError, match="verify is an SSLContext, which is used as it is: set cert in it"):
        make_context(theirs, "client.pem")


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_bundles_that_can_not_be_used(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "bundle.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(TLSError, match=r"the CA certificates at '.*bundle\.pem' can't be loaded"):
        make_context(str(path))


@pytest.fixture
def client_files(tmp_path: Path) -> dict[str, Any]:
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
        load_pem_private_key,
    )

    issued = CERTIFICATES.authority.issue_cert("client@example.org")
    paths = {name: str(tmp_path / f"{name}.pem") for name in ("both", "cert", "key", "locked")}
    issued.private_key_and_cert_chain_pem.write_to_path(paths["both"])
    issued.cert_chain_pems[0].write_to_path(paths["cert"])
    issued.private_key_pem.write_to_path(paths["key"])
    key = load_pem_private_key(issued.private_key_pem.bytes(), None)
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    Path(paths["locked"]).write_bytes(locked)
    return paths


def test_client_certificates_that_can_not_be_used(client_files: dict[str, str]) -> None:
    cert, locked = client_files["cert"], client_files["locked"]
    with pytest.raises(TLSError, match="is encrypted: give its password"):
        make_context(cert=(cert, locked))
    with pytest.raises(TLSError, match="can't be loaded") as caught:
        make_context(cert=(cert, locked, "hunter2"))
    assert "hunter2" not in str(caught.value)
    with pytest.raises(TLSError, match="No such file"):
        make_context(cert=cert + "x")
    with pytest.raises(TLSError, match="can't be loaded"):
        make_context(cert=cert)


@pytest.mark.parametrize("names", [("both",), ("cert", "key"), ("cert", "locked")])
def test_a_client_certificate_is_shown(flavour: str, bundle: str, client_files: dict[str, str], names: Any) -> None:
    context = CERTIFICATES.server_for("localhost")
    context.verify_mode = ssl.CERT_REQUIRED
    CERTIFICATES.authority.configure_trust(context)
    seen: list[Any] = []

    def handle(connection: Any) -> None:
        seen.append(connection.getpeercert()["subjectAltName"])
        echo(connection)

    async def main() -> None:
        files = [client_files[name] for name in names] + ["secret"] * ("locked" in names)
        cert = files[0] if len(files) == 1 else tuple(files)
        stream = await connect(flavour, server.port, make_context(bundle, cert))
        await stream.write(b"hi", 5)
        assert await stream.read(10, 5) == b"hi"
        await stream.aclose()

        without = await connect(flavour, server.port, make_context(bundle))
        with pytest.raises(TLSError, match="wants a client certificate; give one with cert="):
            await without.read(10, 5)
        without.abort()
        await pause(flavour, 0)

    with serve(over_tls(context, handle)) as server:
        run(flavour, main)
    assert seen == [(("email", "client@example.org"),)]


# Handshakes


async def connect(
    flavour: str, port: int, context: ssl.SSLContext, name: str | None = "localhost", timeout: float | None = 5
) -> AnyStream:
    stream = await network(flavour).connect_tcp("127.0.0.1", port, 5)
    try:
        return await stream.start_tls(context, name, timeout)  # type: ignore[no-any-return]
    except BaseException:
        assert stream.is_stale(), "a failed handshake must close the connection"
        raise
    finally:
        await pause(flavour, 0)


def failing_handshake(
    flavour: str, handle: Callable[[socket.socket], object], message: str, context: ssl.SSLContext = TRUSTING
) -> None:
    with serve(handle) as server:

        async def main() -> None:
            with pytest.raises(TLSError, match=message) as caught:
                await connect(flavour, server.port, context)
            assert f"127.0.0.1:{server.port}" in str(caught.value)

        run(flavour, main)


def test_expired(flavour: str) -> None:
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    failing_handshake(
        flavour, over_tls(CERTIFICATES.server_for("localhost", not_after=past), hold), "certificate has expired"
    )


def test_another_host(flavour: str) -> None:
    context = CERTIFICATES.server_for("other.test")
    failing_handshake(flavour, over_tls(context, hold), "is for other names than 'localhost'")


def test_unknown_authority(flavour: str) -> None:
    context = Certificates().localhost
    failing_handshake(flavour, over_tls(context, hold), "unknown authority")


def test_self_signed(flavour: str, tmp_path: Path) -> None:
    other = trustme.CA()
    path = str(tmp_path / "self.pem")
    other.private_key_pem.write_to_path(path)
    other.cert_pem.write_to_path(path, append=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    failing_handshake(flavour, over_tls(context, hold), "self-signed")


def test_no_common_version(flavour: str) -> None:
    old = CERTIFICATES.server_for("localhost")
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    new = CERTIFICATES.client()
    new.minimum_version = ssl.TLSVersion.TLSv1_3
    failing_handshake(flavour, over_tls(old, hold), "TLS version", new)


@pytest.mark.parametrize(
    ("banner", "said"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", r" \(it sent 'HTTP/1.1 400 Bad Request'\)"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", r" \(it sent 'SSH-2.0-OpenSSH_9.2'\)"),
        (b"\x00\x01\x02", "$"),
    ],
)
def test_a_server_without_tls(flavour: str, banner: bytes, said: str) -> None:
    def handle(connection: socket.socket) -> None:
        connection.recv(10_000)
        connection.sendall(banner)
        connection.recv(10)

    failing_handshake(flavour, handle, "does not speak TLS on this port" + said)


def test_a_server_that_hangs_up_or_resets(flavour: str) -> None:
    failing_handshake(flavour, lambda connection: connection.recv(1000), "closed the connection in the middle|reset")
    failing_handshake(flavour, reset, "reset")


def test_the_handshake_has_a_limit(flavour: str) -> None:
    with serve(hold) as server:

        async def main() -> None:
            with pytest.raises(ConnectTimeout, match=r"no TLS with 127\.0\.0\.1:\d+ within 0\.1 s"):
                await connect(flavour, server.port, TRUSTING, timeout=0.1)

        run(flavour, main)


def test_a_context_that_needs_a_name(flavour: str) -> None:
    with serve(hold) as server:

        async def main() -> None:
            for name in (None, "bad\0name"):
                with pytest.raises(TLSError):
                    await connect(flavour, server.port, TRUSTING, name)

        run(flavour, main)


@pytest.mark.parametrize("name", ["localhost", "localhost.", "127.0.0.1", "::1", "::1%lo"])
def test_names_and_addresses_are_verified(flavour: str, name: str) -> None:
    context = CERTIFICATES.server_for("localhost", "127.0.0.1", "::1")
    asked: list[str | None] = []
    context.sni_callback = lambda sock, host, context: asked.append(host)
    with serve(over_tls(context, echo)) as server:

        async def main() -> None:
            stream = await connect(flavour, server.port, TRUSTING, name)
            await stream.aclose()

        run(flavour, main)
    assert asked == ["localhost" if name.startswith("localhost") else None]


def first_flight() -> int:
    """Return how many bytes a server says before it needs the client's answer."""
    ends: list[ssl.MemoryBIO] = []
    for context, server_side in ((TRUSTING, False), (CERTIFICATES.localhost, True)):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        if ends:
            incoming.write(ends[0].read())
        end = context.wrap_bio(incoming, outgoing, server_side, None if server_side else "localhost")
        with contextlib.suppress(ssl.SSLWantReadError):
            end.do_handshake()
        ends.append(outgoing)
    return ends[1].pending


def test_a_handshake_cut_anywhere(flavour: str) -> None:
    """The server's bytes end after the n-th, by an end or by a reset."""
    flight = first_flight()
    assert flight > 500
    with serve(over_tls(CERTIFICATES.localhost, hold)) as server:
        for count in [*range(1, 8), *range(50, flight - 20, 101), flight - 20]:  # lengths vary by a few bytes
            abrupt = count % 2 == 0
            with serve(lambda connection: cut(connection, server.port, count, abrupt)) as cutting:  # noqa: B023

                async def main() -> None:
                    with pytest.raises(TLSError, match=r"closed the connection in the middle|reset"):
                        await connect(flavour, cutting.port, TRUSTING)

                run(flavour, main)


def cut(connection: socket.socket, port: int, count: int, abrupt: bool) -> None:
    """Pass bytes both ways, but only so many from the server."""
    with socket.create_connection(("127.0.0.1", port)) as upstream:
        thread = threading.Thread(target=pump, args=[connection, upstream])
        thread.start()
        try:
            while count > 0:
                data = upstream.recv(count)
                connection.sendall(data)
                count -= len(data)
        finally:
            if abrupt:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            with_errors_ignored(lambda: connection.shutdown(socket.SHUT_RD if abrupt else socket.SHUT_RDWR))
            with_errors_ignored(lambda: upstream.shutdown(socket.SHUT_RDWR))
            thread.join(5)


def pump(source: Any, target: Any) -> None:
    """Copy until either side ends."""
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


# On top of what else


def test_tls_after_plain_talk(flavour: str) -> None:
    def handle(connection: socket.socket) -> None:
        assert connection.recv(100) == b"STARTTLS"
        connection.sendall(b"go")
        over_tls(CERTIFICATES.localhost, echo)(connection)

    with serve(handle) as server:

        async def main() -> None:
            plain = await network(flavour).connect_tcp("127.0.0.1", server.port, 5)
            await plain.write(b"STARTTLS", 5)
            assert await plain.read(2, 5) == b"go"
            stream = await plain.start_tls(TRUSTING, "localhost", 5)
            del plain
            await stream.write(b"secret", 5)
            assert await stream.read(100, 5) == b"secret"
            await stream.aclose()

        run(flavour, main)


@pytest.fixture
def tunnel() -> Iterator[Callable[[int], Any]]:
    """An HTTPS proxy's view: TLS to it, and in that a tunnel to another port."""

    def through(port: int) -> Any:
        def handle(connection: Any) -> None:
            with socket.create_connection(("127.0.0.1", port)) as upstream:
                thread = threading.Thread(target=pump, args=[connection, upstream])
                thread.start()
                pump(upstream, connection)
                with_errors_ignored(lambda: upstream.shutdown(socket.SHUT_RDWR))
                thread.join(5)

        return serve(over_tls(PROXY.localhost, handle))

    return through  # type: ignore[return-value]


def with_errors_ignored(function: Callable[[], object]) -> None:
    try:
        function()
    except OSError:
        pass


PROXY = Certificates()


def test_tls_in_tls(flavour: str, tunnel: Any) -> None:
    with serve(over_tls(CERTIFICATES.localhost, echo)) as server, tunnel(server.port) as proxy:

        async def main() -> None:
            outer = await connect(flavour, proxy.port, PROXY.client())
            inner = await outer.start_tls(TRUSTING, "localhost", 5)
            ssl_object: Any = inner.get_extra_info("ssl_object")
            assert ssl_object is not outer.get_extra_info("ssl_object")
            data = os.urandom(1_000_000)
            got = b""
            await inner.write(data[:100_000], 5)
            while len(got) < 100_000:
                got += await inner.read(7_000, 5)
            assert got == data[:100_000]
            await until(flavour, lambda: not inner.is_stale())
            await inner.aclose()

        run(flavour, main)


def test_the_inner_certificate_is_verified_too(flavour: str, tunnel: Any) -> None:
    with serve(over_tls(CERTIFICATES.server_for("other.test"), hold)) as server, tunnel(server.port) as proxy:

        async def main() -> None:
            outer = await connect(flavour, proxy.port, PROXY.client())
            with pytest.raises(TLSError, match="other names"):
                await outer.start_tls(TRUSTING, "localhost", 5)
            assert outer.is_stale()

        run(flavour, main)


def test_session_tickets_do_not_make_a_connection_stale(flavour: str) -> None:
    with serve(over_tls(CERTIFICATES.localhost, echo)) as server:

        async def main() -> None:
            stream = await connect(flavour, server.port, TRUSTING)
            sock: Any = stream.get_extra_info("socket")
            await pause(flavour, 0.05)
            for _ in range(3):
                assert not stream.is_stale()
                assert stream.read_nowait(10) is None
            await stream.write(b"x" * 10, 5)
            assert await stream.read(100, 5) == b"x" * 10
            assert sock.fileno() > 0
            await stream.aclose()

        run(flavour, main)


class OpenSSLServer:
    """``openssl s_server``, told by its input to send text, to change keys (K) or to shake hands anew (r)."""

    def __init__(self, version: str, folder: Path) -> None:
        program = shutil.which("openssl")
        if program is None:
            pytest.skip("the openssl program is not installed")
        key = str(folder / "server.pem")
        CERTIFICATES.authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(key)
        self.process = subprocess.Popen(
            [program, "s_server", "-accept", "127.0.0.1:0", "-cert", key, "-key", key, version],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.port = int(self.line("ACCEPT").rpartition(":")[2])

    def line(self, start: str) -> str:
        """Return the next line of output that begins so."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(start):
                return line.strip()
        raise AssertionError(f"the server ended without saying {start}")

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture(params=["-tls1_3", "-tls1_2"])
def openssl(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenSSLServer]:
    server = OpenSSLServer(request.param, tmp_path)
    yield server
    server.close()


@pytest.mark.parametrize("openssl", ["-tls1_3"], indirect=True)
def test_new_keys_on_an_idle_connection(flavour: str, openssl: OpenSSLServer) -> None:
    """A TLS 1.3 KeyUpdate is answered with the next write, and makes nothing stale."""

    async def main() -> None:
        stream = await connect(flavour, openssl.port, TRUSTING)
        openssl.say("K")
        await pause(flavour, 0.1)  # most likely it has come by then; if not, the rest holds too
        assert not stream.is_stale()
        await stream.write(b"question\n", 5)
        openssl.line("question")
        openssl.say("answer")
        assert await stream.read(100, 5) == b"answer\n"
        await stream.aclose()

    run(flavour, main)


@pytest.mark.parametrize("openssl", ["-tls1_2"], indirect=True)
def test_a_new_handshake_on_an_idle_connection_makes_it_stale(flavour: str, openssl: OpenSSLServer) -> None:
    async def main() -> None:
        stream = await connect(flavour, openssl.port, TRUSTING)
        openssl.say("r")
        await until(flavour, stream.is_stale)
        await stream.aclose()

        stream = await connect(flavour, openssl.port, TRUSTING)
        openssl.say("r")
        with pytest.raises(ReadTimeout):
            await stream.read(10, 0.05)
        await stream.aclose()

    run(flavour, main)


def test_new_keys_or_a_new_handshake_while_reading(flavour: str, openssl: OpenSSLServer) -> None:
    async def main() -> None:
        stream = await connect(flavour, openssl.port, TRUSTING)
        await stream.write(b"question\n", 5)
        openssl.line("question")
        version: Any = stream.get_extra_info("ssl_object")
        openssl.say("K" if version.version() == "TLSv1.3" else "r")
        for _ in range(2):  # the handshake needs an answer of ours, which only a read gives
            with contextlib.suppress(ReadTimeout):
                await stream.read(100, 0.05)
        openssl.say("answer")
        assert await stream.read(100, 5) == b"answer\n"
        await stream.write(b"thanks\n", 5)
        openssl.line("thanks")
        await stream.aclose()

    run(flavour, main)


def test_alpn_is_agreed_on(flavour: str, bundle: str) -> None:
    context = CERTIFICATES.server_for("localhost")
    context.set_alpn_protocols(["h2", "http/1.1"])
    with serve(over_tls(context, echo)) as server:

        async def main() -> None:
            for offered, chosen in ((("http/1.1",), "http/1.1"), (("h2", "http/1.1"), "h2"), ((), None)):
                stream = await connect(flavour, server.port, make_context(bundle, alpn=offered))
                ssl_object: Any = stream.get_extra_info("ssl_object")
                assert ssl_object.selected_alpn_protocol() == chosen
                await stream.aclose()

        run(flavour, main)


# Words


def test_what_is_no_tls_record() -> None:
    assert explain_plaintext(b"") is None
    assert explain_plaintext(b"\x16\x03\x01") is None
    assert explain_plaintext(b"\x15\x03\x01") is None
    assert explain_plaintext("Grüße".encode()) == "the server does not speak TLS on this port"


def test_unknown_errors_are_shown_as_they_are() -> None:
    assert "something new" in explain(ssl.SSLError(1, "something new"), "host")
    assert "hostname 'x' doesn't match" in explain(ssl.SSLError(1, "hostname 'x' doesn't match"), "x")
