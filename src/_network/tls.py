"""TLS contexts for the settings of a client, made when first needed and shared."""

from __future__ import annotations

import os
import ssl
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from ..exceptions import TLSError
from ..values.settings import trusts

if TYPE_CHECKING:
    from ..values.settings import CertTypes, TrustTypes, VerifyTypes

__all__ = ["make_context"]

Stamp = tuple[int, int, int]


def make_context(
    verify: VerifyTypes = True,
    cert: CertTypes = None,
    *,
    alpn: tuple[str, ...] = ("http/1.1",),
    trust_env: TrustTypes = True,
) -> ssl.SSLContext:
    """Return the TLS context for these settings; equal settings share one, so it must not be changed.

    ``verify`` is True for the bundle of certifi (or what SSL_CERT_FILE and SSL_CERT_DIR name, if ``trust_env``),
    False for no verification, the path of a bundle or of a directory of hashed certificates, or an SSLContext, which
    is returned as it is. ``cert`` is the client certificate: the path of a PEM file with certificate and key, or
    (certificate, key), or (certificate, key, password). ``alpn`` are the protocols offered, the preferred one first.
    TLS is 1.2 or newer. A file that changed since is read again. Raises TLSError for files that can't be used.
    """
    if isinstance(verify, ssl.SSLContext):
        if cert is not None:
            raise TLSError("verify is an SSLContext: load the client certificate into it, instead of giving cert")
        return verify
    if verify is True:
        file, folder = _default_bundle(trusts(trust_env, "ca"))
    elif verify is False:
        file = folder = None
    else:
        path = os.fspath(verify)
        file, folder = (None, path) if os.path.isdir(path) else (path, None)
    chain = None if cert is None else (cert,) if isinstance(cert, str) else tuple(cert)
    files = [name for name in (file, *(chain or ())[:2]) if name is not None]
    keylog = os.environ.get("SSLKEYLOGFILE") if trusts(trust_env, "keylog") else None
    return _context(verify is not False, file, folder, chain, tuple(alpn), keylog, tuple(map(_stamp, files)))


def _default_bundle(trust_env: bool) -> tuple[str | None, str | None]:
    if trust_env:
        file, folder = os.environ.get("SSL_CERT_FILE") or None, os.environ.get("SSL_CERT_DIR") or None
        if file or folder:
            return file, folder
    import certifi

    return certifi.where(), None


def _stamp(path: str) -> Stamp | None:
    """Return what changes with the file."""
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


@lru_cache(maxsize=64)
def _context(
    verify: bool,
    file: str | None,
    folder: str | None,
    chain: tuple[str, ...] | None,
    alpn: tuple[str, ...],
    keylog: str | None,
    stamps: tuple[Stamp | None, ...],
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        try:
            context.load_verify_locations(file, folder)
        except (OSError, ssl.SSLError) as error:
            raise TLSError(f"the CA certificates at {file or folder!r} can't be loaded: {_reason(error)}") from error
    if alpn:
        context.set_alpn_protocols(list(alpn))
    if keylog:
        context.keylog_filename = keylog
    if chain is not None:
        _load_chain(context, chain)
    return context


def _load_chain(context: ssl.SSLContext, chain: tuple[str, ...]) -> None:
    certificate, key, password = (*chain, None, None)[:3]

    def asked() -> str:
        if password is None:
            raise TLSError(f"the key of the client certificate {certificate!r} is encrypted: give its password")
        return password

    try:
        context.load_cert_chain(certificate or "", key, asked)
    except (OSError, ssl.SSLError) as error:
        if isinstance(error, TLSError):
            raise
        raise TLSError(f"the client certificate {certificate!r} can't be loaded: {_reason(error)}") from error
    context.post_handshake_auth = True


def _reason(error: OSError) -> str:
    """Return why a file could not be loaded."""
    if isinstance(error, ssl.SSLError):
        return (error.reason or "it is no PEM file").replace("_", " ").lower()
    return error.strerror or str(error)
