"""Digest authentication (RFC 7616): which challenge to answer, and the answer."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from urllib.parse import quote

from .challenges import Challenge, quoted

__all__ = [
    "ALGORITHMS",
    "DigestChallenge",
    "DigestSession",
    "answer_digest",
    "body_hasher",
    "new_session",
    "read_digest",
]

ALGORITHMS = ("SHA-512-256", "SHA-256", "MD5")
"""The algorithms, strongest first; each has a variant that ends in ``-sess``."""

_HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}
_SESS = "-sess"


@dataclass(frozen=True, slots=True)
class DigestChallenge:
    """A challenge that can be answered."""

    realm: str
    nonce: str
    algorithm: str = "MD5"
    """In the spelling of ALGORITHMS."""
    written: str | None = None
    """The algorithm as the server writes it."""
    session: bool = False
    """Whether the algorithm is a ``-sess`` one."""
    qop: str | None = None
    opaque: str | None = None
    stale: bool = False
    userhash: bool = False
    utf8: bool = False

    @property
    def strength(self) -> int:
        """A number that is higher for better algorithms."""
        return len(ALGORITHMS) - ALGORITHMS.index(self.algorithm)


def read_digest(challenge: Challenge, algorithms: Collection[str] = ALGORITHMS) -> DigestChallenge | None:
    """Return what a challenge asks for, or None for another scheme and for what can't or must not be answered.

    An algorithm that is unknown, or not among ``algorithms``, is not answered, nor a quality of protection other than
    ``auth`` and ``auth-int`` (RFC 7616 section 3.3). ``auth`` is chosen where both are offered.
    """
    params = challenge.params
    realm, nonce = params.get("realm"), params.get("nonce")
    if challenge.scheme != "digest" or realm is None or not nonce:
        return None
    written = params.get("algorithm")
    algorithm = "MD5" if written is None else written.upper()
    session = algorithm.endswith(_SESS.upper())
    algorithm = algorithm[: -len(_SESS)] if session else algorithm
    if algorithm not in _HASHES or algorithm not in algorithms or not _available(algorithm):
        return None
    offered = params.get("qop")
    qop = None
    if offered is not None:
        tokens = {token.strip(" \t").lower() for token in offered.split(",")}
        qop = "auth" if "auth" in tokens else "auth-int" if "auth-int" in tokens else None
        if qop is None:
            return None
    return DigestChallenge(
        realm=realm,
        nonce=nonce,
        algorithm=algorithm,
        written=written,
        session=session,
        qop=qop,
        opaque=params.get("opaque"),
        stale=params.get("stale", "").lower() == "true",
        userhash=params.get("userhash", "").lower() == "true",
        utf8=params.get("charset", "").upper() == "UTF-8",
    )


@dataclass(slots=True)
class DigestSession:
    """A nonce in use: its challenge, the hash of the credentials for it, and how often it was used."""

    challenge: DigestChallenge
    secret: str
    """H(A1), which is as good as the password for this realm."""
    username: str
    """The ``username`` parameter, name included."""
    cnonce: str
    count: int = 0

    def following(self, nonce: str) -> DigestSession:
        """Return the session for the nonce that the server wants next (RFC 7616 section 3.5)."""
        return DigestSession(replace(self.challenge, nonce=nonce), self.secret, self.username, self.cnonce)

    def yields_to(self, new: DigestChallenge, *, ahead: bool) -> bool:
        """Whether to answer a challenge that came upon the use of this nonce; else the password is wrong.

        What went ``ahead`` may have been for another realm, or with a nonce that ran out without a word.
        """
        old = self.challenge
        same = old.nonce == new.nonce and old.realm == new.realm
        return not same and (new.stale or ahead)

    def __repr__(self) -> str:
        return f"<DigestSession {self.challenge.algorithm}, used {self.count} times>"


def new_session(challenge: DigestChallenge, user: bytes, password: bytes, cnonce: str) -> DigestSession:
    """Begin to use a challenge's nonce (RFC 7616 sections 3.4.2 and 3.4.4)."""
    realm = challenge.realm.encode()
    secret = _hash(challenge.algorithm, b":".join((user, realm, password)))
    if challenge.session:
        secret = _hash(challenge.algorithm, f"{secret}:{challenge.nonce}:{cnonce}".encode())
    if challenge.userhash:
        username = f'username="{_hash(challenge.algorithm, user + b":" + realm)}"'
    elif challenge.utf8 and not user.isascii():
        username = f"username*=UTF-8''{quote(user, safe='')}"
    else:
        # The bytes of a name beyond ASCII go out as they are: header values are written as Latin-1.
        username = f"username={quoted(user.decode('latin-1'))}"
    return DigestSession(challenge, secret, username, cnonce)


def answer_digest(
    session: DigestSession, *, method: str, uri: str, count: int, cnonce: str, body_hash: str | None = None
) -> str:
    """Return the Authorization value for one request (RFC 7616 section 3.4).

    ``count`` is the nonce count, from 1 on, never the same twice. ``cnonce`` is this client's own nonce, which must be
    the session's for ``-sess``. ``body_hash`` is the hash of the body, needed where the qop is ``auth-int``.
    """
    challenge = session.challenge
    algorithm, qop = challenge.algorithm, challenge.qop
    action = f"{method}:{uri}:{body_hash}" if qop == "auth-int" else f"{method}:{uri}"
    hashed = _hash(algorithm, action.encode())
    number = f"{count:08x}"
    if qop is None:  # RFC 2069, still spoken by old devices
        response = _hash(algorithm, f"{session.secret}:{challenge.nonce}:{hashed}".encode())
    else:
        text = f"{session.secret}:{challenge.nonce}:{number}:{cnonce}:{qop}:{hashed}"
        response = _hash(algorithm, text.encode())
    parts = [
        session.username,
        f"realm={_raw(challenge.realm)}",
        f"nonce={_raw(challenge.nonce)}",
        f"uri={quoted(uri)}",
        f'response="{response}"',
    ]
    if challenge.written is not None:
        parts.append(f"algorithm={challenge.written}")
    if challenge.opaque is not None:
        parts.append(f"opaque={_raw(challenge.opaque)}")
    if qop is not None:
        parts += [f"qop={qop}", f"nc={number}"]
    if qop is not None or challenge.session:
        parts.append(f"cnonce={quoted(cnonce)}")
    if challenge.userhash:
        parts.append("userhash=true")
    return "Digest " + ", ".join(parts)


def body_hasher(challenge: DigestChallenge) -> Any:
    """Return a hash object, of hashlib's kind, for the body of a request with qop ``auth-int``."""
    return hashlib.new(_HASHES[challenge.algorithm], usedforsecurity=False)


def _hash(algorithm: str, data: bytes) -> str:
    # MD5 is not here for security, but for servers that know nothing better.
    return hashlib.new(_HASHES[algorithm], data, usedforsecurity=False).hexdigest()


def _raw(text: str) -> str:
    """Quote text of the server: it came as UTF-8 or Latin-1, and goes back as UTF-8 bytes."""
    return quoted(text if text.isascii() else text.encode().decode("latin-1"))


@cache
def _available(algorithm: str) -> bool:
    # Not every build of OpenSSL has SHA-512/256.
    try:
        hashlib.new(_HASHES[algorithm], usedforsecurity=False)
    except ValueError:
        return False
    return True
