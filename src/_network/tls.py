"""TLS contexts for the settings of a client, made when first needed and shared."""

from __future__ import annotations

import os
import ssl
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..exceptions import MissingExtra, TLSError
from ..values.settings import TrustTypes, trusts
from ..values.tls import DEFAULT_TLS, TLS

__all__ = ["make_context"]

Stamp = tuple[int, int, int]


def make_context(
    tls: TLS = DEFAULT_TLS,
    *,
    alpn: tuple[str, ...] = ("http/1.1",),
    trust_env: TrustTypes = True,
) -> ssl.SSLContext:
    """Return the TLS context for these settings; equal settings share one, so it must not be changed.

    An SSLContext given as ``verify`` is returned as it is. ``alpn`` are the protocols offered, the preferred one first.
    ``trust_env``: whether SSL_CERT_FILE, SSL_CERT_DIR and SSLKEYLOGFILE are heard. A file that changed since is read
    again. Raises TLSError for files that can't be used, and MissingExtra.
    """
    verify: Any = tls.verify
    if isinstance(verify, ssl.SSLContext):
        return verify
    file = folder = None
    if verify is True:
        file, folder = _default_bundle(trusts(trust_env, "ca"))
    elif verify is not False and verify != "system":
        file, folder = (None, verify) if os.path.isdir(verify) else (verify, None)
    chain: Any = (tls.cert,) if isinstance(tls.cert, str) else tls.cert
    keylog = tls.keylog_filename or (os.environ.get("SSLKEYLOGFILE") if trusts(trust_env, "keylog") else None)
    # The settings as far as they make a difference to the context, so that others share it.
    settings = tls.replace(
        verify=verify if verify in (False, "system") else True,
        keylog_filename=keylog or None,
        pins=(),
        server_hostname=None,
        session_resumption=True,
    )
    files = [name for name in (file, *(chain or ())[:2]) if name is not None]
    return _context(settings, file, folder, tuple(alpn), tuple(map(_stamp, files)))


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
    tls: TLS, file: str | None, folder: str | None, alpn: tuple[str, ...], stamps: tuple[Stamp | None, ...]
) -> ssl.SSLContext:
    context = _system_context() if tls.verify == "system" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _bound(context, tls)
    context.hostname_checks_common_name = False  # RFC 9110 section 4.3.4
    context.check_hostname = tls.check_hostname and tls.verify is not False
    if tls.verify is False:
        context.verify_mode = ssl.CERT_NONE
    elif file or folder:
        try:
            context.load_verify_locations(file, folder)
        except (OSError, ssl.SSLError) as error:
            raise TLSError(f"the CA certificates at {file or folder!r} can't be loaded: {_reason(error)}") from error
    if alpn:
        context.set_alpn_protocols(list(alpn))
    if tls.keylog_filename:
        try:
            context.keylog_filename = tls.keylog_filename  # type: ignore[assignment]
        except OSError as error:
            raise TLSError(f"the key log {tls.keylog_filename!r} can't be written: {_reason(error)}") from error
    if tls.cert is not None:
        _load_chain(context, tls.cert)
    return context


def _system_context() -> ssl.SSLContext:
    try:
        import truststore
    except ImportError:
        raise MissingExtra("verify='system' needs the package truststore: install duohttp[truststore]") from None
    context: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return context


def _bound(context: ssl.SSLContext, tls: TLS) -> None:
    """Set versions and ciphers."""
    context.minimum_version = _version(tls.minimum_version)
    if tls.maximum_version is not None:
        context.maximum_version = _version(tls.maximum_version)
    if tls.ciphers is not None:
        try:
            context.set_ciphers(tls.ciphers)
        except ssl.SSLError:
            raise TLSError(f"the TLS library knows no cipher of {tls.ciphers!r}") from None


def _version(name: object) -> ssl.TLSVersion:
    return ssl.TLSVersion[str(name).replace(".", "_")]


def _load_chain(context: ssl.SSLContext, chain: Any) -> None:
    certificate: str | None
    key: str | None
    password: str | None
    certificate, key, password = (chain, None, None) if isinstance(chain, str) else (*chain, None, None)[:3]

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
