"""Certificates of a throw-away authority."""

from __future__ import annotations

import ssl
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

__all__ = ["Certificates", "common_name_only", "pins_of", "self_signed"]

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


def common_name_only(certificates: Certificates, name: str) -> tuple[Path, Path]:
    """Sign a certificate that has a name only in its subject, as they were made long ago."""
    authority: Any = serialization.load_pem_private_key(certificates.authority.private_key_pem.bytes(), None)
    issuer = x509.load_pem_x509_certificate(certificates.authority.cert_pem.bytes()).subject
    return _made(certificates.folder / "common-name-only", name, authority, issuer, ())


def self_signed(certificates: Certificates, name: str) -> tuple[Path, Path]:
    """Make a certificate that signs itself."""
    return _made(certificates.folder / "self-signed", name, None, None, (x509.DNSName(name),))


def _made(path: Path, name: str, authority: Any, issuer: x509.Name | None, names: tuple[Any, ...]) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder(issuer or subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    chain, key_file = path.with_suffix(".pem"), path.with_suffix(".key")
    chain.write_bytes(builder.sign(authority or key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return chain, key_file


def pins_of(path: Path) -> list[str]:
    """Return the pins of the certificates in a PEM file, found by another library than ours."""
    encoding, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    keys = [
        each.public_key().public_bytes(encoding, form) for each in x509.load_pem_x509_certificates(path.read_bytes())
    ]
    return ["sha256/" + b64encode(sha256(key).digest()).decode() for key in keys]
