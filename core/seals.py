"""A chain of seals: each is the hash of the one before and of what it stands for, so that nothing in the chain can be
changed, left out, added or put elsewhere without changing every seal after it."""

import hashlib
from typing import Final

FIRST: Final = "0" * 64  # the seal before the first one


def seal(before: str, content: bytes) -> str:
    """The seal, SHA-256 in 64 hexadecimal digits, of some content that follows the seal `before`."""
    return hashlib.sha256(b"ekamling seal 1\n" + before.encode() + b"\n" + content).hexdigest()
