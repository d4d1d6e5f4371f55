"""Data folders."""

from pathlib import Path

from core.errors import StorageError


def make_folder(folder: Path, option: str = "data") -> None:
    """Make a data folder and prove that it can be written; StorageError names `option`, which chooses another."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise StorageError(
            f"{folder}: cannot be written: {error.strerror}; choose another folder with {option}"
        ) from error
