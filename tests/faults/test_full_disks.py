"""What a full disk at the centre does: nothing is acknowledged that is not stored, and when there is room again all
goes on by itself. docs/design/disk-and-clock.md; of an edge's disk: tests/edge/test_outbox.py and test_faults.py."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.rig import Rig
from tests.faults.small_disk import SmallDisk
from tests.patience import pause, until

pytestmark = pytest.mark.timeout(300)
DISK_MB = 400  # the broker's stream takes three quarters of what is free at most, and wants 128 MB
RATE = 2.0  # events a second of a camera; 16 cameras
FULL_S = 8.0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    disk = SmallDisk(tmp_path / "centre", DISK_MB)
    disk.open()
    if not disk.mounted:
        pytest.skip("no file system may be mounted here")
    yield disk
    disk.close()


def test_a_full_disk_at_the_centre_loses_nothing_and_mends_itself(tmp_path: Path, disk: SmallDisk) -> None:
    """Broker, database, pictures: all stand on it."""
    with Rig(tmp_path, f"sqlite+aiosqlite:///{disk.folder}/centre.sqlite3", rate=RATE, seed=1) as rig:
        until(lambda: len(rig.stored()) > 50)
        disk.fill(rig.centre.pid)
        pause(FULL_S)
        assert len(rig.stored()) < len(rig.promised())
        disk.free(rig.centre.pid)
        seen = len(rig.promised())
        until(lambda: len(rig.promised()) > seen + 20)
        rig.be_quiet()
        promised = rig.promised()
        until(lambda: promised.keys() <= rig.stored().keys())
        assert rig.centre.starts == 1
