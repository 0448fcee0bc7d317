"""Real proxies on loopback: tinyproxy and Apache (HTTP, HTTPS), microsocks (SOCKS 5), Dante (4, 5), ssh (4a, 5)."""

from __future__ import annotations

import base64
import getpass
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .apache import module_file, other_user
from .certificates import Certificates
from .process import Address, ServerProcess, launch, needs_command

__all__ = ["Proxy", "run_apache_proxy", "run_dante", "run_microsocks", "run_ssh_proxy", "run_tinyproxy"]

TINYPROXY = """\
Port {port}
Listen 127.0.0.1
Timeout 60
MaxClients 200
LogLevel Info
Allow 127.0.0.1
{auth}
"""

DANTE = """\
logoutput: stderr
internal: 127.0.0.1 port = {port}
external: 127.0.0.1
clientmethod: none
socksmethod: none
{user}
client pass {{ from: 127.0.0.0/8 to: 0.0.0.0/0 }}
socks pass {{ from: 127.0.0.0/8 to: 0.0.0.0/0 log: connect error }}
"""

APACHE_MODULES = (
    *("mpm_event", "authn_core", "authn_file", "authz_core", "authz_user", "auth_basic"),
    *("ssl", "proxy", "proxy_http", "proxy_connect"),
)
APACHE = """\
{modules}
{user}
ServerName localhost
PidFile {folder}/httpd.pid
DefaultRuntimeDir {folder}
Mutex sem
ErrorLog {folder}/error.log
LogFormat "%m %U %>s %u" plain
CustomLog {folder}/access.log plain
StartServers 1
ServerLimit 1
ThreadsPerChild 25
MaxRequestWorkers 25
Listen 127.0.0.1:{port}
SSLEngine on
SSLCertificateFile {cert}
SSLCertificateKeyFile {key}
ProxyRequests on
AllowCONNECT 1-65535
<Proxy "*">
    {access}
</Proxy>
"""
BASIC = """\
    AuthType Basic
    AuthName "proxy"
    AuthUserFile {folder}/htpasswd
    Require valid-user
"""

SSHD = """\
HostKey {folder}/host
AuthorizedKeysFile {folder}/client.pub
StrictModes no
PermitRootLogin yes
UsePAM no
PidFile none
"""


class Proxy:
    """A running proxy: ``url`` for ``proxy=`` (with credentials where it wants them), ``log()`` of what it did."""

    def __init__(self, url: str, server: ServerProcess) -> None:
        self.url = url
        self.server = server

    def log(self) -> str:
        """Return what the proxy logged so far."""
        return self.server.tail(1_000_000)


@contextmanager
def run_tinyproxy(user: str = "", password: str = "") -> Iterator[Proxy]:
    """Run tinyproxy, which forwards http and tunnels with CONNECT to any port."""
    program = needs_command("tinyproxy")
    with tempfile.TemporaryDirectory(prefix="tinyproxy-") as name:
        config = Path(name) / "tinyproxy.conf"

        def command(ports: list[int]) -> tuple[list[str], list[Address]]:
            auth = f"BasicAuth {user} {password}" if user else ""
            config.write_text(TINYPROXY.format(port=ports[0], auth=auth))
            return [program, "-d", "-c", str(config)], [("127.0.0.1", ports[0])]

        server, ports = launch("tinyproxy", Path(name), 1, command)
        try:
            yield Proxy(f"http://{credentials(user, password)}127.0.0.1:{ports[0]}", server)
        finally:
            server.stop()


@contextmanager
def run_microsocks(user: str = "", password: str = "") -> Iterator[Proxy]:
    """Run microsocks, a SOCKS 5 proxy."""
    program = needs_command("microsocks")
    with tempfile.TemporaryDirectory(prefix="microsocks-") as name:

        def command(ports: list[int]) -> tuple[list[str], list[Address]]:
            auth = ["-u", user, "-P", password] if user else []
            return [program, "-i", "127.0.0.1", "-p", str(ports[0]), *auth], [("127.0.0.1", ports[0])]

        server, ports = launch("microsocks", Path(name), 1, command)
        try:
            yield Proxy(f"socks5://{credentials(user, password)}127.0.0.1:{ports[0]}", server)
        finally:
            server.stop()


@contextmanager
def run_dante() -> Iterator[Proxy]:
    """Run Dante, a proxy for SOCKS 4 and 5; the scheme of its url is socks5h."""
    program = needs_command("danted")
    with tempfile.TemporaryDirectory(prefix="dante-") as name:
        config = Path(name) / "danted.conf"
        user = "user.privileged: root\nuser.unprivileged: nobody" if os.getuid() == 0 else ""

        def command(ports: list[int]) -> tuple[list[str], list[Address]]:
            config.write_text(DANTE.format(port=ports[0], user=user))
            return [program, "-f", str(config), "-N", "1", "-p", f"{name}/danted.pid"], [("127.0.0.1", ports[0])]

        server, ports = launch("dante", Path(name), 1, command)
        try:
            yield Proxy(f"socks5h://127.0.0.1:{ports[0]}", server)
        finally:
            server.stop()


@contextmanager
def run_ssh_proxy() -> Iterator[Proxy]:
    """Run ssh as a proxy for SOCKS 4a and 5 (``-D``); the sshd behind it talks to it through a pipe, on no port."""
    ssh, keygen, sshd = needs_command("ssh"), needs_command("ssh-keygen"), needs_command("sshd")
    with tempfile.TemporaryDirectory(prefix="ssh-") as name:
        for key in ("host", "client"):
            subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", f"{name}/{key}"], check=True)
        config = Path(name) / "sshd_config"
        config.write_text(SSHD.format(folder=name))
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # without it sshd does not start as root
        options = {
            "ProxyCommand": f"{sshd} -i -f {config}",
            "StrictHostKeyChecking": "no",
            "UserKnownHostsFile": "/dev/null",
            "IdentitiesOnly": "yes",
            "BatchMode": "yes",
            "ExitOnForwardFailure": "yes",
        }
        given = [part for option, value in options.items() for part in ("-o", f"{option}={value}")]

        def command(ports: list[int]) -> tuple[list[str], list[Address]]:
            listen = f"127.0.0.1:{ports[0]}"
            to = f"{getpass.getuser()}@localhost"
            arguments = [ssh, "-F", "none", "-N", "-D", listen, "-i", f"{name}/client", *given, to]
            return arguments, [("127.0.0.1", ports[0])]

        server, ports = launch("ssh", Path(name), 1, command)
        try:
            yield Proxy(f"socks4a://127.0.0.1:{ports[0]}", server)
        finally:
            server.stop()


@contextmanager
def run_apache_proxy(certificates: Certificates, user: str = "", password: str = "") -> Iterator[Proxy]:
    """Run Apache httpd as an HTTPS proxy: TLS to it, and then forwarding or CONNECT."""
    program = needs_command(shutil.which("httpd") or "apache2")
    with tempfile.TemporaryDirectory(prefix="apache-proxy-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # run by root, it reads as another user
        hashed = base64.b64encode(hashlib.sha1(password.encode()).digest()).decode()
        (folder / "htpasswd").write_text(f"{user}:{{SHA}}{hashed}\n")
        modules = "\n".join(f"LoadModule {module}_module {module_file(module)}" for module in APACHE_MODULES)
        config = folder / "httpd.conf"

        def command(ports: list[int]) -> tuple[list[str], list[Address]]:
            text = APACHE.format(
                modules=modules,
                user=other_user(),
                folder=folder,
                port=ports[0],
                cert=certificates.server_cert,
                key=certificates.server_key,
                access=BASIC.format(folder=folder) if user else "Require all granted",
            )
            config.write_text(text)
            return [program, "-X", "-d", name, "-f", str(config)], [("127.0.0.1", ports[0])]

        server, ports = launch("https_proxy", folder, 1, command)
        try:
            yield Proxy(f"https://{credentials(user, password)}localhost:{ports[0]}", server)
        finally:
            server.stop()


def credentials(user: str, password: str) -> str:
    """Return the userinfo part of a url."""
    return f"{user}:{password}@" if user else ""
