"""Apache httpd, for the authentication that nginx does not have."""

from __future__ import annotations

import base64
import grp
import hashlib
import os
import pwd
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .nginx import SMALL
from .process import Address, ServerProcess, launch, needs_command

__all__ = ["Apache", "run_apache"]

MODULES = ("mpm_event", "authn_core", "authn_file", "authz_core", "authz_user", "auth_basic", "auth_digest", "mime")
MODULE_FOLDERS = ("/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/lib/httpd/modules")
REALM = "private"

CONFIG = """\
{modules}
{user}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {folder}/httpd.pid
DefaultRuntimeDir {folder}
Mutex sem
ErrorLog {folder}/error.log
LogFormat "%m %U %>s %u" plain
CustomLog {folder}/access.log plain
TypesConfig /dev/null
DocumentRoot {folder}/html
KeepAliveTimeout 60
StartServers 1
ServerLimit 1
ThreadsPerChild 25
MaxRequestWorkers 25
<Directory {folder}/html>
    Require all granted
</Directory>
<Location /basic/>
    AuthType Basic
    AuthName "{realm}"
    AuthUserFile {folder}/htpasswd
    Require valid-user
</Location>
<Location /digest/>
    AuthType Digest
    AuthName "{realm}"
    AuthDigestDomain /digest/
    AuthUserFile {folder}/htdigest
    Require valid-user
</Location>
<Location /short-lived/>
    AuthType Digest
    AuthName "{realm}"
    AuthDigestNonceLifetime 1
    AuthUserFile {folder}/htdigest
    Require valid-user
</Location>
<Location /one-time/>
    AuthType Digest
    AuthName "{realm}"
    AuthDigestNonceLifetime 0
    AuthUserFile {folder}/htdigest
    Require valid-user
</Location>
"""


class Apache:
    """A running httpd: ``url``, and below it ``/basic/``, ``/digest/``, ``/short-lived/`` and ``/one-time/``.

    Each has ``small.txt``, for the user ``user`` with the password ``secret``. The nonces of the last two are good for
    a second and for one request.
    """

    def __init__(self, server: ServerProcess, folder: Path, port: int) -> None:
        self.server = server
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}"
        self.seen = 0

    def requests(self, count: int) -> list[str]:
        """Return the lines of the access log since the last time: method, path, status, user.

        httpd logs after it answered, so this waits until there are ``count`` of them.
        """
        deadline = time.monotonic() + 10
        while True:
            lines = (self.folder / "access.log").read_text().splitlines()
            if len(lines) - self.seen >= count or time.monotonic() > deadline:
                found, self.seen = lines[self.seen :], len(lines)
                return found
            time.sleep(0.01)


@contextmanager
def run_apache() -> Iterator[Apache]:
    """Run httpd until the block ends."""
    program = needs_command(shutil.which("httpd") or "apache2")
    folder = Path(tempfile.mkdtemp(prefix="apache-"))
    try:
        folder.chmod(0o755)  # run by root, it reads as another user
        write_files(folder)
        modules = "\n".join(f"LoadModule {name}_module {module_file(name)}" for name in MODULES)
        config = folder / "httpd.conf"

        def command(ports: list[int]) -> tuple[list[str], list[Address]]:
            text = CONFIG.format(modules=modules, user=other_user(), folder=folder, port=ports[0], realm=REALM)
            config.write_text(text)
            return [program, "-X", "-d", str(folder), "-f", str(config)], [("127.0.0.1", ports[0])]

        server, ports = launch("apache", folder, 1, command)
        try:
            yield Apache(server, folder, ports[0])
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_files(folder: Path) -> None:
    """Write what httpd serves, and who may have it."""
    for name in ("basic", "digest", "short-lived", "one-time"):
        (folder / "html" / name).mkdir(parents=True)
        (folder / "html" / name / "small.txt").write_bytes(SMALL)
    known = hashlib.md5(f"user:{REALM}:secret".encode()).hexdigest()
    (folder / "htdigest").write_text(f"user:{REALM}:{known}\n")
    hashed = base64.b64encode(hashlib.sha1(b"secret").digest()).decode()
    (folder / "htpasswd").write_text(f"user:{{SHA}}{hashed}\n")


def module_file(name: str) -> str:
    """Return the path of a module; without it skip the test, or fail it where CI is set."""
    for folder in MODULE_FOLDERS:
        path = Path(folder) / f"mod_{name}.so"
        if path.exists():
            return str(path)
    reason = f"Apache's mod_{name} is not installed"
    if os.environ.get("CI"):
        pytest.fail(f"{reason}, and CI is set")
    pytest.skip(reason)


def other_user() -> str:
    """Return the directives for the user that a server started by root becomes; Apache never serves as root."""
    if os.getuid() != 0:
        return ""
    nobody = pwd.getpwnam("nobody")
    return f"User {nobody.pw_name}\nGroup {grp.getgrgid(nobody.pw_gid).gr_name}"
