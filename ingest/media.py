"""Pictures and clips on the centre's disk, named by their content, so that what is read is what was hashed."""

import os
from pathlib import Path

from core.errors import StorageError, WireError
from core.events import MAX_CLIP_BYTES, Media
from ingest.sinks import MediaKind

SUFFIX: dict[MediaKind, str] = {"snapshot": ".jpg", "clip": ".mp4"}


class MediaFolder:
    """Files under `folder`, two levels deep by the first digits of their hash; unfinished uploads beside them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._partial = folder / "partial"
        try:
            self._partial.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"{folder}: cannot be written: {error.strerror}; give the centre a writable folder"
            ) from error

    def path(self, kind: MediaKind, digest: str) -> Path:
        """Where the file with that hash stands, or would stand."""
        return self._folder / kind / digest[:2] / f"{digest}{SUFFIX[kind]}"

    def store(self, kind: MediaKind, content: bytes) -> Media:
        """Put content on the disk, durably; storing the same twice changes nothing."""
        media = Media.of(content)
        path = self.path(kind, media.sha256)
        if not path.exists():
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                _write_durably(path, content)
            except OSError as error:
                raise StorageError(f"{path}: cannot be written: {error.strerror}; free some space") from error
        return media

    def offset(self, edge: str, event: str) -> int:
        """How many bytes of an unfinished upload are here."""
        path = self._partial_path(edge, event)
        return path.stat().st_size if path.exists() else 0

    def append(self, edge: str, event: str, offset: int, piece: bytes) -> int:
        """Add a piece at `offset`; returns the new length. WireError where it does not continue what is here."""
        here = self.offset(edge, event)
        if offset != here or here + len(piece) > MAX_CLIP_BYTES:
            raise WireError(f"the upload stands at {here} bytes, a piece at {offset} does not continue it")
        try:
            with self._partial_path(edge, event).open("ab") as file:
                file.write(piece)
        except OSError as error:
            raise StorageError(f"{self._partial}: cannot be written: {error.strerror}; free some space") from error
        return here + len(piece)

    def take(self, edge: str, event: str) -> bytes:
        """The finished upload's bytes; the partial file is gone afterwards."""
        path = self._partial_path(edge, event)
        content = path.read_bytes()
        path.unlink()
        return content

    def _partial_path(self, edge: str, event: str) -> Path:
        return self._partial / f"{edge}.{event}"


def _write_durably(path: Path, content: bytes) -> None:
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
