"""Secret keys in files that only their owner may read."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from core.errors import StorageError
from core.files import sync_folder


def kept(path: Path, size: int, purpose: str) -> bytes:
    """The key of `size` bytes in a file, made at random on the first call, also where several processes call at once.

    Raises StorageError, in one line that names the file and the `purpose`.
    """
    try:
        if not path.exists():
            _make(path, size)
        key = path.read_bytes()
    except OSError as error:
        raise StorageError(f"{path}: the key for {purpose} cannot be read or written: {error.strerror}") from error
    if len(key) != size:
        raise StorageError(f"{path} does not hold a key of {size} bytes; put it back from a backup, or remove it")
    return key


def _make(path: Path, size: int) -> None:
    """Write it under another name first: a file that is there is whole."""
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(size))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was quicker: its key counts
            path.hardlink_to(partial)
    finally:
        partial.unlink()
    sync_folder(path.parent)
