"""A centre and its edges under steady load: what they hold does not grow with what they have done.

The short form counts descriptors, threads and the edges' files; the long form (EKAMLING_FAULTS=full) also judges
memory, over five minutes of 190 events a second, which is what such a place sees in some weeks.
"""

import os
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import pytest

from core.process import resident_bytes
from tests import postgres
from tests.faults.rig import Rig
from tests.patience import pause, until

FULL = os.environ.get("EKAMLING_FAULTS") == "full"
pytestmark = pytest.mark.timeout(900 if FULL else 300)
RATE = 12.0  # events a second of a camera; 16 cameras
WARM, MEASURED = (2_000, 50_000) if FULL else (200, 2_000)  # events
LOOK_S = 2.0 if FULL else 0.5
MOST_GROWTH = 4 * 1024 * 1024  # bytes of memory of one process for 10,000 further events
OUTBOX = 4 * 1024 * 1024  # bytes of an edge's files while its link is well
FEW = 3  # descriptors and threads that come and go with a connection of the database or a request


@pytest.fixture(scope="module")
def database() -> Iterator[postgres.Server]:
    with postgres.server() as server:
        yield server


@dataclass(frozen=True)
class Sample:
    """What one process holds when so many events have been promised."""

    events: int
    memory: int
    descriptors: int
    threads: int
    files: int = 0  # bytes


def sample(pid: int, events: int, folder: Path | None = None) -> Sample:
    files = [each for each in folder.rglob("*") if each.is_file()] if folder else []
    return Sample(
        events,
        resident_bytes([pid]),
        len(list(Path(f"/proc/{pid}/fd").iterdir())),
        len(list(Path(f"/proc/{pid}/task").iterdir())),
        sum(each.stat().st_size for each in files),
    )


def slope(samples: Sequence[Sample]) -> float:
    """Bytes of memory for each further event: the median of the slopes between all pairs (Theil and Sen)."""
    pairs = [(one, other) for one, other in combinations(samples, 2) if other.events > one.events]
    return statistics.median((other.memory - one.memory) / (other.events - one.events) for one, other in pairs)


def test_what_processes_hold_does_not_grow_with_what_they_have_done(
    database: postgres.Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held: dict[str, list[Sample]] = {}
    with database.database() as name, Rig(tmp_path, database.url(name), rate=RATE, seed=1) as rig:
        until(lambda: len(rig.stored()) > WARM)
        while (events := len(rig.promised())) < WARM + MEASURED:
            pause(LOOK_S)
            held.setdefault("centre", []).append(sample(rig.centre.pid, events))
            held.setdefault("broker", []).append(sample(rig.broker, events))
            for edge in rig.edges:
                held.setdefault(edge.name, []).append(sample(edge.process.pid, events, edge.disk.folder))
        assert [edge.process.starts for edge in rig.edges] + [rig.centre.starts] == [1] * 9
    with capsys.disabled():
        sys.stdout.write(f"\n{events} events\n")
        for who, samples in held.items():
            growth = slope(samples) * 10_000 / 1024
            first, last = samples[0], samples[-1]
            sys.stdout.write(
                f"{who}: {last.memory >> 20} MB, {growth:+.0f} KB for 10,000 events; descriptors "
                f"{first.descriptors} to {last.descriptors}, threads {first.threads} to {last.threads}, "
                f"files {last.files >> 10} KB\n"
            )
    for who, samples in held.items():
        half = len(samples) // 2
        for what in ("descriptors", "threads"):
            before, after = (max(getattr(each, what) for each in part) for part in (samples[:half], samples[half:]))
            assert after <= before + FEW, (who, what, before, after)
        assert max(each.files for each in samples) < OUTBOX, who
        assert not FULL or slope(samples) * 10_000 < MOST_GROWTH, who
