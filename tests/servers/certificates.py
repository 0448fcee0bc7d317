"""Certificates of a throw-away authority."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

__all__ = ["Certificates"]

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1", "example.test", "*.example.test")


class Certificates:
    """A certificate authority for tests, and what it signed; every attribute is the path of a PEM file.

    ``ca``: the authority, for ``verify=``. ``other_ca``: one that signed nothing. ``server_cert``, ``server_key``:
    for localhost, 127.0.0.1, ::1, example.test and \\*.example.test. ``client_cert``, ``client_key`` (and both in
    ``client_pem``): for a client. ``expired_*`` and ``wrong_host_*``: what a client must refuse.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = trustme.CA()
        self.ca = folder / "ca.pem"
        self.other_ca = folder / "other-ca.pem"
        self.authority.cert_pem.write_to_path(self.ca)
        trustme.CA().cert_pem.write_to_path(self.other_ca)
        self.server_cert, self.server_key = self.issue("server", *LOCAL_NAMES)
        self.client_cert, self.client_key = self.issue("client", "client@example.test")
        self.client_pem = folder / "client-both.pem"
        self.client_pem.write_bytes(self.client_key.read_bytes() + self.client_cert.read_bytes())
        long_ago = datetime.now(UTC) - timedelta(days=2)
        self.expired_cert, self.expired_key = self.issue("expired", *LOCAL_NAMES, expires=long_ago)
        self.wrong_host_cert, self.wrong_host_key = self.issue("wrong-host", "elsewhere.test")

    def issue(self, name: str, *hosts: str, expires: datetime | None = None) -> tuple[Path, Path]:
        """Sign a certificate; return the paths of its chain and its key."""
        before = expires - timedelta(days=30) if expires is not None else None
        leaf = self.authority.issue_cert(*hosts, not_before=before, not_after=expires)
        chain, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        for number, blob in enumerate(leaf.cert_chain_pems):
            blob.write_to_path(chain, append=number > 0)
        leaf.private_key_pem.write_to_path(key)
        return chain, key

    def client_context(self) -> ssl.SSLContext:
        """Return a context that trusts the authority and nothing else."""
        return ssl.create_default_context(cafile=str(self.ca))

    def server_context(self, *alpn: str) -> ssl.SSLContext:
        """Return a context for a server that shows ``server_cert``."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server_cert, self.server_key)
        if alpn:
            context.set_alpn_protocols(list(alpn))
        return context
