"""Data folders."""

from pathlib import Path

from core.errors import StorageError


def make_folder(folder: Path) -> None:
    """Make a data folder and prove that it can be written; raises StorageError otherwise."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise StorageError(f"{folder}: cannot be written: {error.strerror}; choose another data folder") from error
