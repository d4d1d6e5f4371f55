"""Whether a callback comes from whom it says. An empty secret verifies nothing."""

import hashlib
import hmac
from datetime import datetime, timedelta

from alerts.notifiers.webhook import signature as signed

TELEGRAM_HEADER = "X-Telegram-Bot-Api-Secret-Token"
WHATSAPP_HEADER = "X-Hub-Signature-256"
FRESH = timedelta(minutes=5)


def telegram(header: str | None, secret: str) -> bool:
    """The header `X-Telegram-Bot-Api-Secret-Token` against the `secret_token` that was given to setWebhook."""
    return bool(secret) and _same(header, secret)


def whatsapp(header: str | None, body: bytes, app_secret: str) -> bool:
    """The header `X-Hub-Signature-256` (`sha256=HEX`) against the raw body and the secret of the app at Meta."""
    expected = "sha256=" + hmac.new(_raw(app_secret), body, hashlib.sha256).hexdigest()
    return bool(app_secret) and _same(header, expected)


def whatsapp_challenge(mode: str | None, token: str | None, verify_token: str) -> bool:
    """Meta's first call to a new webhook (GET, `hub.mode`, `hub.verify_token`); answer it with `hub.challenge`."""
    return bool(verify_token) and mode == "subscribe" and _same(token, verify_token)


def webhook(timestamp: str | None, signature: str | None, body: bytes, key: str, now: datetime) -> bool:
    """Our own signature, by the two headers of `webhook.py`, and that it is not older or newer than five minutes."""
    if not key or not timestamp or not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 11):
        return False
    fresh = abs(now.timestamp() - int(timestamp)) <= FRESH.total_seconds()
    return _same(signature, signed(key, timestamp, body)) and fresh


def _same(given: str | None, expected: str) -> bool:
    """In a time that does not tell how much of it is right."""
    return hmac.compare_digest(_raw(given or ""), _raw(expected))


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
