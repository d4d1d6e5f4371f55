"""The processes of the shards: which cameras each has, and that each is started again when it dies."""

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from datetime import date
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any, Protocol

from core.clock import SystemClock
from edge.channel import Assignment, Credentials, Failed, FromShard, receive, send
from edge.clips import CLIPS
from edge.rules.settings import Mode
from edge.settings import CameraSettings, EdgeSettings, read_secret

RESTART_S = 1.0  # before a dead shard is started again; doubles while it dies at once, up to
RESTART_MAX_S = 30.0
HEALTHY_S = 30.0  # of life after which a shard's death counts as its first
STOP_S = 10.0  # for a shard to deliver its last clips
# Of glibc: its threads each keep a heap of their own, and what clips needed, for ever. Two heaps that give back what is
# large make a further camera cost 8 MB, not 16 (docs/design/performance.md). Other libraries of C ignore this.
HEAP = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "1000000", "MALLOC_TRIM_THRESHOLD_": "4000000"}

PROGRAM = "edge.shard"

log = logging.getLogger("edge.shards")


class Listener(Protocol):
    """Whom a shard talks to; called on the thread of that shard."""

    def hear(self, shard: "ShardProcess", message: FromShard) -> None:
        """Take in what a shard says."""
        ...

    def ended(self, shard: "ShardProcess") -> None:
        """Note that a shard died and will be started again."""
        ...


class ShardProcess:
    """One shard: its process, and the thread that reads what it says and starts it again when it dies."""

    def __init__(self, number: int, work: Assignment, listener: Listener) -> None:
        self.work = work
        self._number = number
        self._lock = threading.Lock()  # of the pipe's writing end and of the work that goes through it
        self._pipe: Connection[Any, Any] | None = None
        self._listener = listener
        self._stop = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name=f"shard-{number}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def assign(self, work: Assignment) -> None:
        """Give it other work; a shard that is down just now starts with it."""
        with self._lock:
            if work == self.work:
                return
            self.work = work
            if self._pipe:
                try:
                    send(self._pipe, work)
                except OSError:
                    log.debug("shard %d is down and starts with its new work", self._number)

    def stop(self) -> None:
        """Ask it to end; `join` waits."""
        self._stop.set()
        if self._process:
            self._process.terminate()

    def join(self) -> None:
        self._thread.join(timeout=STOP_S)
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _keep(self) -> None:
        clock, pause = SystemClock(), RESTART_S
        while not self._stop.is_set():
            born = clock.monotonic()
            ending = self._live()
            if self._stop.is_set():
                return
            self._listener.ended(self)
            pause = RESTART_S if clock.monotonic() - born > HEALTHY_S else min(pause * 2, RESTART_MAX_S)
            log.error("shard %d %s; it starts again in %.0f s", self._number, ending, pause)
            self._stop.wait(pause)

    def _live(self) -> str:
        """Run the process once, from start to end; how it ended."""
        ours, theirs = Pipe()
        with ours, theirs:
            handle = theirs.fileno()
            try:
                self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
                    [sys.executable, "-m", PROGRAM, str(handle)],
                    pass_fds=[handle],
                    stdin=subprocess.DEVNULL,
                    env={**HEAP, **os.environ},
                )
            except OSError as error:
                return f"cannot be started ({error.strerror})"
            theirs.close()
            if self._stop.is_set():
                self._process.terminate()
            try:
                with self._lock:
                    send(ours, self.work)
                    self._pipe = ours
                self._listen(ours)
            except OSError:
                log.debug("shard %d closed its pipe", self._number)
            with self._lock:
                self._pipe = None
        return f"ended with {self._process.wait()}"

    def _listen(self, pipe: "Connection[Any, Any]") -> None:
        while True:
            try:
                message = receive(pipe)
            except EOFError:
                return
            if isinstance(message, Failed):
                self._stop.set()  # it would fail in the same way again
            self._listener.hear(self, message)


def logins(cameras: Sequence[CameraSettings]) -> dict[str, Credentials]:
    """User and password of each camera; raises EkamlingError for a password that cannot be read."""
    return {
        camera.id: Credentials(
            camera.username,
            read_secret(camera.password_file, whose=f"camera {camera.id}") if camera.password_file else "",
        )
        for camera in cameras
    }


def assignments(
    settings: EdgeSettings,
    passwords: Mapping[str, Credentials],
    modes: dict[str, Mode],
    free: list[date],
    before: Sequence[Sequence[str]] = (),
    live: str = "",
) -> list[Assignment]:
    """The work of each shard; `free` are the holidays, `before` names the cameras that each shard has had so far, and
    `live` is where the relay of live view listens."""
    cameras = {camera.id: camera for camera in settings.cameras}
    cores = len(os.sched_getaffinity(0))
    count = max(min(settings.detection.shards or cores, len(cameras)), len(before))
    return [
        Assignment(
            edge=settings.id,
            cameras=[cameras[name] for name in hand],
            credentials=[passwords[name] for name in hand],
            detection=settings.detection,
            time_zone=settings.time_zone,
            holidays=free,
            clips=str(Path(settings.data) / CLIPS),
            modes=modes,
            live=live,
        )
        for hand in deal(list(cameras), before, count)
    ]


def deal(cameras: Sequence[str], before: Sequence[Sequence[str]], count: int) -> list[list[str]]:
    """Deal cameras out to `count` shards, evenly; a camera stays with the shard that has it `before`, if it can."""
    most = -(-len(cameras) // count)
    hands: list[list[str]] = [[] for _ in range(count)]
    for hand, old in zip(hands, before, strict=False):
        hand += [camera for camera in old if camera in cameras][:most]
    dealt = {camera for hand in hands for camera in hand}
    for camera in cameras:
        if camera not in dealt:
            min(hands, key=len).append(camera)
    return hands
