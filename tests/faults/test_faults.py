"""Eight edges, a broker, a centre and PostgreSQL while everything fails, again and again: nothing that an edge put on
its disk is lost, doubled or out of order.

The long form (EKAMLING_FAULTS=full, `make test-faults`) is 100,000 events and 200 faults. docs/design/faults.md
"""

import os
import random
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgres
from tests.faults.edge_driver import Entry
from tests.faults.kinds import FAULTS, Stage, Trouble
from tests.faults.rig import Edge, Rig, Stored
from tests.patience import pause

FULL = os.environ.get("EKAMLING_FAULTS") == "full"
pytestmark = pytest.mark.timeout(2400 if FULL else 900)
SEED = int(os.environ.get("EKAMLING_SEED", "0")) or secrets.randbelow(10**6) + 1
EVENTS, FAULT_COUNT = (100_000, 210) if FULL else (10_000, 30)
RATE = 12.0  # events a second of a camera; 16 cameras
GAP_S = 2.2 if FULL else 1.3  # between the beginnings of two faults
DRAIN_S = 240.0


@pytest.fixture(scope="module")
def database() -> Iterator[postgres.Server]:
    with postgres.server(durable=True) as server:
        yield server


def schedule(chance: random.Random) -> list[str]:
    """Every kind; then, in the short form, those that are soon over."""
    names = list(FAULTS)
    more = names if FULL else [name for name, fault in FAULTS.items() if not fault.central]
    wanted = names + [more[number % len(more)] for number in range(FAULT_COUNT - len(names))]
    chance.shuffle(wanted)
    return wanted


def test_nothing_is_lost_or_doubled_or_out_of_order_whatever_fails(
    database: postgres.Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    began, chance = time.monotonic(), random.Random(SEED)  # noqa: S311 - no secret
    with database.database() as name, Rig(tmp_path, database.url(name), rate=RATE, seed=SEED) as rig:
        until_promised(rig, 100)
        trouble = Trouble(Stage(rig, database, chance), full=FULL)
        for fault in schedule(chance):
            trouble.make(fault)
            pause(GAP_S)
        trouble.end()
        assert not trouble.failures, f"seed {SEED}: {trouble.failures}"
        until_promised(rig, EVENTS)
        rig.be_quiet()
        pause(1)
        promised = rig.promised()
        stored = drained(rig, promised)
        folded, counters = rig.counted()
        told = (
            f"{len(promised)} events, {sum(trouble.done.values())} faults of {len(FAULTS)} kinds (seed {SEED}): "
            f"{len(promised.keys() - stored.keys())} lost, {folded - len(stored)} doubled, "
            f"{counters.get('duplicates', 0)} came twice, {sum(edge.refused() for edge in rig.edges)} refused by full "
            f"disks, {sum(edge.process.starts for edge in rig.edges)} lives of edges, {rig.centre.starts} of the "
            f"centre, {time.monotonic() - began:.0f} s"
        )
        with capsys.disabled():
            os.write(1, f"\n{told}\n{trouble.done}\n".encode())
        assert not lacking(promised, stored), f"seed {SEED}: {lacking(promised, stored)[:20]}"
        assert folded == len(stored), f"seed {SEED}: incidents count events twice"
        for edge in rig.edges:
            kept_in_order(edge, stored)
        assert all(trouble.done.values()), trouble.done


def kept_in_order(edge: Edge, stored: dict[str, Stored]) -> None:
    """The centre has each event under the number it was recorded with, and numbers grow as events are recorded."""
    last: dict[str, int] = {}
    for entry in edge.promised():
        kept = stored[entry.id]
        assert (kept.edge, kept.camera, kept.stream, kept.seq) == (edge.name, entry.camera, entry.stream, entry.seq)
        assert entry.seq > last.get(entry.stream, 0), entry
        last[entry.stream] = entry.seq


def lacking(promised: dict[str, Entry], stored: dict[str, Stored]) -> list[Entry]:
    """What the centre lacks, an event or its picture."""
    return [each for each in promised.values() if each.id not in stored or stored[each.id].pictures < each.picture]


def until_promised(rig: Rig, count: int) -> None:
    while len(rig.promised()) < count:
        pause(0.5)


def drained(rig: Rig, promised: dict[str, Entry]) -> dict[str, Stored]:
    """What the centre has when it has everything, or has gained nothing for too long."""
    deadline = time.monotonic() + DRAIN_S
    while True:
        stored = rig.stored()
        if not lacking(promised, stored) or time.monotonic() > deadline:
            return stored
        pause(1)
