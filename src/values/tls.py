"""How connections are encrypted, as a value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, TypeAlias

from .value import Value

if TYPE_CHECKING:
    from ssl import SSLContext, TLSVersion
    from typing import Self

__all__ = ["DEFAULT_TLS", "IN_CONTEXT", "TLS", "CertTypes", "PinTypes", "VerifyTypes", "checked_verify"]

VerifyTypes: TypeAlias = "bool | str | PathLike[str] | SSLContext"
CertTypes: TypeAlias = "str | PathLike[str] | tuple[str, str] | tuple[str, str, str] | None"
PinTypes: TypeAlias = "Mapping[str, str | Iterable[str]] | tuple[tuple[str, tuple[str, ...]], ...]"

IN_CONTEXT = frozenset({"cert", "check_hostname", "minimum_version", "maximum_version", "ciphers", "keylog_filename"})
"""What an SSLContext of the user's has already."""
VERSIONS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")


class TLS(Value):
    """How connections are encrypted; every field that is left out is as the client has it, or the default.

    ``verify``: True for the authorities of certifi (or of SSL_CERT_FILE and SSL_CERT_DIR, where the environment is
    trusted), ``"system"`` for those of the operating system (the extra ``truststore``), the path of a bundle or of a
    folder of hashed certificates, an SSLContext, or False to check nothing. ``cert``: the client's certificate, as the
    path of a PEM file with the key in it, (certificate, key) or (certificate, key, password).
    ``server_hostname``: the name that is sent (SNI, RFC 6066 section 3) and that the certificate must have, in place
    of the url's. ``check_hostname``: False accepts a certificate for another name, if it is trusted.
    ``minimum_version`` (``"TLSv1.2"``) and ``maximum_version`` (the newest): also as ssl.TLSVersion. ``ciphers``: an
    OpenSSL cipher list, for TLS 1.2 and older. ``pins``: by host (``*.`` stands for one label) the public keys of
    which the certificate, or one above it, must have one: ``{"example.org": ["sha256/…"]}`` (RFC 7469 section 2.4).
    ``keylog_filename``: a file to which the secrets of connections are added, for Wireshark; what is recorded can then
    be read, so use it for tests only. ``session_resumption``: whether a later connection to an origin may go on with
    the session of one before it, which saves the server's certificate (RFC 8446 section 2.2).
    Raises ValueError and TypeError.
    """

    verify: VerifyTypes = True
    cert: CertTypes = None
    server_hostname: str | None = None
    check_hostname: bool = True
    minimum_version: str | TLSVersion = "TLSv1.2"
    maximum_version: str | TLSVersion | None = None
    ciphers: str | None = None
    pins: PinTypes = ()
    keylog_filename: str | PathLike[str] | None = None
    session_resumption: bool = True

    def _check(self) -> None:
        fields = self.__dict__  # the value is being made: what was given is put into one form
        if "verify" in fields:
            fields["verify"] = checked_verify(self.verify)
        if "cert" in fields:
            fields["cert"] = _cert(self.cert)
        for name in ("minimum_version", "maximum_version"):
            if name in fields and (fields[name] is not None or name == "minimum_version"):
                fields[name] = _version(name, fields[name])
        if self.maximum_version is not None:
            lowest, highest = VERSIONS.index(str(self.minimum_version)), VERSIONS.index(str(self.maximum_version))
            if lowest > highest:
                raise ValueError(f"no TLS version is from {self.minimum_version} to {self.maximum_version}")
        if "pins" in fields:
            from ..rules.pins import checked_pins

            fields["pins"] = checked_pins(self.pins)
        if self.keylog_filename is not None:
            fields["keylog_filename"] = fspath(self.keylog_filename)
        if hasattr(self.verify, "wrap_bio") and self.in_context():
            raise ValueError(f"verify is an SSLContext, which is used as it is: set {self.in_context()[0]} in it")
        host = self.server_hostname
        if host is not None and (not isinstance(host, str) or not host or not host.isascii() or host != host.strip()):
            raise ValueError(f"server_hostname is a host name in ASCII (IDNA-encoded), not {host!r}")

    def given(self) -> dict[str, Any]:
        """Return the fields that were given."""
        return dict(vars(self))

    def in_context(self) -> list[str]:
        """Return which of the fields that were given an SSLContext has of itself."""
        return sorted(name for name in vars(self).keys() & IN_CONTEXT if getattr(self, name) is not None)

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed."""
        return type(self)(**{**vars(self), **changes})

    def __repr__(self) -> str:
        shown = [f"{name}={'…' if name == 'cert' and value else repr(value)}" for name, value in vars(self).items()]
        return f"TLS({', '.join(shown)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (vars(self).copy(),)


DEFAULT_TLS = TLS()


def _rebuild(fields: dict[str, Any]) -> TLS:
    return TLS(**fields)


def checked_verify(value: Any) -> Any:
    """Return ``verify`` in one form. Raises TypeError, ValueError."""
    if isinstance(value, bool) or hasattr(value, "wrap_bio"):
        return value
    if isinstance(value, (str, PathLike)):
        path = fspath(value)
        if not path:
            raise ValueError("verify is an empty path; for no verification at all give verify=False")
        return path
    raise TypeError(f"verify is True, False, 'system', a path or an SSLContext, not {value!r}")


def _cert(value: Any) -> Any:
    """Return ``cert`` in one form. Raises TypeError, which shows no password."""
    if value is None:
        return None
    parts = (value,) if isinstance(value, (str, PathLike)) else value
    if not isinstance(parts, (tuple, list)) or not 1 <= len(parts) <= 3:
        raise TypeError("cert is a path, (certificate, key) or (certificate, key, password)")
    if not all(isinstance(part, (str, PathLike)) for part in parts):
        raise TypeError("cert is a path, (certificate, key) or (certificate, key, password), each of them a str")
    paths = tuple(fspath(part) for part in parts)
    return paths[0] if len(paths) == 1 else paths


def _version(name: str, value: Any) -> str:
    text = str(getattr(value, "name", value)).replace("_", ".").replace(" ", "").removeprefix("TLS").removeprefix("v")
    version = f"TLSv{text}".removesuffix(".0")
    if version not in VERSIONS:
        raise ValueError(f"{name} is one of {', '.join(VERSIONS)}, not {value!r}")
    return version
