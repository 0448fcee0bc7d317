"""Real proxies that want to know who asks, by Digest or Basic: squid, and Apache httpd as a forward proxy."""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .apache import module_file, other_user
from .process import Address, ServerProcess, launch, needs_command

__all__ = ["LoginProxy", "run_apache_login", "run_squid"]

REALM = "a proxy"
USER, PASSWORD = "user", "secret"
CRYPTED = "$5$duohttp$Pbqp4PbqgXLsEigGfALhb7qKpKNrqCaXucIZcZR3tH2"  # openssl passwd -5 -salt duohttp secret

STATUS = re.compile(r"(?:^|/)(\d{3}) ")  # "TCP_TUNNEL/200" of squid; Apache is told to begin with it

SQUID = """\
http_port 127.0.0.1:{ports[0]}
http_port 127.0.0.1:{ports[1]}
pid_filename {folder}/squid.pid
cache_log {folder}/cache.log
access_log stdio:{folder}/access.log
coredump_dir {folder}
{user}
visible_hostname localhost
pinger_enable off
max_filedescriptors 1024
shutdown_lifetime 0
cache deny all
cache_mem 8 MB
auth_param digest program {helpers}/digest_file_auth -c {folder}/htdigest
auth_param digest children 2 startup=1
auth_param digest realm {realm}
auth_param digest nonce_max_count 20
auth_param basic program {helpers}/basic_ncsa_auth {folder}/htpasswd
auth_param basic children 2 startup=1
auth_param basic realm {realm}
acl digest_only localport {ports[0]}
auth_schemes digest digest_only
auth_schemes digest,basic all
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all
"""

MODULES = "mpm_event authn_core authn_file authz_core authz_user auth_basic auth_digest proxy proxy_http proxy_connect"

APACHE = """\
{modules}
{user}
ServerName localhost
Listen 127.0.0.1:{ports[0]}
Listen 127.0.0.1:{ports[1]}
PidFile {folder}/httpd.pid
DefaultRuntimeDir {folder}
Mutex sem
ErrorLog {folder}/error.log
LogFormat "%>s %r %u" plain
CustomLog {folder}/access.log plain
DocumentRoot {folder}
StartServers 1
ServerLimit 1
ThreadsPerChild 25
MaxRequestWorkers 25
ProxyRequests On
AllowCONNECT 1-65535
<VirtualHost 127.0.0.1:{ports[0]}>
    <Proxy "*">
        AuthType Digest
        AuthName "{realm}"
        AuthDigestNonceLifetime {lifetime}
        AuthUserFile {folder}/htdigest
        Require valid-user
    </Proxy>
</VirtualHost>
<VirtualHost 127.0.0.1:{ports[1]}>
    <Proxy "*">
        AuthType Basic
        AuthName "{realm}"
        AuthUserFile {folder}/htpasswd
        Require valid-user
    </Proxy>
</VirtualHost>
"""


class LoginProxy:
    """A running proxy for the user ``user`` with the password ``secret``.

    ``digest`` is the url of the port that demands Digest, ``other`` of the one that also takes Basic (squid) or nothing
    else (Apache). Neither url has credentials.
    """

    def __init__(self, server: ServerProcess, folder: Path, ports: list[int]) -> None:
        self.server = server
        self.folder = folder
        self.digest, self.other = (f"http://127.0.0.1:{port}" for port in ports)

    def statuses(self, marker: str, wanted: Mapping[int, int]) -> Counter[int]:
        """Count what the proxy answered to requests whose line holds the marker.

        Proxies log after they answered, and tunnels at their end, so this waits until all that is wanted is there.
        """
        deadline = time.monotonic() + 10
        while True:
            lines = [line for line in (self.folder / "access.log").read_text().splitlines() if marker in line]
            found = Counter(int(match[1]) for line in lines if (match := STATUS.search(line)))
            if found >= Counter(wanted) or time.monotonic() > deadline:
                return found
            time.sleep(0.01)


@contextmanager
def run_squid() -> Iterator[LoginProxy]:
    """Run squid until the block ends. A nonce of its is good for 20 requests."""
    program = needs_command("squid")
    helpers = Path(program).parent.parent / "lib" / "squid"
    if not helpers.exists():
        helpers = next((path for path in map(Path, ("/usr/lib/squid", "/usr/lib64/squid")) if path.exists()), helpers)
    with _folder("squid-") as folder:
        user = ""
        if os.getuid() == 0:
            name = "proxy" if any(entry.pw_name == "proxy" for entry in pwd.getpwall()) else "nobody"
            user = f"cache_effective_user {name}"
            shutil.chown(folder, name)

        def command(ports: list[int]) -> tuple[list[str], list[Address]]:
            text = SQUID.format(ports=ports, folder=folder, user=user, helpers=helpers, realm=REALM)
            (folder / "squid.conf").write_text(text)
            return [program, "-N", "-f", str(folder / "squid.conf")], [("127.0.0.1", port) for port in ports]

        with _running("squid", folder, command) as proxy:
            yield proxy


@contextmanager
def run_apache_login(lifetime: int = 300) -> Iterator[LoginProxy]:
    """Run httpd until the block ends. Its nonces are good for ``lifetime`` seconds; 0 is for one request."""
    program = needs_command(shutil.which("httpd") or "apache2")
    modules = "\n".join(f"LoadModule {name}_module {module_file(name)}" for name in MODULES.split())
    with _folder("apache-proxy-") as folder:

        def command(ports: list[int]) -> tuple[list[str], list[Address]]:
            text = APACHE.format(
                modules=modules, user=other_user(), ports=ports, folder=folder, realm=REALM, lifetime=lifetime
            )
            (folder / "httpd.conf").write_text(text)
            arguments = [program, "-X", "-d", str(folder), "-f", str(folder / "httpd.conf")]
            return arguments, [("127.0.0.1", port) for port in ports]

        with _running("apache", folder, command) as proxy:
            yield proxy


@contextmanager
def _folder(prefix: str) -> Iterator[Path]:
    """Make a folder that other users may read, with the files of who is known."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        folder.chmod(0o755)
        known = hashlib.md5(f"{USER}:{REALM}:{PASSWORD}".encode()).hexdigest()
        (folder / "htdigest").write_text(f"{USER}:{REALM}:{known}\n")
        (folder / "htpasswd").write_text(f"{USER}:{CRYPTED}\n")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(name: str, folder: Path, command: Callable[[list[int]], Any]) -> Iterator[LoginProxy]:
    server, ports = launch(name, folder, 2, command)
    try:
        yield LoginProxy(server, folder, ports)
    finally:
        server.stop()
