"""Files named by their content: stored once, durably or not at all."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import StorageError, WireError
from core.events import MAX_CLIP_BYTES, Media
from ingest.media import MediaFolder
from tests.messages import JPEG, MP4, an_event

EVENT = an_event().id


@pytest.fixture
def folder(tmp_path: Path) -> MediaFolder:
    return MediaFolder(tmp_path / "media")


def files(tmp_path: Path) -> list[Path]:
    return sorted(path for path in tmp_path.rglob("*") if path.is_file())


def test_what_is_stored_is_found_by_its_hash(folder: MediaFolder) -> None:
    media = folder.store("snapshot", JPEG)
    path = folder.path("snapshot", media.sha256)
    assert (media, path.read_bytes(), path.suffix) == (Media.of(JPEG), JPEG, ".jpg")
    assert path.parent.name == media.sha256[:2]


def test_the_same_content_is_stored_once_by_many_at_once(folder: MediaFolder, tmp_path: Path) -> None:
    together = threading.Barrier(8)

    def store() -> Media:
        together.wait(10)
        return folder.store("snapshot", JPEG)

    with ThreadPoolExecutor(8) as pool:
        found = {future.result() for future in [pool.submit(store) for _ in range(8)]}
    assert found == {Media.of(JPEG)}
    assert len(files(tmp_path)) == 1


def test_a_disk_that_is_full_leaves_no_half_file(
    folder: MediaFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match=r"\.jpg: cannot be written: No space left on device; free some space\Z"):
        folder.store("snapshot", JPEG)
    assert files(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "media").write_text("a file")
    with pytest.raises(StorageError, match=r"media: cannot be written: [^\n]+; give the centre a writable folder\Z"):
        MediaFolder(tmp_path / "media")


def test_a_folder_that_went_away_is_named(folder: MediaFolder, tmp_path: Path) -> None:
    (tmp_path / "media" / "partial").rmdir()
    (tmp_path / "media" / "clip").rmdir()
    (tmp_path / "media" / "clip").write_text("a file")
    with pytest.raises(StorageError, match="cannot be written"):
        folder.append("pos-1", EVENT, 0, MP4)
    with pytest.raises(StorageError, match="cannot be written"):
        folder.store("clip", MP4)


def test_an_upload_grows_piece_by_piece(folder: MediaFolder) -> None:
    assert folder.offset("pos-1", EVENT) == 0
    assert folder.append("pos-1", EVENT, 0, MP4[:10]) == 10
    assert folder.append("pos-1", EVENT, 10, MP4[10:]) == len(MP4)
    assert folder.offset("pos-1", EVENT) == len(MP4)
    assert folder.offset("pos-2", EVENT) == 0


@pytest.mark.parametrize("offset", [0, 5, 11])
def test_a_piece_that_does_not_continue_is_refused(folder: MediaFolder, offset: int) -> None:
    folder.append("pos-1", EVENT, 0, MP4[:10])
    with pytest.raises(WireError, match=f"stands at 10 bytes, a piece at {offset}"):
        folder.append("pos-1", EVENT, offset, MP4[10:])
    assert folder.offset("pos-1", EVENT) == 10


def test_an_upload_does_not_grow_beyond_a_clip(folder: MediaFolder, tmp_path: Path) -> None:
    folder.append("pos-1", EVENT, 0, b"x")
    os.truncate(tmp_path / "media" / "partial" / f"pos-1.{EVENT}", MAX_CLIP_BYTES)
    with pytest.raises(WireError):
        folder.append("pos-1", EVENT, MAX_CLIP_BYTES, b"x")


def test_a_finished_upload_is_named_and_kept(folder: MediaFolder, tmp_path: Path) -> None:
    folder.append("pos-1", EVENT, 0, MP4)
    media, head = folder.finished("pos-1", EVENT)
    assert (media, head) == (Media.of(MP4), MP4[:12])
    folder.keep("clip", "pos-1", EVENT, media)
    assert files(tmp_path) == [folder.path("clip", media.sha256)]
    assert folder.path("clip", media.sha256).read_bytes() == MP4


def test_an_upload_that_is_kept_or_dropped_is_finished(folder: MediaFolder) -> None:
    folder.append("pos-1", EVENT, 0, MP4)
    folder.drop("pos-1", EVENT)
    folder.drop("pos-1", EVENT)
    assert folder.offset("pos-1", EVENT) == 0
    with pytest.raises(StorageError, match="No such file"):
        folder.finished("pos-1", EVENT)
