"""An edge that cannot reach its centre for three days, and the hour in which it can again.

The short form is three hours with a 24th of the disk; the long form (EKAMLING_FAULTS=full) is all of it, and judges how
soon the backlog is gone.
"""

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.clock import SystemClock
from core.events import Command, Media, Reply, Status
from edge.outbox import Outbox
from edge.publisher import Publisher
from edge.settings import CentreLink
from ekamling.demo_site import free_ports
from tests import postgres
from tests.brokers import EDGES, HOST
from tests.ekamling.machines import Machines, counted, stored
from tests.messages import a_camera, a_status, an_event
from tests.patience import pause

FULL = os.environ.get("EKAMLING_FAULTS") == "full"
pytestmark = pytest.mark.timeout(1800 if FULL else 300)
HOURS, EVENTS_AN_HOUR = (72 if FULL else 3), 1000
BUDGET = 95_000_000 * HOURS // 72  # of the database; SQLite's write-ahead file stands beside it
LARGEST = 100_000_000
PICTURE = 18_000  # bytes, as the demo's are
LEAST_RATE = 500.0  # events a second, of the aim
DRAIN_S = 600.0
EDGE = "pos-1"


class Host:
    """An edge without cameras."""

    def status(self, *, online: bool) -> Status:
        return a_status(a_camera(), online=online)

    def answer(self, command: Command) -> Reply:
        return Reply(command=command.id, ok=True)


@pytest.fixture
def machines(tmp_path: Path, postgres_server: postgres.Server, postgres_template: str) -> Iterator[Machines]:
    with postgres_server.database(postgres_template) as name:
        machines = Machines(tmp_path, postgres_server.url(name))
        try:
            yield machines
        finally:
            machines.stop()


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    box = Outbox(tmp_path / "edge", budget_bytes=BUDGET, clip_budget_bytes=0)
    yield box
    box.close()


def recorded(outbox: Outbox) -> str:
    """One more event, as a detector's are, with a picture that no other has; returns its id."""
    jpeg = b"\xff\xd8\xff" + os.urandom(PICTURE)
    return outbox.record(an_event(snapshot=Media.of(jpeg)), jpeg).id


def test_three_days_without_a_centre_fit_on_the_disk_and_are_told_when_it_is_back(
    machines: Machines, outbox: Outbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    promised = [recorded(outbox) for _ in range(HOURS * EVENTS_AN_HOUR)]
    before = outbox.status()
    on_disk = sum(file.stat().st_size for file in (tmp_path / "edge").iterdir() if file.is_file())
    assert (before.events, before.events_lost) == (len(promised), 0)
    assert before.snapshots + before.snapshots_evicted == len(promised)
    assert before.snapshots_evicted > 0
    assert before.bytes <= BUDGET
    assert on_disk <= LARGEST

    mqtt_port, port, monitor_port, http_port = free_ports(4)
    settings = machines.settings(
        "centre", "data", {"mqtt_port": mqtt_port, "port": port, "monitor_port": monitor_port}, http_port
    )
    machines.start("centre", "broker,ingest,alerts,web")
    machines.ready("centre")
    link = CentreLink(mqtt_host=HOST, mqtt_port=mqtt_port, url="http://127.0.0.1:1", secret_file="unused")
    publisher = Publisher(EDGE, link, EDGES[EDGE], outbox, SystemClock(), Host())
    publisher.start()
    try:
        publisher.connected.wait(30)
        began = time.monotonic()
        live = recorded(outbox)
        publisher.wake()
        behind = waited_for(settings, live, outbox)
        while outbox.status().events and time.monotonic() - began < DRAIN_S:
            pause(0.05)
        rate = len(promised) / (time.monotonic() - began)
        while outbox.status().snapshots and time.monotonic() - began < DRAIN_S:
            pause(0.05)
    finally:
        publisher.stop(Status(online=False))
    left = outbox.status()
    told = (
        f"{HOURS} h without a centre: {len(promised)} events in {on_disk / 1e6:.1f} MB, {before.snapshots} pictures "
        f"kept; {rate:.0f} events/s when it was back, the newest with {behind} still behind it"
    )
    with capsys.disabled():
        os.write(1, f"\n{told}\n".encode())
    assert (left.events, left.snapshots, left.events_lost) == (0, 0, 0)
    have = asyncio.run(stored(settings))
    assert set(have) == {*promised, live}
    assert asyncio.run(counted(settings)) == len(promised) + 1
    assert behind > len(promised) // 2
    assert not FULL or rate >= LEAST_RATE


def waited_for(settings: Any, event: str, outbox: Outbox) -> int:
    """How many events wait still when the centre has this one."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if event in asyncio.run(stored(settings)):
            return outbox.status().events
        pause(0.02)
    raise AssertionError("the newest event did not come")
