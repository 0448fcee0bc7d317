"""nginx with a location for each thing a client must get right."""

from __future__ import annotations

import getpass
import hashlib
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from .certificates import Certificates
from .process import Address, ServerProcess, launch, needs_command

__all__ = ["SMALL", "Nginx", "run_nginx"]

SMALL = b"A small file of fifty-four bytes, for the smallest GET"
MEGABYTE = b"".join(hashlib.sha256(str(number).encode()).digest() for number in range(2**20 // 32))
STATUSES = (200, 201, 202, 400, 401, 403, 404, 405, 409, 410, 418, 429, 500, 502, 503, 504)
REDIRECTS = (301, 302, 303, 307, 308)

CONFIG = """\
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr notice;
events {{ worker_connections 8192; }}
http {{
    types {{ text/plain txt; application/json json; text/html html; application/octet-stream bin; }}
    default_type application/octet-stream;
    log_format plain '$request_method $request_uri $status connection=$connection nth=$connection_requests';
    access_log {folder}/access.log plain;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    sendfile on;
    tcp_nodelay on;
    keepalive_timeout 120s;
    keepalive_requests 1000000;
    client_max_body_size 0;
    absolute_redirect off;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate {certificates.server_cert};
    ssl_certificate_key {certificates.server_key};
    server {{
        server_name localhost;
        listen 127.0.0.1:{http} backlog=4096;
        {listen_v6}
        listen 127.0.0.1:{https} ssl http2;
        listen unix:{folder}/nginx.sock;
        include {folder}/locations.conf;
    }}
    server {{
        listen 127.0.0.1:{h2c} http2;
        include {folder}/locations.conf;
    }}
    server {{
        listen 127.0.0.1:{mtls} ssl;
        ssl_client_certificate {certificates.ca};
        ssl_verify_client on;
        include {folder}/locations.conf;
    }}
    server {{
        listen 127.0.0.1:{expired} ssl;
        ssl_certificate {certificates.expired_cert};
        ssl_certificate_key {certificates.expired_key};
        include {folder}/locations.conf;
    }}
    server {{
        listen 127.0.0.1:{wrong_host} ssl;
        ssl_certificate {certificates.wrong_host_cert};
        ssl_certificate_key {certificates.wrong_host_key};
        include {folder}/locations.conf;
    }}
}}
"""

LOCATIONS = """\
root {folder}/html;
location = /echo {{
    default_type text/plain;
    return 200 "$request_method $request_uri\\nhost=$http_host\\nuser-agent=$http_user_agent\\naccept=$http_accept\\n\
accept-encoding=$http_accept_encoding\\ncontent-type=$content_type\\ncontent-length=$content_length\\n\
authorization=$http_authorization\\ncookie=$http_cookie\\nx-test=$http_x_test\\n";
}}
location = /connection {{
    default_type text/plain;
    return 200 "$server_protocol $connection $connection_requests";
}}
location = /tls {{
    default_type text/plain;
    return 200 "$ssl_protocol $ssl_session_reused $ssl_server_name $http_host $connection";
}}
location /gzip/ {{
    alias {folder}/html/;
    gzip on; gzip_min_length 1; gzip_types *; gzip_proxied any;
}}
location /close/ {{ alias {folder}/html/; keepalive_timeout 0; }}
location /three/ {{ alias {folder}/html/; keepalive_requests 3; }}
location /short-lived/ {{ alias {folder}/html/; keepalive_timeout 50ms; }}
location /slow/ {{ alias {folder}/html/; limit_rate 20k; }}
location /private/ {{
    alias {folder}/html/;
    auth_basic "private"; auth_basic_user_file {folder}/htpasswd;
}}
location = /latin1.txt {{ default_type "text/plain; charset=iso-8859-1"; types {{}} }}
location /uploads/ {{
    alias {folder}/uploads/;
    dav_methods PUT DELETE; create_full_put_path on;
}}
location /cached/ {{ alias {folder}/html/; expires 60s; }}
location /pages/ {{
    alias {folder}/uploads/; expires 60s;
    dav_methods PUT DELETE; create_full_put_path on;
}}
location = /discard {{ return 200 "ok\\n"; }}
location /limited/ {{ alias {folder}/uploads/; dav_methods PUT; client_max_body_size 1k; }}
location = /status/204 {{ return 204; }}
"""


class Ports(NamedTuple):
    """The ports of one nginx."""

    http: int
    https: int
    h2c: int
    mtls: int
    expired: int
    wrong_host: int
    v6: int


class Nginx:
    """A running nginx.

    ``url`` (http), ``https_url`` (TLS with HTTP/2 and 1.1), ``h2c_url`` (HTTP/2 without TLS, prior knowledge),
    ``mtls_url`` (asks for a client certificate), ``expired_url``, ``wrong_host_url``, ``ipv6_url`` (or None),
    ``socket_path`` (Unix socket), ``html`` (the folder of its files), ``uploads`` (where PUT /uploads/x goes).

    ``/small.txt`` (54 bytes, also ``/``), ``/user.json``, ``/1mb.bin``, ``/100mb.bin`` (zeros, sparse),
    ``/latin1.txt``, and the same under ``/gzip/``, ``/close/`` (no keep-alive), ``/three/`` (closes after three
    requests), ``/short-lived/`` (closes after 50 ms), ``/slow/`` (20 kB a second), ``/private/`` (user, secret);
    files have ETags and take ranges. ``/cached/`` are the same, good for 60 s; ``/pages/`` are those of ``uploads``,
    which PUT and DELETE change. ``/echo`` and ``/connection`` tell what arrived, ``/tls`` how; ``/status/204``,
    ``/redirect/301`` and so on, ``/redirect/loop``; ``/discard`` reads any body, ``PUT /limited/x`` refuses more
    than 1 kB.
    """

    def __init__(self, server: ServerProcess, folder: Path, ports: Ports) -> None:
        self.server, self.folder, self.html, self.uploads = server, folder, folder / "html", folder / "uploads"
        self.url = f"http://127.0.0.1:{ports.http}"
        self.https_url = f"https://localhost:{ports.https}"
        self.h2c_url = f"http://127.0.0.1:{ports.h2c}"
        self.mtls_url = f"https://localhost:{ports.mtls}"
        self.expired_url = f"https://localhost:{ports.expired}"
        self.wrong_host_url = f"https://localhost:{ports.wrong_host}"
        self.ipv6_url = f"http://[::1]:{ports.v6}" if has_ipv6() else None
        self.socket_path = str(folder / "nginx.sock")

    def requests(self, holding: str = "", count: int = 0) -> list[str]:
        """Return the lines of the access log that hold a text: method, uri, status, connection, nth request on it.

        nginx logs after it answered, so this waits until there are ``count`` of them.
        """
        deadline = time.monotonic() + 10
        while True:
            lines = (self.folder / "access.log").read_text().splitlines()
            found = [line for line in lines if holding in line]
            if len(found) >= count or time.monotonic() > deadline:
                return found
            time.sleep(0.01)


@contextmanager
def run_nginx(certificates: Certificates) -> Iterator[Nginx]:
    """Run nginx as the current user until the block ends."""
    program = needs_command("nginx")
    folder = Path(tempfile.mkdtemp(prefix="nginx-"))  # short, since the path of a Unix socket is limited
    try:
        write_files(folder)

        def command(numbers: list[int]) -> tuple[list[str], list[Address]]:
            ports = Ports(*numbers)
            text = CONFIG.format(
                user=f"user {getpass.getuser()};" if os.getuid() == 0 else "",
                listen_v6=f"listen [::1]:{ports.v6};" if has_ipv6() else "",
                folder=folder,
                certificates=certificates,
                **ports._asdict(),
            )
            (folder / "nginx.conf").write_text(text)
            (folder / "nginx.sock").unlink(missing_ok=True)
            arguments = [program, "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")]
            return arguments, [*(("127.0.0.1", port) for port in numbers[:-1]), str(folder / "nginx.sock")]

        server, numbers = launch("nginx", folder, len(Ports._fields), command)
        try:
            yield Nginx(server, folder, Ports(*numbers))
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_files(folder: Path) -> None:
    """Write the files that nginx serves, and the locations that every port has."""
    html = folder / "html"
    html.mkdir()
    (folder / "uploads").mkdir()
    for name in ("small.txt", "index.html"):
        (html / name).write_bytes(SMALL)
    (html / "user.json").write_text('{"id": 1, "name": "Ada", "email": "ada@example.org"}')
    (html / "latin1.txt").write_bytes("déjà vu".encode("latin-1"))
    (html / "1mb.bin").write_bytes(MEGABYTE)
    with (html / "100mb.bin").open("wb") as sparse:
        sparse.truncate(100 * 2**20)
    (folder / "htpasswd").write_text("user:{PLAIN}secret\n")
    locations = [LOCATIONS.format(folder=folder)]
    for status in STATUSES:
        locations.append(f'location = /status/{status} {{ default_type text/plain; return {status} "{status}\\n"; }}\n')
    for status in REDIRECTS:
        locations.append(f"location = /redirect/{status} {{ return {status} /echo; }}\n")
    locations.append("location = /redirect/loop { return 302 /redirect/loop; }\n")
    (folder / "locations.conf").write_text("".join(locations))


def has_ipv6() -> bool:
    """Tell whether this machine has the IPv6 loopback address."""
    try:
        with socket.socket(socket.AF_INET6) as one:
            one.bind(("::1", 0))
    except OSError:
        return False
    return True
