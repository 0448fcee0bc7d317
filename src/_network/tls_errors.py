"""TLS failures in plain words."""

from __future__ import annotations

import ssl

__all__ = ["explain", "explain_plaintext"]

CERTIFICATE = {
    9: "the server's certificate is not valid yet (or this computer's clock is wrong)",
    10: "the server's certificate has expired (or this computer's clock is wrong)",
    18: "the server's certificate is self-signed and not among the trusted ones",
    19: "the server's certificate was issued by an unknown authority (its self-signed root is not trusted)",
    20: "the server's certificate was issued by an unknown authority, or the server left out an intermediate one",
    21: "the server's certificate was issued by an unknown authority, or the server left out an intermediate one",
    23: "the server's certificate was revoked",
    26: "the server's certificate, or one above it, is not meant for this purpose",
}
"""By verification result of X509_verify_cert (OpenSSL's x509_vfy.h)."""
HOST_MISMATCH = {62, 64}

REASONS = {
    "NO_PROTOCOLS_AVAILABLE": "the TLS versions that this client allows are none that its TLS library can speak",
    "UNSUPPORTED_PROTOCOL": "the server speaks no TLS version that this client accepts (TLS 1.2 or newer by default)",
    "WRONG_SSL_VERSION": "the server speaks no TLS version that this client accepts (TLS 1.2 or newer by default)",
    "TLSV1_ALERT_PROTOCOL_VERSION": "the server accepts none of the TLS versions that this client offers",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": (
        "the server refused the handshake: no cipher suite in common, or it wants a client certificate"
    ),
    "TLSV1_ALERT_UNKNOWN_CA": "the server does not trust the authority that issued the client certificate",
    "SSLV3_ALERT_BAD_CERTIFICATE": "the server refused the client certificate",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "the server says that the client certificate has expired",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "the server refused the client certificate",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": "the server does not take this kind of client certificate",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "the server wants a client certificate; give one with cert=",
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


def explain(error: Exception, host: str | None) -> str:
    """Return what is wrong, for a failure while talking TLS to a host."""
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in HOST_MISMATCH:
            return f"the server's certificate is for other names than {host!r}"
        return CERTIFICATE.get(error.verify_code) or f"the server's certificate is not valid: {error.verify_message}"
    if isinstance(error, ssl.SSLEOFError):
        return "the server closed the connection in the middle of the handshake"
    if isinstance(error, ssl.CertificateError):
        return f"the server's certificate is for other names than {host!r}"
    reason = getattr(error, "reason", None) or ""
    if reason in NOT_TLS:
        return "the server does not speak TLS on this port"
    return REASONS.get(reason) or reason.replace("_", " ").lower() or str(error)


def explain_plaintext(start: bytes) -> str | None:
    """Return what is wrong if the first bytes of a server are no TLS record (RFC 8446 section 5.1), else None."""
    if not start or 0x14 <= start[0] <= 0x18:
        return None
    shown = start[:32].split(b"\r\n")[0].decode("ascii", "replace")
    said = f" (it sent {shown!r})" if shown.isprintable() and shown.isascii() else ""
    return f"the server does not speak TLS on this port{said}"
