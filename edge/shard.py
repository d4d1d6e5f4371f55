"""A shard: one process with some cameras, a thread each, and one detector. Started by the supervisor as a module.

It reads its assignment from the pipe whose file descriptor is its only argument, talks until the pipe closes or SIGTERM
comes, and writes nothing anywhere else.
"""

import logging
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import cv2

from core.clock import SystemClock
from core.errors import EkamlingError
from detectors import choice, registry
from detectors.fitted import FittedDetector
from edge.camera import CameraWorker
from edge.channel import Assignment, Credentials, Failed, FromShard, Ready, Report, receive_assignment, send
from edge.clips import ClipFolder
from edge.equipment import Equipment
from edge.live.feed import LiveFeed
from edge.rules.calendar import Calendar
from edge.tracking import LOWEST

REPORT_S = 1.0
SLOTS = 1  # inferences at a time: a shard is one core's worth of work

log = logging.getLogger("edge.shard")


@dataclass(frozen=True, slots=True)
class _Post:
    """A camera at work, and the login that it works with."""

    worker: CameraWorker
    login: Credentials


class Shard:
    """The cameras of one process."""

    def __init__(self, pipe: "Connection[Any, Any]", work: Assignment) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()
        self._stop = threading.Event()
        models = Path(work.detection.models) if work.detection.models else None
        model = registry.find(work.detection.model, models)
        backend = choice.chosen(model, work.detection.backend, models)
        equipment = Equipment(
            detector=FittedDetector(model, score_threshold=LOWEST, backend=backend),
            slot=threading.Semaphore(SLOTS),
            model=f"{model.name}@{(model.sha256 or 'unchecked')[:8]}",
            clock=SystemClock(),
            calendar=Calendar(ZoneInfo(work.time_zone), work.holidays),
            live=LiveFeed(work.live) if work.live else None,
        )
        self._equipment = equipment
        self._cameras: dict[str, _Post] = {}
        self._work = work
        self._folder = ClipFolder(Path(work.clips))

    def send(self, message: FromShard) -> None:
        """Hand one message to the supervisor, from any thread; when it is gone the shard stops."""
        try:
            with self._lock:
                send(self._pipe, message)
        except OSError:
            self._stop.set()

    def run(self) -> None:
        """Work until told to stop."""
        signal.signal(signal.SIGTERM, lambda *_: self._stop.set())
        self.send(Ready())
        if self._equipment.live:
            self._equipment.live.start()
        self._assign(self._work)
        due = 0.0
        while not self._stop.is_set():
            now = self._equipment.clock.monotonic()
            if now >= due:
                due = now + REPORT_S
                self._report()
            self._hear(max(0.0, due - self._equipment.clock.monotonic()))
        self._end([post.worker for post in self._cameras.values()])
        if self._equipment.live:
            self._equipment.live.stop()
        self._report()

    def _hear(self, wait_s: float) -> None:
        """Take new work, if it comes within `wait_s`; without a supervisor there is none to do."""
        try:
            if self._pipe.poll(wait_s):
                self._assign(receive_assignment(self._pipe))
        except (EOFError, OSError):
            self._stop.set()

    def _assign(self, work: Assignment) -> None:
        """Make the cameras those of `work`; a camera that can go on with its new settings keeps its connection."""
        posts = {}
        for settings, login in zip(work.cameras, work.credentials, strict=True):
            mode = work.modes.get(settings.group, "armed")
            old = self._cameras.pop(settings.id, None)
            if old and old.login == login and old.worker.apply(settings, mode):
                posts[settings.id] = old
                continue
            if old:
                self._end([old.worker])
            worker = CameraWorker(settings, login, mode, self._equipment, self._folder, self.send)
            posts[settings.id] = _Post(worker, login)
            worker.start()
        self._end([post.worker for post in self._cameras.values()])
        self._cameras = posts

    def _end(self, workers: Sequence[CameraWorker]) -> None:
        for worker in workers:
            worker.stop()
        for worker in workers:
            worker.join()

    def _report(self) -> None:
        self.send(Report([post.worker.status() for post in self._cameras.values()]))


def main() -> int:
    """Entry of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the supervisor ends shards in order
    cv2.setNumThreads(1)
    pipe: Connection[Any, Any] = Connection(int(sys.argv[1]))
    try:
        work = receive_assignment(pipe)
    except EOFError:
        return 0
    try:
        shard = Shard(pipe, work)
    except EkamlingError as error:
        send(pipe, Failed(str(error)))
        return 1
    shard.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
