"""How long the pictures of healthy cameras wait while another camera of the same shard misbehaves.

    python benchmarks/beside_a_bad_camera.py [ROUNDS]

Two healthy cameras and one that is well and misbehaves in turns, ten pictures a second of each analysed by the shipped
model in one process, as a shard does it; the cameras live in a process of their own. Prints one JSON object:
milliseconds from the last byte of a healthy camera's picture to its judgement (p50, p99), beside the one that is well,
beside each fault, and the quotient of the two p99, windows of both taken in turns.
"""

import json
import multiprocessing
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast

import cv2
import msgspec

from core.clock import SystemClock
from detectors import registry
from detectors.fitted import FittedDetector
from edge.camera import CameraWorker
from edge.channel import Credentials
from edge.clips import ClipFolder
from edge.equipment import Equipment
from edge.live.feed import LiveFeed
from edge.observer import Look
from edge.settings import CameraSettings
from edge.tracking import LOWEST
from ekamling.streams.clip import load as load_clip
from tests.edge.fakes import WIB
from tests.edge.misbehaving import FAULTS
from tests.edge.misbehaving_camera import HEALTHY, MisbehavingCamera
from tests.edge.recordings import Recording, record

FAULTY = (
    "refuses",
    "stalls",
    "sends zeros",
    "sends garbage",
    "never ends a unit",
    "cuts its units",
    "changes its codec",
)
Waits = dict[str, tuple[list[float], list[float]]]  # of each fault, milliseconds beside a camera that is well, and not
WINDOW_S, SETTLE_S = 6.0, 2.0
CLIPS = {"usual": Recording("h264", 640, 360), "other codec": Recording("hevc", 640, 360)}


def cameras(pipe: "Connection[Any, Any]", folder: str) -> None:
    """The three cameras, in a process of their own; the last turns as it is told."""
    clips = {name: load_clip(record(what, Path(folder) / f"{name}.ts")) for name, what in CLIPS.items()}
    three = [MisbehavingCamera(clips) for _ in range(3)]
    pipe.send([one.url for one in three])
    while (name := pipe.recv()) is not None:
        three[2].turn(FAULTS[name].mode if name else HEALTHY)
        pipe.send(None)
    for one in three:
        one.stop()


class Quiet:
    """Live view that nobody watches, as far as a worker asks."""

    def tap(self, *_of: str) -> "Quiet":
        return self

    def push(self, *_packet: object) -> None:
        """Nobody watches."""

    def reset(self) -> None:
        """Nothing is kept."""


class Timed(CameraWorker):
    """A worker that notes how long each picture waited for its judgement."""

    def __init__(self, url: str, number: int, equipment: Equipment, folder: ClipFolder) -> None:
        self.waits: list[float] = []
        raw = {"id": f"k{number}", "name": "K", "area": "33.03.05.1005", "health": [], "url": url, "analysis_fps": 10}
        settings = msgspec.convert(raw, CameraSettings)
        super().__init__(settings, Credentials("kamling", "rahasia"), "armed", equipment, folder, lambda _told: None)

    def _show(self, look: Look) -> None:
        self.waits.append(1000 * (time.monotonic() - look.frame.received))


def measured(healthy: list[Timed], turn: Callable[[str], None], rounds: int) -> Waits:
    """Of each fault the waits beside the camera when it was well, and beside the fault, in turns."""
    found: Waits = {name: ([], []) for name in FAULTY}

    def window(into: list[float]) -> None:
        time.sleep(SETTLE_S)
        for one in healthy:
            one.waits.clear()
        time.sleep(WINDOW_S)
        for one in healthy:
            into += one.waits

    for round_ in range(rounds):
        for name in FAULTY:
            sys.stderr.write(f"round {round_ + 1} of {rounds}: {name}\n")
            turn("")
            window(found[name][0])
            turn(name)
            window(found[name][1])
    return found


def told(waits: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(waits, n=100)
    return {"p50": round(cuts[49], 1), "p99": round(cuts[98], 1), "pictures": len(waits)}


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    cv2.setNumThreads(1)
    here, there = multiprocessing.Pipe()
    with tempfile.TemporaryDirectory() as folder:
        child = multiprocessing.get_context("spawn").Process(target=cameras, args=(there, folder))
        child.start()
        urls = here.recv()
        model = registry.find()
        detector = FittedDetector(model, score_threshold=LOWEST)
        live = cast(LiveFeed, Quiet())
        equipment = Equipment(detector, threading.Semaphore(), model.name, SystemClock(), WIB, live)
        workers = [Timed(url, number, equipment, ClipFolder(Path(folder))) for number, url in enumerate(urls)]
        for worker in workers:
            worker.start()

        def turn(name: str) -> None:
            here.send(name)
            here.recv()

        found = measured(workers[:2], turn, rounds)
        for worker in workers:
            worker.stop()
        for worker in workers:
            worker.join()
        here.send(None)
        child.join()
    result = {
        name: {"well": told(well), "fault": told(bad), "p99": round(told(bad)["p99"] / told(well)["p99"], 2)}
        for name, (well, bad) in found.items()
    }
    sys.stdout.write(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
