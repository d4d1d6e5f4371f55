"""Pictures and clips on the centre's disk, named by their content, so that what is read is what was hashed."""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from core.errors import StorageError, WireError
from core.events import MAX_CLIP_BYTES, Media
from core.files import make_folder, sync_file, sync_folder, write_durably
from ingest.sinks import MediaKind

SUFFIX: dict[MediaKind, str] = {"snapshot": ".jpg", "clip": ".mp4"}


class MediaFolder:
    """Files under `folder`, two levels deep by the first digits of their hash; unfinished uploads beside them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._partial = folder / "partial"
        self._made = set[Path]()  # folders that are on the disk, also after a power cut
        try:
            for each in (folder, self._partial, *(folder / kind for kind in SUFFIX)):
                make_folder(each)
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
        with _disk(path):
            if path.exists():
                self._settle(path)
            else:
                self._make(path.parent)
                write_durably(path, content)
        return media

    def find(self, kind: MediaKind, digest: str) -> Media | None:
        """The file with that hash, if it is here; then it will also be after a power cut."""
        path = self.path(kind, digest)
        if not path.exists():
            return None
        with _disk(path):
            self._settle(path)
            return Media(sha256=digest, size=path.stat().st_size)

    def offset(self, edge: str, event: str) -> int:
        """How many bytes of an unfinished upload are here."""
        try:
            return self._upload(edge, event).stat().st_size
        except FileNotFoundError:
            return 0

    def append(self, edge: str, event: str, offset: int, piece: bytes) -> int:
        """Add a piece at `offset`; returns the new length. WireError where it does not continue what is here."""
        here = self.offset(edge, event)
        if offset != here or here + len(piece) > MAX_CLIP_BYTES:
            raise WireError(f"the upload stands at {here} bytes, a piece at {offset} does not continue it")
        path = self._upload(edge, event)
        with _disk(path), path.open("ab") as file:
            file.write(piece)
        return here + len(piece)

    def finished(self, edge: str, event: str) -> tuple[Media, bytes]:
        """Name of an upload's whole content, and its first 12 bytes."""
        path = self._upload(edge, event)
        with _disk(path), path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
            file.seek(0)
            return Media(sha256=digest, size=size), file.read(12)

    def keep(self, kind: MediaKind, edge: str, event: str, media: Media) -> None:
        """Move a finished upload to where its content's name says, durably."""
        path = self.path(kind, media.sha256)
        with _disk(path):
            self._make(path.parent)
            with self._upload(edge, event).open("rb") as file:
                os.fsync(file.fileno())
            self._upload(edge, event).replace(path)
            sync_folder(path.parent)

    def drop(self, edge: str, event: str) -> None:
        """Forget an upload."""
        self._upload(edge, event).unlink(missing_ok=True)

    def _settle(self, path: Path) -> None:
        """Put a file that is here on the disk: who wrote it may have been killed before that."""
        self._make(path.parent)
        sync_file(path)

    def _make(self, folder: Path) -> None:
        if folder not in self._made or not folder.exists():
            make_folder(folder)
            self._made.add(folder)

    def _upload(self, edge: str, event: str) -> Path:
        return self._partial / f"{edge}.{event}"


@contextlib.contextmanager
def _disk(path: Path) -> Iterator[None]:
    """Turn what the disk says into one line that names the file."""
    try:
        yield
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror}; free some space") from error
