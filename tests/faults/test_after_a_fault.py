"""How soon the console shows what happens after a fault: measured and judged in the long form only, on a machine that
does nothing else. docs/design/faults.md holds the figures."""

import os
import random
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgres
from tests.faults.console import Console
from tests.faults.kinds import FAULTS, Stage
from tests.faults.rig import Rig
from tests.patience import pause

FULL = os.environ.get("EKAMLING_FAULTS") == "full"
pytestmark = pytest.mark.timeout(2400 if FULL else 300)
RATE = 1.0  # events a second of a camera; 16 cameras
LOOK_S = 30.0  # after a fault
SETTLE_S = 5.0  # until what was made in that time is shown, before the next fault
USUAL_S, LONGEST_S = 3.0, 10.0  # for 95 of 100 events, and for every one
SEED = secrets.randbelow(10**6)


@pytest.fixture(scope="module")
def database() -> Iterator[postgres.Server]:
    with postgres.server(durable=True) as server:
        yield server


@pytest.mark.skipif(not FULL, reason="measures times: EKAMLING_FAULTS=full")
def test_new_events_reach_the_console_soon_after_every_fault(
    database: postgres.Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines, late = [], []
    with database.database() as name, Rig(tmp_path, database.url(name), rate=RATE, seed=SEED) as rig:
        while len(rig.promised()) < 100:
            pause(0.5)
        with Console(f"http://127.0.0.1:{rig.http}", operator(rig)) as console:
            stage = Stage(rig, database, random.Random(SEED))  # noqa: S311 - no secret
            ends = {}
            for kind, fault in FAULTS.items():
                edge = stage.chance.choice(rig.edges)
                fault.begin(stage, edge)
                pause(fault.lasts_s[1])
                fault.end(stage, edge)
                ends[kind] = time.time()
                pause(LOOK_S + SETTLE_S)
            rig.be_quiet()
            pause(SETTLE_S)
            waits = shown_after(rig, console)
            promised = rig.promised()
        for kind, end in ends.items():
            new = sorted(waits[each] for each, entry in promised.items() if end <= entry.at < end + LOOK_S)
            usual, longest = new[int(0.95 * len(new))], new[-1]
            lines.append(f"{kind}: {len(new)} events, p95 {usual:.2f} s, longest {longest:.2f} s")
            if usual > USUAL_S or longest > LONGEST_S:
                late.append(lines[-1])
    with capsys.disabled():
        os.write(1, ("\n" + "\n".join(lines) + "\n").encode())
    assert not late


def operator(rig: Rig) -> str:
    """The token of a sign-in link of somebody who sees all edges."""
    command = [sys.executable, "-m", "ekamling", "user", "add", "polres", "--config", str(rig.config)]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    return told.stdout.strip().rpartition("=")[2].rpartition("/")[2]


def shown_after(rig: Rig, console: Console) -> dict[str, float]:
    """Seconds from the edge's disk to the console, of every event; infinity for what it was never told."""
    entries, waits, counts = rig.promised(), {}, dict[str, int]()
    for event, incident in rig.folded():
        counts[incident] = counts.get(incident, 0) + 1
        at = console.shown(incident, counts[incident])
        if event in entries:
            waits[event] = at - entries[event].at if at else float("inf")
    return waits | {each: float("inf") for each in entries.keys() - waits.keys()}
