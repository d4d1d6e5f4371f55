"""RTSP credentials: answers to Digest (RFC 7616 and, without qop, RFC 2069) and Basic (RFC 7617) challenges."""

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from core.errors import SourceRefused

_PARAMETER = re.compile(r'([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


_HASHES: dict[str, Callable[[str], str]] = {"SHA-256": _sha256, "MD5": _md5}


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user name and a password; the password stays out of the representation."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Challenge:
    """One `WWW-Authenticate` header; `algorithm` is MD5 or SHA-256 for Digest and empty for Basic."""

    scheme: str
    realm: str
    nonce: str = ""
    algorithm: str = ""
    opaque: str = ""
    qop_auth: bool = False
    stale: bool = False


def parameters(text: str) -> dict[str, str]:
    """The `name=value` and `name="value"` pairs of an authentication header, names in lower case."""
    return {
        name.lower(): re.sub(r"\\(.)", r"\1", quoted) if quoted else bare
        for name, quoted, bare in _PARAMETER.findall(text)
    }


def _parse(header: str) -> Challenge | None:
    scheme, _, rest = header.strip().partition(" ")
    fields = parameters(rest)
    if scheme.lower() == "basic":
        return Challenge(scheme="Basic", realm=fields.get("realm", ""))
    algorithm = fields.get("algorithm", "MD5").upper()
    offered = [name.strip().lower() for name in fields.get("qop", "").split(",") if name.strip()]
    if scheme.lower() != "digest" or algorithm not in _HASHES or (offered and "auth" not in offered):
        return None
    return Challenge(
        scheme="Digest",
        realm=fields.get("realm", ""),
        nonce=fields.get("nonce", ""),
        algorithm=algorithm,
        opaque=fields.get("opaque", ""),
        qop_auth=bool(offered),
        stale=fields.get("stale", "").lower() == "true",
    )


def choose(headers: Sequence[str]) -> Challenge | None:
    """The strongest challenge we can answer (Digest SHA-256, Digest MD5, Basic), or None."""
    known = [challenge for challenge in map(_parse, headers) if challenge is not None]
    strength = {"SHA-256": 2, "MD5": 1, "": 0}
    return max(known, key=lambda challenge: strength[challenge.algorithm], default=None)


def digest(challenge: Challenge, credentials: Credentials, method: str, uri: str, *, count: str, cnonce: str) -> str:
    """The `response` value of a Digest answer (RFC 7616 section 3.4.1); `count` is eight hexadecimal digits."""
    hashed = _HASHES[challenge.algorithm]
    secret = hashed(f"{credentials.username}:{challenge.realm}:{credentials.password}")
    request = hashed(f"{method}:{uri}")
    if challenge.qop_auth:
        return hashed(f"{secret}:{challenge.nonce}:{count}:{cnonce}:auth:{request}")
    return hashed(f"{secret}:{challenge.nonce}:{request}")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class Authenticator:
    """Keeps the camera's last challenge and counts the uses of its nonce."""

    def __init__(self, credentials: Credentials | None) -> None:
        if credentials and not (credentials.username + credentials.password).isprintable():
            raise SourceRefused("the user name or password holds a control character: correct it in the configuration")
        self._credentials = credentials
        self._challenge: Challenge | None = None
        self._used = 0
        self._proven = False

    def accept(self, headers: Sequence[str], host: str) -> None:
        """Take the challenges of a 401 response; SourceRefused if the next request could not be answered better."""
        challenge = choose(headers)
        if challenge is None:
            raise SourceRefused(
                f"camera {host} asks for a kind of login that E-Kamling does not know: "
                "set the camera to Digest (MD5 or SHA-256) or Basic authentication"
            )
        if self._credentials is None:
            raise SourceRefused(f"camera {host} asks for a user name and password: set them in the camera's entry")
        if self._challenge is not None and not challenge.stale and not self._proven:
            raise SourceRefused(f"camera {host} refused the user name or password: correct them in the camera's entry")
        self._challenge, self._used, self._proven = challenge, 0, False

    def proven(self) -> None:
        """The camera took the last request. A later 401 then means an old nonce, even where it does not say so."""
        self._proven = self._challenge is not None

    def header(self, method: str, uri: str) -> str | None:
        """The value of `Authorization` for one request, or None as long as the camera asked for nothing."""
        challenge, credentials = self._challenge, self._credentials
        if challenge is None or credentials is None:
            return None
        if challenge.scheme == "Basic":
            plain = f"{credentials.username}:{credentials.password}".encode()
            return "Basic " + base64.b64encode(plain).decode()
        self._used += 1
        count, cnonce = f"{self._used:08x}", secrets.token_hex(8)
        response = digest(challenge, credentials, method, uri, count=count, cnonce=cnonce)
        parts = [
            f"username={_quoted(credentials.username)}",
            f"realm={_quoted(challenge.realm)}",
            f"nonce={_quoted(challenge.nonce)}",
            f'uri="{uri}"',
            f'response="{response}"',
            f"algorithm={challenge.algorithm}",
        ]
        if challenge.opaque:
            parts.append(f"opaque={_quoted(challenge.opaque)}")
        if challenge.qop_auth:
            parts += ["qop=auth", f"nc={count}", f'cnonce="{cnonce}"']
        return "Digest " + ", ".join(parts)
