"""A shard: one process with some cameras, a thread each, and one detector. Started by the supervisor as a module.

It reads its assignment from the pipe whose file descriptor is its only argument, talks until the pipe closes or SIGTERM
comes, and writes nothing anywhere else.
"""

import logging
import signal
import sys
import threading
from multiprocessing.connection import Connection
from typing import Any
from zoneinfo import ZoneInfo

import cv2

from core.clock import SystemClock
from core.errors import EkamlingError
from detectors import registry
from detectors.fitted import FittedDetector
from edge.camera import CameraWorker
from edge.channel import Assignment, Failed, FromShard, Ready, Report, receive_assignment, send
from edge.loop import Shared
from edge.tracking import LOWEST

REPORT_S = 1.0
SLOTS = 1  # inferences at a time: a shard is one core's worth of work

log = logging.getLogger("edge.shard")


class Shard:
    """The cameras of one process."""

    def __init__(self, pipe: "Connection[Any, Any]", work: Assignment) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()
        self._stop = threading.Event()
        model = registry.find(work.detection.model)
        shared = Shared(
            detector=FittedDetector(model, score_threshold=LOWEST),
            slot=threading.Semaphore(SLOTS),
            model=f"{model.name}@{(model.sha256 or 'unchecked')[:8]}",
            clock=SystemClock(),
            zone=ZoneInfo(work.time_zone),
        )
        self._cameras = [
            CameraWorker(camera, login, shared, self.send)
            for camera, login in zip(work.cameras, work.credentials, strict=True)
        ]

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
        for camera in self._cameras:
            camera.start()
        while not self._stop.wait(REPORT_S):
            self._report()
        for camera in self._cameras:
            camera.stop()
        for camera in self._cameras:
            camera.join()
        self._report()

    def _report(self) -> None:
        self.send(Report([camera.status() for camera in self._cameras]))


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
