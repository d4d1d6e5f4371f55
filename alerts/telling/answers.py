"""Answers from inside a message: a token that names one notification and can only have been made here."""

import hmac
from hashlib import sha256
from pathlib import Path

from core import keys

KEY_BYTES = 32
MARK = 16  # characters of the signature: 64 bits, of which each guess costs a request


class Answers:
    """Makes and reads tokens with the centre's own key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def token(self, notification: str) -> str:
        """The token by which the recipient of a notification answers it; at most 57 characters."""
        return f"{notification}_{self._mark(notification)}"

    def read(self, token: str) -> str | None:
        """The notification that a token answers; None for one that was not made here."""
        notification, _, mark = token.partition("_")
        return notification if hmac.compare_digest(mark.encode(), self._mark(notification).encode()) else None

    def _mark(self, notification: str) -> str:
        return hmac.new(self._key, notification.encode(), sha256).hexdigest()[:MARK]


def key_from(path: Path) -> bytes:
    """The key in a file that only its owner may read, made on the first call; raises StorageError."""
    return keys.kept(path, KEY_BYTES, "answers")
