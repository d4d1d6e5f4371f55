"""Answers from inside a message: a token that names one notification and can only have been made here."""

import hmac
import secrets
from hashlib import sha256
from pathlib import Path

from core.errors import StorageError

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
    try:
        if not path.exists():
            path.touch(mode=0o600)
            path.write_bytes(secrets.token_bytes(KEY_BYTES))
        key = path.read_bytes()
    except OSError as error:
        raise StorageError(f"{path}: the key for answers cannot be read or written: {error.strerror}") from error
    if len(key) != KEY_BYTES:
        raise StorageError(f"{path} does not hold a key of {KEY_BYTES} bytes; remove it and a new one is made")
    return key
