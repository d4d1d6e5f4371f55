"""The ID token: who the provider says has signed in, believed only after every check of OpenID Connect Core 3.1.3.7.

Values in, values out: keys and time are given, nothing is fetched here.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from msgspec import Meta, Struct

from alerts.sso.errors import SsoError, failed

Algorithm = Literal["RS256", "ES256"]  # fixed: what the token says of itself chooses among these, and nothing else
LEEWAY_S = 60.0  # by which two clocks may differ
OLDEST_S = 600.0  # of a token that has just been asked for
LARGEST = 32 * 1024
SMALLEST_RSA = 2048  # bits; NIST SP 800-131A
Jwk = Mapping[str, Any]


class NoKey(SsoError):
    """No key of the provider's fits, or none verifies: there may be newer ones."""

    def __init__(self, text: str) -> None:
        super().__init__("sso_failed", text)


class Expected(Struct, frozen=True):
    """What the token must say, and when it is read (seconds since 1970 UTC)."""

    issuer: str
    client_id: str
    nonce: str
    now: float


class _Header(Struct, frozen=True):
    alg: Algorithm
    kid: str | None = None
    crit: list[str] | None = None


class _Registered(Struct, frozen=True):
    iss: str
    sub: Annotated[str, Meta(min_length=1, max_length=255)]
    aud: str | list[str]
    exp: float
    iat: float
    nonce: str
    nbf: float | None = None
    azp: str | None = None


def verified(token: str, keys: Sequence[Jwk], expected: Expected) -> dict[str, Any]:
    """The claims of a token that holds in everything; raises NoKey where another key may help, SsoError otherwise."""
    if len(token) > LARGEST:
        raise failed("the ID token is too large")
    header = _header(token)
    claims = _signed(token, header, [key for key in keys if _may_have_signed(key, header)])
    _check(claims, expected)
    return claims


def _header(token: str) -> _Header:
    try:
        header = msgspec.json.decode(_bytes(token.partition(".")[0]), type=_Header)
    except (binascii.Error, ValueError, msgspec.DecodeError, RecursionError):
        raise failed("the ID token is not one that is signed by RS256 or ES256") from None
    if header.crit is not None:
        raise failed("the ID token asks for extensions that are not known here")
    return header


def _may_have_signed(key: Jwk, header: _Header) -> bool:
    kty = "RSA" if header.alg == "RS256" else "EC"
    return (
        key.get("kty") == kty
        and key.get("use", "sig") == "sig"
        and key.get("alg", header.alg) == header.alg
        and (header.kid is None or key.get("kid") == header.kid)
    )


def _signed(token: str, header: _Header, keys: Sequence[Jwk]) -> dict[str, Any]:
    """The claims, if one of the keys signed them."""
    for jwk in keys:
        try:
            key = _public(jwk, header.alg)
            claims = jwt.decode(token, key, algorithms=[header.alg]).claims
        except (JoseError, ValueError, TypeError, KeyError, RecursionError):
            continue  # a key of the provider's that is none, or did not sign this
        return dict(claims)
    raise NoKey("the ID token is signed by no key that the provider publishes")


def _public(jwk: Jwk, algorithm: Algorithm) -> RSAKey | ECKey:
    if algorithm == "ES256":
        if jwk.get("crv") != "P-256":
            raise ValueError("ES256 is of P-256")
        return ECKey.import_key({name: jwk[name] for name in ("kty", "crv", "x", "y")})
    if int.from_bytes(_bytes(jwk["n"])).bit_length() < SMALLEST_RSA:  # before the import, which only warns
        raise ValueError("too short")
    return RSAKey.import_key({name: jwk[name] for name in ("kty", "n", "e")})


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)


def _check(claims: dict[str, Any], expected: Expected) -> None:
    try:
        said = msgspec.convert(claims, _Registered)
    except msgspec.ValidationError as error:
        raise failed(f"the ID token lacks what OpenID Connect asks for: {error}") from None
    audience = [said.aud] if isinstance(said.aud, str) else said.aud
    if said.iss != expected.issuer:
        raise failed("the ID token is of another issuer")
    if expected.client_id not in audience or (said.azp or expected.client_id) != expected.client_id:
        raise failed("the ID token is meant for another application")
    if len(audience) > 1 and said.azp is None:
        raise failed("the ID token is meant for several applications and does not say for which it was made")
    if not said.sub.isprintable():
        raise failed("the ID token names somebody by what is no text")
    if not hmac.compare_digest(said.nonce.encode("utf-8", "replace"), expected.nonce.encode()):
        raise failed("the ID token answers another sign-in")
    _check_times(said, expected.now)


def _check_times(said: _Registered, now: float) -> None:
    """Each in the form that a number which is none (NaN) does not pass."""
    if not said.exp > now - LEEWAY_S:
        raise SsoError("sso_clock", f"the ID token expired {now - said.exp:.0f} s ago by this centre's clock")
    if not said.iat < now + LEEWAY_S or (said.nbf is not None and not said.nbf < now + LEEWAY_S):
        raise SsoError("sso_clock", "the ID token is of the future by this centre's clock")
    if not said.iat > now - OLDEST_S:
        raise SsoError("sso_clock", f"the ID token was made {now - said.iat:.0f} s ago by this centre's clock")
