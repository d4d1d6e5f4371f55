"""Web Push: to a browser that its user allowed to be told (RFC 8030, encrypted by RFC 8291, signed by RFC 8292)."""

import base64
import binascii
import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar

import http_ece
import msgspec
import py_vapid
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Struct

from alerts.notifiers import addresses
from alerts.notifiers.base import CALLS, Message, Receipt, checked, cleaned
from alerts.notifiers.exchange import Line
from alerts.notifiers.settings import SERVICES
from alerts.notifiers.texts import one_line
from core.errors import EkamlingError

LARGEST_PAYLOAD = 3993  # RFC 8291, section 4: what fits into a body of 4096 bytes that every service must take
_SIGNATURE_LIFE = timedelta(hours=12)  # RFC 8292 allows 24 h
_TOPIC_LENGTH = 32  # RFC 8030, section 5.4


class _Keys(Struct, frozen=True):
    p256dh: str
    auth: str


class _Subscription(Struct, frozen=True):
    """What `PushSubscription.toJSON()` gives in a browser, without its time of expiry."""

    endpoint: str
    keys: _Keys


@dataclass(frozen=True)
class WebPush:
    """`subject` is where a push service reaches the sender (`mailto:…` or https); `ttl_s` is how long it keeps the
    message for a telephone that is off; `services` are the hosts that are called, none named: any."""

    line: Line
    key: ec.EllipticCurvePrivateKey = field(repr=False)
    subject: str
    ttl_s: int = 3600
    services: tuple[str, ...] = SERVICES
    loopback_http: bool = False
    channel: ClassVar[str] = "web_push"

    @property
    def public_key(self) -> str:
        """What a page gives to `pushManager.subscribe` as `applicationServerKey`."""
        point = self.key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return _packed(point)

    def check(self, address: str) -> str:
        """A subscription as JSON, whose keys are keys and whose endpoint is of a push service that we know."""
        try:
            subscription = msgspec.json.decode(address, type=_Subscription)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            raise EkamlingError("subscription: is not what a browser gives; send PushSubscription.toJSON()") from None
        endpoint = addresses.web_url(subscription.endpoint, loopback_http=self.loopback_http)
        host = addresses.host(endpoint)
        if self.services and not any(host == known or host.endswith("." + known) for known in self.services):
            raise EkamlingError(f"subscription: {host} is no push service that we know; see notify.web_push.services")
        _public(subscription.keys)
        return msgspec.json.encode(subscription).decode()

    async def send(self, address: str, message: Message) -> Receipt:
        subscription = msgspec.json.decode(checked(self, address), type=_Subscription)
        reply = await self.line.call(
            "POST",
            subscription.endpoint,
            headers=self._headers(subscription.endpoint, message),
            content=_sealed(self._payload(cleaned(message)), subscription.keys),
        )
        if not reply.ok:
            raise self.line.refusal(reply, gone=reply.status in (404, 410))
        return Receipt(provider_id=one_line(reply.headers.get("location", ""), 200))

    def _headers(self, endpoint: str, message: Message) -> dict[str, str]:
        claims = {
            "aud": addresses.origin(endpoint),
            "exp": int((self.line.clock.now() + _SIGNATURE_LIFE).timestamp()),
            "sub": self.subject,
        }
        return {
            **py_vapid.Vapid02(self.key).sign(claims),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(self.ttl_s),
            "Urgency": urgency(message),
            "Topic": topic(message.incident),
        }

    def _payload(self, message: Message) -> bytes:
        """The message as JSON for our service worker; its body is cut until it fits."""
        values: dict[str, Any] = {name: getattr(message, name) for name in _TOLD}
        return _fitting({"version": 1, **values, "title": one_line(message.title, 120)}, self.line)


def urgency(message: Message) -> str:
    """RFC 8030, section 5.3. A dozing telephone is woken only by `high`; the next step of a ladder is a minute away."""
    if message.action not in CALLS:
        return "normal"
    return "high" if message.severity < 3 else "normal"


def topic(incident: str) -> str:
    """One name for all messages about an incident: of those that wait for a telephone, only the newest is kept."""
    return _packed(hashlib.sha256(incident.encode("utf-8", "replace")).digest())[:_TOPIC_LENGTH]


def new_key() -> str:
    """A new private key for the `key_file` of the settings, in PEM."""
    return (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        .decode()
    )


def read_key(pem: str, *, name: str) -> ec.EllipticCurvePrivateKey:
    """The private key of a PEM text; raises EkamlingError, which names the file `name`."""
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError):
        raise EkamlingError(f"{name}: must hold a private key in PEM without a password") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise EkamlingError(f"{name}: must hold a key of the curve P-256")
    return key


_TOLD = (
    *("id", "action", "incident", "number", "kind", "severity", "state", "title", "body", "area", "area_name", "place"),
    *("opened_at", "url", "answer_url", "position", "language"),
)


def _fitting(values: dict[str, Any], line: Line) -> bytes:
    """`values` as JSON of at most `LARGEST_PAYLOAD` bytes."""
    body = values["body"]
    for size in (len(body), 1500, 800, 400, 100, 0):
        payload = msgspec.json.encode({**values, "body": one_line(body, size) if size < len(body) else body})
        if len(payload) <= LARGEST_PAYLOAD:
            return payload
    raise line.permanent("was not called: the message's addresses are too long to be pushed")


def _sealed(payload: bytes, keys: _Keys) -> bytes:
    """The payload as only the browser can read it."""
    sealed = http_ece.encrypt(
        payload,
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=_public(keys),
        auth_secret=_opened(keys.auth),
        version="aes128gcm",
    )
    return bytes(sealed)


def _public(keys: _Keys) -> bytes:
    """The browser's public key, an uncompressed point; raises EkamlingError where the keys are none."""
    try:
        point, secret = _opened(keys.p256dh), _opened(keys.auth)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        raise EkamlingError("subscription: p256dh is not a public key of the curve P-256") from None
    if len(secret) != 16 or len(point) != 65:
        raise EkamlingError("subscription: p256dh must be 65 bytes long and auth 16, in base64url")
    return point


def _packed(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _opened(text: str) -> bytes:
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), b"-_", validate=True)
    except (binascii.Error, UnicodeError) as error:
        raise ValueError("not base64url") from error
