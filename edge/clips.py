"""The folder of clips that wait for upload: files named by their content, so that events may share one."""

import os
import threading
from collections.abc import Collection
from pathlib import Path

from core.events import Media
from core.files import sync_content, sync_file

SUFFIX = ".mp4"
CLIPS = "clips"  # the folder, inside that of the outbox


class ClipFolder:
    """Shards write into it, the outbox decides what stays. All methods raise OSError when the disk fails."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, sha256: str) -> Path:
        """Where the clip with that hash stands."""
        return self._folder / f"{sha256}{SUFFIX}"

    def put(self, mp4: bytes) -> Media:
        """Write a clip, not yet durably (see settle); nothing is left behind where that fails."""
        media = Media.of(mp4)
        path = self.path(media.sha256)
        part = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}")
        try:
            part.write_bytes(mp4)
            if path.exists():  # and is promised already: its durable content must not give way to one that is not yet
                sync_content(part)
            part.replace(path)  # in one step: another event's clip of the same content may be read just now
        except OSError:
            part.unlink(missing_ok=True)  # it may be the very thing that fills the disk
            raise
        return media

    def settle(self, sha256: str) -> None:
        """Make a clip and its name durable."""
        sync_file(self.path(sha256))

    def drop(self, hashes: Collection[str]) -> None:
        """Remove clips; those that are gone already are no matter."""
        for sha256 in hashes:
            self.path(sha256).unlink(missing_ok=True)

    def sweep(self, known: Collection[str]) -> None:
        """Remove all files but the known clips: what a crash left between the disk and the outbox's table."""
        names = {self.path(sha256).name for sha256 in known}
        for path in self._folder.iterdir():
            if path.name not in names:
                path.unlink()
