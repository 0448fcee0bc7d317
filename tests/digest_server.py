"""A server that wants Digest authentication, as answers of a MockEngine; it knows nothing of the code under test."""

from __future__ import annotations

import hashlib
import itertools
import re
import threading
from collections import defaultdict

from duohttp import MockEngine, reply
from duohttp.engines.mock import Recorded, Reply

__all__ = ["DigestServer", "digest"]

PARAM = re.compile(r'(\w+\*?)=(?:"((?:[^"\\]|\\.)*)"|([^ ,]+))')
HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}


def digest(algorithm: str, text: str | bytes) -> str:
    """Return the hash of a text."""
    data = text.encode() if isinstance(text, str) else text
    return hashlib.new(HASHES[algorithm], data).hexdigest()


class DigestServer:
    """Knows one user and one password, gives nonces, and counts how they are used.

    ``algorithm`` may end in ``-sess``; ``qop`` None is RFC 2069. A nonce is stale after ``uses`` requests. With
    ``next_nonces`` each answer has the next nonce in Authentication-Info. ``more`` are challenges before its own.
    """

    def __init__(
        self,
        algorithm: str | None = None,
        qop: str | None = "auth",
        *,
        user: str = "ada",
        password: str = "secret",
        realm: str = "r",
        uses: int = 1_000_000,
        next_nonces: bool = False,
        userhash: bool = False,
        more: tuple[str, ...] = (),
    ) -> None:
        self.algorithm = algorithm
        self.qop = qop
        self.user, self.password, self.realm = user, password, realm
        self.uses = uses
        self.next_nonces = next_nonces
        self.userhash = userhash
        self.more = more
        self.numbers = itertools.count(1)
        self.nonces: dict[str, set[str]] = {}
        self.cnonces: dict[str, set[str]] = defaultdict(set)
        self.problems: list[str] = []
        self.lock = threading.Lock()
        self.engine = MockEngine(self.answer)

    @property
    def base(self) -> str:
        """The algorithm without ``-sess``."""
        return (self.algorithm or "MD5").removesuffix("-sess")

    def new_nonce(self) -> str:
        """Return a nonce that nobody had before."""
        nonce = f"nonce-{next(self.numbers)}"
        self.nonces[nonce] = set()
        return nonce

    def challenge(self, *, stale: bool = False) -> Reply:
        """Return a refusal."""
        parts = [f'realm="{self.realm}"', f'nonce="{self.new_nonce()}"', 'opaque="op,aque"']
        parts += [f"algorithm={self.algorithm}"] if self.algorithm else []
        parts += [f'qop="{self.qop}"'] if self.qop else []
        parts += ["stale=true"] if stale else []
        parts += ["userhash=true"] if self.userhash else []
        values = [*self.more, "Digest " + ", ".join(parts)]
        return reply(401, headers=[("WWW-Authenticate", value) for value in values], text="who are you?")

    def answer(self, recorded: Recorded) -> Reply:
        """Answer a request."""
        with self.lock:
            return self.judge(recorded)

    def judge(self, recorded: Recorded) -> Reply:
        value = recorded.headers.get("authorization")
        if value is None:
            return self.challenge()
        scheme, _, rest = value.partition(" ")
        if scheme != "Digest":
            self.problems.append(f"the scheme is {scheme}")
            return self.challenge()
        params = {match[1]: match[2] if match[2] is not None else match[3] for match in PARAM.finditer(rest)}
        used = self.nonces.get(params["nonce"])
        if used is None:
            return self.challenge(stale=True)
        if params["response"] != self.expected(params, recorded):
            return self.challenge()
        return self.accept(params, used)

    def accept(self, params: dict[str, str], used: set[str]) -> Reply:
        if self.qop is not None:
            if params["nc"] in used:
                self.problems.append(f"{params['nc']} was used twice")
            self.cnonces[params["nonce"]].add(params["cnonce"])
        if len(used) >= self.uses:
            return self.challenge(stale=True)
        used.add(params.get("nc", str(len(used))))
        headers = {"Authentication-Info": f'qop=auth, nextnonce="{self.new_nonce()}"'} if self.next_nonces else {}
        return reply(200, text="welcome", headers=headers)

    def expected(self, params: dict[str, str], recorded: Recorded) -> str:
        """Return the right response."""
        name = digest(self.base, f"{self.user}:{self.realm}") if self.userhash else self.user
        uri = recorded.url.raw_path_qs
        if (params["username"], params["realm"], params["uri"]) != (name, self.realm, uri):
            self.problems.append(f"username, realm or uri is wrong: {params}")
        if params["opaque"] != "op,aque" or params.get("algorithm") != self.algorithm:
            self.problems.append(f"opaque or algorithm is wrong: {params}")
        first = digest(self.base, f"{self.user}:{self.realm}:{self.password}")
        if self.algorithm and self.algorithm.endswith("-sess"):
            first = digest(self.base, f"{first}:{params['nonce']}:{params['cnonce']}")
        second = f"{recorded.method}:{uri}"
        if params.get("qop") == "auth-int":
            second += f":{digest(self.base, recorded.content)}"
        second = digest(self.base, second)
        if self.qop is None:
            return digest(self.base, f"{first}:{params['nonce']}:{second}")
        middle = f"{params['nonce']}:{params['nc']}:{params['cnonce']}:{params['qop']}"
        return digest(self.base, f"{first}:{middle}:{second}")
