"""TLS failures in plain words."""

from __future__ import annotations

import ssl
import time
from typing import Any, TypeAlias

__all__ = ["CERTIFICATE_WANTED", "explain", "explain_plaintext"]

Chain: TypeAlias = "list[dict[str, Any]]"

CERTIFICATE = {
    23: "the server's certificate was revoked",
    26: "the server's certificate, or one above it, is not meant for this purpose",
}
"""By verification result of X509_verify_cert (OpenSSL's x509_vfy.h); the others are told by functions below."""
NOT_YET_VALID, EXPIRED, SELF_SIGNED, SELF_SIGNED_ROOT, NO_ISSUER, NO_LEAF_ISSUER = 9, 10, 18, 19, 20, 21
HOST_MISMATCH = {62, 64}

LEAF = "the server's certificate"
MOST_NAMES = 8

VERSION = (
    "the server speaks no TLS version that this client accepts (TLS 1.2 or newer, if not told otherwise by "
    "tls=TLS(minimum_version=...))"
)
WANTED = "the server wants a client certificate; give one with cert="
CERTIFICATE_WANTED = {
    "TLSV13_ALERT_CERTIFICATE_REQUIRED",
    "TLSV1_ALERT_UNKNOWN_CA",
    "SSLV3_ALERT_BAD_CERTIFICATE",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED",
    "SSLV3_ALERT_CERTIFICATE_REVOKED",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
    "TLSV1_ALERT_ACCESS_DENIED",
}
"""What a server says of the client's certificate, or of there being none."""

REASONS = {
    "NO_PROTOCOLS_AVAILABLE": "the TLS versions that this client allows are none that its TLS library can speak",
    "UNSUPPORTED_PROTOCOL": VERSION,
    "WRONG_SSL_VERSION": VERSION,
    "TLSV1_ALERT_PROTOCOL_VERSION": "the server accepts none of the TLS versions that this client offers",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": (
        "the server refused the handshake: no cipher suite in common, or it wants a client certificate"
    ),
    "TLSV1_ALERT_UNKNOWN_CA": "the server does not trust the authority that issued the client certificate",
    "SSLV3_ALERT_BAD_CERTIFICATE": "the server refused the client certificate",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "the server says that the client certificate has expired",
    "SSLV3_ALERT_CERTIFICATE_REVOKED": "the server says that the client certificate was revoked",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "the server refused the client certificate",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": "the server does not take this kind of client certificate",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": WANTED,
    "TLSV1_ALERT_ACCESS_DENIED": "the server denied access to the client certificate",
    "TLSV1_UNRECOGNIZED_NAME": "the server does not serve this host name",
    "SSLV3_ALERT_UNRECOGNIZED_NAME": "the server does not serve this host name",
    "TLSV1_ALERT_NO_APPLICATION_PROTOCOL": "the server accepts none of the protocols offered (ALPN)",
    "DH_KEY_TOO_SMALL": "the server's Diffie-Hellman key is too weak",
    "EE_KEY_TOO_SMALL": "the server's certificate has a key that is too weak",
    "CA_KEY_TOO_SMALL": "the authority of the server's certificate has a key that is too weak",
    "CA_MD_TOO_WEAK": "the server's certificate is signed with a digest that is too weak",
    "UNSAFE_LEGACY_RENEGOTIATION_DISABLED": "the server only knows insecure renegotiation, which is refused",
}
NOT_TLS = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG"}


def explain(error: Exception, host: str | None, ssl_object: Any = None) -> str:
    """Return what is wrong and what to do, for a failure while talking TLS to a host."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _explain_certificate(error, host, certificates_of(ssl_object))
    if isinstance(error, ssl.SSLEOFError):
        return "the server closed the connection in the middle of the handshake"
    reason = getattr(error, "reason", None) or ""
    if reason in NOT_TLS:
        return "the server does not speak TLS on this port"
    return REASONS.get(reason) or reason.replace("_", " ").lower() or str(error)


def _explain_certificate(error: ssl.SSLCertVerificationError, host: str | None, chain: Chain) -> str:
    code = error.verify_code
    if code in HOST_MISMATCH:
        return f"the server's certificate is for other names than {host!r}{_names(chain)}"
    if code in (EXPIRED, NOT_YET_VALID):
        return f"{_dates(chain, expired=code == EXPIRED)} (or this computer's clock is wrong)"
    if code == SELF_SIGNED:
        return "the server's certificate is self-signed and not among the trusted ones; to trust it, verify='its.pem'"
    if code in (SELF_SIGNED_ROOT, NO_ISSUER, NO_LEAF_ISSUER):
        issuer = _common_name(chain[-1].get("issuer", ())) if chain else ""
        who = f"an unknown authority, {issuer!r}" if issuer else "an unknown authority"
        missing = "" if code == SELF_SIGNED_ROOT else ", or the server left out an intermediate one"
        return f"the server's certificate was issued by {who}{missing}; to trust it, verify='its-ca.pem'"
    return CERTIFICATE.get(code) or f"the server's certificate is not valid: {error.verify_message}"


def _names(chain: Chain) -> str:
    """Return the names that the certificate has."""
    if not chain:
        return ""
    names = [_safe(value) for kind, value in chain[0].get("subjectAltName", ()) if kind in ("DNS", "IP Address")]
    if not names:
        name = _common_name(chain[0].get("subject", ()))
        return f": it has none, and its common name {name!r} does not count (RFC 9110 section 4.3.4)" if name else ""
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return f": it is for {', '.join(names[:MOST_NAMES])}{more}"


def _dates(chain: Chain, *, expired: bool) -> str:
    """Return whose certificate is no longer or not yet valid, and since when; it may be one above the server's."""
    now = time.time()
    for place, certificate in enumerate(chain):
        try:
            when = ssl.cert_time_to_seconds(str(certificate.get("notAfter" if expired else "notBefore", "")))
        except ValueError:
            continue
        if when < now if expired else when > now:
            who = f"the certificate of {_common_name(certificate['subject'])!r}, above the server's," if place else LEAF
            date = time.strftime("%Y-%m-%d %H:%M", time.gmtime(when))
            if not expired:
                return f"{who} is not valid before {date} UTC"
            return f"{who} has expired on {date} UTC, {int((now - when) // 86400)} days ago"
    return f"{LEAF} {'has expired' if expired else 'is not valid yet'}"


def _common_name(name: Any) -> str:
    """Return the common name of a subject or issuer, or else its last part."""
    parts = {key: value for group in name for key, value in group}
    return _safe(parts.get("commonName") or next(reversed(parts.values()), ""))


def _safe(text: object) -> str:
    """Return what a stranger wrote, fit for a message."""
    return "".join(char if char.isprintable() else "?" for char in str(text)[:100])


def certificates_of(ssl_object: Any) -> Chain:
    """Return what the certificates say that a server sent, its own first; nothing where that can't be known."""
    native = getattr(ssl_object, "_sslobj", None)  # public only in Python 3.13, and only in DER
    try:
        return [certificate.get_info() for certificate in native.get_unverified_chain() or ()]  # type: ignore[union-attr]
    except (AttributeError, ValueError, ssl.SSLError):
        return []


def explain_plaintext(start: bytes) -> str | None:
    """Return what is wrong if the first bytes of a server are no TLS record (RFC 8446 section 5.1), else None."""
    if not start or 0x14 <= start[0] <= 0x18:
        return None
    shown = start[:32].split(b"\r\n")[0].decode("ascii", "replace")
    said = f" (it sent {shown!r})" if shown.isprintable() and shown.isascii() else ""
    return f"the server does not speak TLS on this port{said}"
