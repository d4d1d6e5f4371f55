"""Everything that goes wrong, as what begins it and what ends it."""

import random
import shutil
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.faults.kept import signal_if_there
from tests.faults.rig import Edge, Rig
from tests.patience import until
from tests.postgres import Server

HOURS_2 = "7200"
FRAME_HEADER = 24


@dataclass(frozen=True)
class Stage:
    """What faults are done to."""

    rig: Rig
    postgres: Server
    chance: random.Random


Step = Callable[[Stage, Edge], object]


def nothing(_stage: Stage, _edge: Edge) -> None:
    """It ends by itself."""


@dataclass(frozen=True)
class Fault:
    """`central`: it is done to the centre, not to one edge. `lasts_s`: until its end, in the short and long form."""

    begin: Step
    end: Step = nothing
    lasts_s: tuple[float, float] = (0.0, 0.0)
    central: bool = False


def _kill_shard(_stage: Stage, edge: Edge) -> None:
    for pid in edge.process.below:
        signal_if_there(pid, signal.SIGKILL)


def _kill_broker(stage: Stage, _edge: Edge) -> None:
    if pid := stage.rig.broker:
        signal_if_there(pid, signal.SIGKILL)


def _kill_database(stage: Stage, _edge: Edge) -> None:
    stage.postgres.kill()
    stage.postgres.start()


def _halt_one(stage: Stage, edge: Edge) -> None:
    """The edge, or everything of the centre."""
    victim = stage.chance.choice([edge.process, stage.rig.centre])
    victim.halt()


def _move_all(stage: Stage, edge: Edge) -> None:
    for victim in (edge.process, stage.rig.centre):
        victim.move()


def _one_way(stage: Stage, edge: Edge) -> None:
    edge.link.hold(stage.chance.choice(("up", "down")))


def _cut_power_of_edge(stage: Stage, edge: Edge) -> None:
    """Kill it, and let its disk have written half of what was not yet promised; it starts again by itself."""
    edge.process.hold()
    try:
        for shared in edge.disk.folder.rglob("*-shm"):
            shared.unlink()
        for log in edge.disk.folder.rglob("outbox.sqlite3-wal"):
            with log.open("ab") as file:  # the beginning of a frame whose end never came
                file.write(stage.chance.randbytes(stage.chance.randrange(1, FRAME_HEADER)))
    finally:
        edge.process.go_on()


def _cut_power_of_centre(stage: Stage, edge: Edge) -> None:
    """All at once, and the broker's disk has kept nothing: it syncs its files every two minutes only."""
    _kill_broker(stage, edge)
    stage.rig.centre.hold()
    try:
        stage.postgres.kill()
        shutil.rmtree(Path(stage.rig.centre_folder) / "broker" / "jetstream", ignore_errors=True)
        stage.postgres.start()
    finally:
        stage.rig.centre.go_on()


def _set_clocks(stage: Stage, edge: Edge) -> None:
    """The edge's or the centre's, ahead or back."""
    clock = stage.chance.choice([edge.clock, stage.rig.clock])
    clock.write_text(stage.chance.choice(["", "-"]) + HOURS_2)


def _mend_clocks(stage: Stage, edge: Edge) -> None:
    for clock in (edge.clock, stage.rig.clock):
        clock.write_text("0")


def _set(**values: float) -> Step:
    def step(_stage: Stage, edge: Edge) -> None:
        for name, value in values.items():
            setattr(edge.link, name, value)

    return step


FAULTS = {
    "edge killed": Fault(lambda _, edge: edge.process.kill()),
    "shard killed": Fault(_kill_shard),
    "link reset": Fault(lambda _, edge: edge.link.reset()),
    "link down": Fault(lambda _, edge: edge.link.hold("up", "down"), lambda _, edge: edge.link.release(), (3, 15)),
    "one way only": Fault(_one_way, lambda _, edge: edge.link.release(), (3, 15)),
    "20 % loss": Fault(_set(loss=0.2), _set(loss=0.0), (4, 15)),
    "64 kbit/s": Fault(_set(bytes_s=8000.0), _set(bytes_s=0.0), (4, 15)),
    "power cut at an edge": Fault(_cut_power_of_edge),
    "disk full": Fault(
        lambda _, edge: edge.disk.fill(edge.process.pid), lambda _, edge: edge.disk.free(edge.process.pid), (2, 5)
    ),
    "clock 2 h wrong": Fault(_set_clocks, _mend_clocks, (3, 20)),
    "halted": Fault(_halt_one, _move_all, (3, 10)),
    "broker killed": Fault(_kill_broker, central=True),
    "centre killed": Fault(lambda stage, _: stage.rig.centre.kill(), central=True),
    "database killed": Fault(_kill_database, central=True),
    "power cut at the centre": Fault(_cut_power_of_centre, central=True),
}


class Trouble:
    """Does faults to edges, several at a time, each edge at most one."""

    def __init__(self, stage: Stage, *, full: bool) -> None:
        self._stage = stage
        self._full = full
        self._busy: set[str] = set()
        self._running: list[threading.Thread] = []
        self.failures: list[Exception] = []
        self.done: dict[str, int] = dict.fromkeys(FAULTS, 0)

    def make(self, name: str) -> None:
        """Begin a fault as soon as some edge has none; it ends by itself."""
        edges = self._stage.rig.edges
        free = until(lambda: [edge for edge in edges if edge.name not in self._busy])
        edge = self._stage.chance.choice(free)
        self._busy.add(edge.name)
        thread = threading.Thread(target=self._do, args=(name, edge))
        self._running.append(thread)
        thread.start()

    def _do(self, name: str, edge: Edge) -> None:
        fault = FAULTS[name]
        try:
            fault.begin(self._stage, edge)
            try:
                threading.Event().wait(fault.lasts_s[self._full])
            finally:
                fault.end(self._stage, edge)
            self.done[name] += 1
        except Exception as error:  # noqa: BLE001 - told by the test, on its own thread
            self.failures.append(error)
        finally:
            self._busy.discard(edge.name)

    def end(self) -> None:
        """Wait until all is well again."""
        for thread in self._running:
            thread.join()
