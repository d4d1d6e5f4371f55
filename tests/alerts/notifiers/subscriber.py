"""A browser that subscribed, and the push service before it, which checks what RFC 8030, 8291 and 8292 ask for."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any

import http_ece
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from tests.alerts.notifiers.far_side import Asked, Said
from tests.alerts.notifiers.samples import NOW

CONTACT = "mailto:dinkominfo@example.go.id"


def packed(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def opened(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Browser:
    """Who subscribed, and what was shown to them. It answers as a push service (RFC 8030)."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = bytes(range(16))
    shown: list[dict[str, Any]] = field(default_factory=list)

    def subscription(self, url: str) -> str:
        point = self.key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        keys = {"p256dh": packed(point), "auth": packed(self.secret)}
        return json.dumps({"endpoint": f"{url}/push/abc", "expirationTime": None, "keys": keys})

    def service(self, asked: Asked) -> Said:
        claims = verified(asked.headers["authorization"])
        origin = f"http://{asked.headers['host']}"
        if claims["aud"] != origin or claims["sub"] != CONTACT or not 0 < claims["exp"] - NOW.timestamp() <= 86400:
            return Said(403)
        if len(asked.body) > 4096 or asked.headers["content-encoding"] != "aes128gcm":
            return Said(413)
        message = http_ece.decrypt(asked.body, private_key=self.key, auth_secret=self.secret, version="aes128gcm")
        self.shown.append(json.loads(message))
        return Said(201, headers={"Location": f"{origin}/message/1"})


def verified(header: str) -> dict[str, Any]:
    """The claims of a VAPID header (RFC 8292, section 3), after its signature was checked with its key."""
    scheme, _, rest = header.partition(" ")
    assert scheme == "vapid"
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    signed, _, signature = parts["t"].rpartition(".")
    raw = opened(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), opened(parts["k"]))
    key.verify(der, signed.encode(), ec.ECDSA(hashes.SHA256()))
    head, claims = (json.loads(opened(part)) for part in signed.split("."))
    assert head == {"typ": "JWT", "alg": "ES256"}
    assert isinstance(claims, dict)
    return claims
