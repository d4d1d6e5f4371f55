"""Webhook: signed JSON to another application, with the words of alarm desks: trigger, acknowledge, resolve.

X-Ekamling-Timestamp: 1767225600
X-Ekamling-Signature: v1=HEX      HMAC-SHA256 with the receiver's key over TIMESTAMP "." BODY
Idempotency-Key: ID               the same in each attempt
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import ClassVar

import msgspec

from alerts.notifiers import addresses
from alerts.notifiers.base import Message, Receipt, checked, cleaned
from alerts.notifiers.exchange import Line
from alerts.notifiers.texts import one_line

TIMESTAMP, SIGNATURE = "X-Ekamling-Timestamp", "X-Ekamling-Signature"


@dataclass(frozen=True)
class Webhook:
    """`secret` never leaves the centre: each receiver has a key of its own, made from it and the receiver's address,
    so that no receiver can sign for another."""

    line: Line
    secret: str = field(repr=False)
    loopback_http: bool = False
    channel: ClassVar[str] = "webhook"

    def check(self, address: str) -> str:
        """An https address."""
        return addresses.web_url(address, loopback_http=self.loopback_http)

    def key(self, address: str) -> str:
        """The key by which the receiver at `address` verifies what it gets: for its administrator's eyes."""
        return hmac.new(self.secret.encode(), b"webhook:" + self.check(address).encode(), hashlib.sha256).hexdigest()

    async def send(self, address: str, message: Message) -> Receipt:
        url = checked(self, address)
        body = written(cleaned(message))
        timestamp = str(int(self.line.clock.now().timestamp()))
        reply = await self.line.call(
            "POST",
            url,
            headers={
                "Content-Type": "application/json",
                "Idempotency-Key": message.id,
                TIMESTAMP: timestamp,
                SIGNATURE: signature(self.key(url), timestamp, body),
            },
            content=body,
        )
        if not reply.ok:
            moved = "; it points elsewhere, which is not followed" if 300 <= reply.status < 400 else ""
            raise self.line.refusal(reply, f"the receiver at {addresses.host(url)}{moved}", gone=reply.status == 410)
        return Receipt(one_line(reply.headers.get("x-request-id", ""), 100))


def signature(key: str, timestamp: str, body: bytes) -> str:
    """The value of the signature's header."""
    signed = timestamp.encode("utf-8", "replace") + b"." + body
    return "v1=" + hmac.new(key.encode("utf-8", "replace"), signed, hashlib.sha256).hexdigest()


def written(message: Message) -> bytes:
    """The body, version 1. Fields may be added within a version, never renamed or left out."""
    position = {"latitude": message.position[0], "longitude": message.position[1]} if message.position else None
    return msgspec.json.encode(
        {
            "version": 1,
            "id": message.id,
            "action": message.action,
            "dedup_key": message.incident,
            "incident": {
                "id": message.incident,
                "number": message.number,
                "kind": message.kind,
                "severity": message.severity,
                "state": message.state,
                "opened_at": message.opened_at,
                "area": message.area,
                "area_name": message.area_name,
                "place": message.place,
                "position": position,
                "url": message.url,
            },
            "title": message.title,
            "body": message.body,
            "language": message.language,
            "answer_url": message.answer_url,
        }
    )
