"""The demonstration footage that ships with E-Kamling; see NOTICE.md beside it for where it comes from."""

from pathlib import Path

from core.errors import StorageError

FOLDER = Path(__file__).parent


def clip(name: str) -> Path:
    """The path of a bundled clip such as `vtest-main.mp4`; StorageError if the installation lacks it."""
    path = FOLDER / name
    if path.parent != FOLDER or not path.is_file():
        known = ", ".join(sorted(found.name for found in FOLDER.glob("*.mp4"))) or "none"
        raise StorageError(
            f"bundled clip {name!r} is missing (present: {known}): reinstall E-Kamling, "
            "or rebuild the clips with ekamling/footage/build.py"
        )
    return path
