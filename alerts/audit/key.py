"""The centre's key for what it vouches for: Ed25519 (RFC 8032), in a file that only its owner may read."""

from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from core import keys

NAME = "evidence.key"  # in the data folder; a backup takes it along
KEY_BYTES, SIGNATURE_BYTES = 32, 64


class Signer:
    """Signs; `public` is the key that others check with, in hexadecimal digits."""

    def __init__(self, key: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(key)
        self.public = self._key.public_key().public_bytes_raw().hex()

    def sign(self, content: bytes) -> str:
        """The signature of some content, in hexadecimal digits."""
        return self._key.sign(content).hex()


def signer(folder: Path) -> Signer:
    """That of a data folder, made on the first call; raises StorageError."""
    return Signer(keys.kept(folder / NAME, KEY_BYTES, "evidence"))


def signed(content: bytes, signature: str, public: str) -> bool:
    """Whether a signature is that of a public key for some content; both have one way to be written only."""
    try:
        key, mark = bytes.fromhex(public), bytes.fromhex(signature)
        if key.hex() != public or mark.hex() != signature or len(key) != KEY_BYTES or len(mark) != SIGNATURE_BYTES:
            return False
        Ed25519PublicKey.from_public_bytes(key).verify(mark, content)
    except (ValueError, InvalidSignature):
        return False
    return True
