"""Data folders, and what is in them."""

import tempfile
from pathlib import Path

from core import files
from core.errors import StorageError

_SQLITE = "sqlite+aiosqlite:///"


def make_folder(folder: Path, option: str = "data") -> None:
    """Make a data folder and prove that it can be written; StorageError names `option`, which chooses another."""
    try:
        files.make_folder(folder)
        tempfile.TemporaryFile(dir=folder).close()  # of a name of its own: several processes may begin at once
    except OSError as error:
        raise StorageError(
            f"{folder}: cannot be written: {error.strerror}; choose another folder with {option}"
        ) from error


def database_there(url: str) -> None:
    """Raise StorageError for a file that is not there: opening it would make an empty one."""
    if url.startswith(_SQLITE) and not Path(url.removeprefix(_SQLITE)).is_file():
        raise StorageError(f"{url.removeprefix(_SQLITE)}: there is no database; has the centre ever run?")
