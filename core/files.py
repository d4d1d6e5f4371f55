"""Files that are there whole or not at all, also after a power cut."""

import os
import secrets
from pathlib import Path


def write_durably(path: Path, content: bytes) -> None:
    """Write a file and its name to the disk; raises OSError and leaves nothing behind where that fails."""
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)  # it may be the very thing that fills the disk
        raise
    sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """Make a folder, with those above it that are missing, as durably as what will be put into it; it may be there
    already, for who made it may have been killed before its name was on the disk. Raises OSError."""
    new = [one for one in folder.parents if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for one in (folder, *new):
        sync_folder(one.parent)


def sync_file(path: Path) -> None:
    """Write a file that is there, and its name, to the disk; raises OSError."""
    sync_content(path)
    sync_folder(path.parent)


def sync_content(path: Path) -> None:
    """Write the content of a file that is there to the disk, its name not; raises OSError."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in a folder as durable as the files they name."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
