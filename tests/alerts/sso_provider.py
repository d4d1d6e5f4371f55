"""A provider of single sign-on on loopback: real HTTP, real keys, and lies where a test asks for them.

Tokens are signed with `cryptography` alone, so that what the centre verifies them with is not what made them.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from core.clock import Clock
from tests.alerts.notifiers.far_side import Asked, FarSide, Said, said

CLIENT, SECRET = "kamling", "rahasia klien & lainnya"
Claims = dict[str, Any]


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


class Key:
    """A key of the provider's, RS256 or ES256."""

    def __init__(self, kid: str, algorithm: str = "RS256", bits: int = 2048) -> None:
        self.kid, self.algorithm = kid, algorithm
        self._rsa = rsa.generate_private_key(65537, bits) if algorithm == "RS256" else None
        self._ec = ec.generate_private_key(ec.SECP256R1())

    @property
    def jwk(self) -> dict[str, Any]:
        shared = {"kid": self.kid, "use": "sig", "alg": self.algorithm}
        if self._rsa:
            numbers = self._rsa.public_key().public_numbers()
            return {**shared, "kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}
        point = self._ec.public_key().public_numbers()
        x, y = (b64(value.to_bytes(32, "big")) for value in (point.x, point.y))
        return {**shared, "kty": "EC", "crv": "P-256", "x": x, "y": y}

    def sign(self, text: bytes) -> bytes:
        if self._rsa:
            return self._rsa.sign(text, padding.PKCS1v15(), hashes.SHA256())
        r, s = decode_dss_signature(self._ec.sign(text, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def token(self, claims: Claims, **header: Any) -> str:
        """A signed token; `header` overrides what stands in its header."""
        head = {"alg": self.algorithm, "kid": self.kid, "typ": "JWT"} | header
        head = {name: value for name, value in head.items() if value is not None}
        text = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(claims).encode())}"
        return f"{text}.{b64(self.sign(text.encode()))}"


@cache
def a_key() -> Key:
    """The key that a provider begins with; to make one takes a while."""
    return Key("satu")


class Provider:
    """Honest, unless one of its parts is replaced."""

    def __init__(self, side: FarSide, clock: Clock, host: str = "127.0.0.1") -> None:
        self.side, self.clock, self.host = side, clock, host
        self.keys = [a_key()]
        self.person: Claims = {"sub": "s-1", "preferred_username": "19850101", "name": "Siti Aminah"}
        self.change: Callable[[Claims], Claims] = lambda claims: claims
        self.signed: Callable[[Claims], str] = lambda claims: self.keys[-1].token(claims)
        self.described: dict[str, Any] = {}
        self.answers: dict[str, Said] = {}  # by path, in the place of the honest one
        self._codes: dict[str, dict[str, str]] = {}
        side.answering = self._answer

    @property
    def issuer(self) -> str:
        return f"http://{self.host}:{self.side.port}/realms/pemkab"

    def asked(self, path: str) -> int:
        """How often it was asked for something."""
        return sum(urlsplit(each.target).path.endswith(path) for each in self.side.asked)

    def _answer(self, asked: Asked) -> Said:
        path = urlsplit(asked.target).path.removeprefix("/realms/pemkab")
        if path in self.answers:
            return self.answers[path]
        match path:
            case "/.well-known/openid-configuration":
                return said(self._description())
            case "/keys":
                return said({"keys": [key.jwk for key in self.keys]})
            case "/login":
                return self._login(_first(urlsplit(asked.target).query))
            case "/token":
                return self._redeem(asked)
        return Said(404)

    def _description(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/login",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "authorization_response_iss_parameter_supported": True,
            **self.described,
        }

    def _login(self, query: dict[str, str]) -> Said:
        """The person signs in at once, and is sent back."""
        assert (query["response_type"], query["client_id"]) == ("code", CLIENT)
        assert (query["code_challenge_method"], query["scope"].split()[0]) == ("S256", "openid")
        code = secrets.token_urlsafe(16)
        self._codes[code] = query
        back = {"code": code, "state": query["state"], "iss": self.issuer}
        return Said(302, headers={"Location": f"{query['redirect_uri']}?{urlencode(back)}"})

    def _redeem(self, asked: Asked) -> Said:
        """A token for a code: once, for the client with its secret, its proof key and its address."""
        form = _first(asked.body.decode())
        begun = self._codes.pop(form.get("code", ""), None)
        login = base64.b64decode(asked.headers.get("authorization", "").removeprefix("Basic ")).decode()
        right = login == urlencode({CLIENT: SECRET}).replace("=", ":")
        if not right:
            return said({"error": "invalid_client"}, 401)
        proof = b64(hashlib.sha256(form["code_verifier"].encode()).digest())
        if begun is None or proof != begun["code_challenge"] or form["redirect_uri"] != begun["redirect_uri"]:
            return said({"error": "invalid_grant", "error_description": "code"}, 400)
        now = self.clock.now().timestamp()
        claims = {"iss": self.issuer, "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": begun["nonce"]}
        return said(
            {"access_token": "x", "token_type": "Bearer", "id_token": self.signed(self.change(claims | self.person))}
        )


def _first(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}
