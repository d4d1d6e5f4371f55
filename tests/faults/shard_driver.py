"""A shard that needs no camera: it tells of events at a steady rate, through the pipe that real shards use.

One event in eight has a picture. While the file that EKAMLING_TEST_QUIET names is there it tells of none.
"""

import os
import sys
import threading
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from core.clock import SystemClock
from core.events import CameraStatus, Media
from edge.channel import NO_STREAM, Assignment, Found, Ready, Report, receive_assignment, send
from tests.faults import wrong_clock
from tests.messages import an_event

QUIET, RATE = "EKAMLING_TEST_QUIET", "EKAMLING_TEST_RATE"  # a file; events a second of one camera
PICTURE_EVERY = 8
PICTURE_BYTES = 3000


def tell(pipe: "Connection[Any, Any]", work: Assignment, number: int, clock: SystemClock) -> None:
    """One event of each camera."""
    jpeg = b"\xff\xd8\xff" + os.urandom(PICTURE_BYTES) if number % PICTURE_EVERY == 0 else b""
    for camera in work.cameras:
        now = clock.now()
        event = an_event(
            stream=NO_STREAM,
            seq=1,
            camera=camera.id,
            at=now,
            frame_at=now,
            snapshot=Media.of(jpeg) if jpeg else None,
        )
        send(pipe, Found(event, jpeg))


def main() -> None:
    wrong_clock.install()
    pipe: Connection[Any, Any] = Connection(int(sys.argv[1]))
    work = receive_assignment(pipe)
    quiet, clock, pause = Path(os.environ[QUIET]), SystemClock(), threading.Event()
    send(pipe, Ready())
    due, number = clock.monotonic(), 0
    while not pipe.poll():  # new work is never given; the end of the supervisor is
        if number % 8 == 0:
            send(
                pipe,
                Report([CameraStatus(id=each.id, name=each.name, area=each.area, state="ok") for each in work.cameras]),
            )
        if not quiet.exists():
            tell(pipe, work, number, clock)
        number += 1
        due = max(due + 1 / float(os.environ[RATE]), clock.monotonic() - 1)
        pause.wait(max(0.0, due - clock.monotonic()))


if __name__ == "__main__":
    try:
        main()
    except (OSError, EOFError):
        sys.exit(0)
