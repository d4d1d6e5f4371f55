"""The supervisor of an edge: starts the shards, keeps them alive, and owns the outbox and the link to the centre."""

import logging
import os
import subprocess
import sys
import threading
from datetime import datetime
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any, Protocol

import msgspec

from core.clock import Clock, SystemClock
from core.errors import EkamlingError, ServiceError, StorageError
from core.events import CameraCounts, CameraStatus, Command, Reply, Status
from edge.channel import Assignment, Credentials, Failed, Found, FromShard, Ready, Recorded, Report, receive, send
from edge.outbox import Outbox
from edge.publisher import Publisher
from edge.settings import CameraSettings, EdgeSettings, read_secret
from edge.uploads import Uploader

HEARTBEAT_S = 20.0
RESTART_S = 1.0  # before a dead shard is started again; doubles while it dies at once, up to
RESTART_MAX_S = 30.0
HEALTHY_S = 30.0  # of life after which a shard's death counts as its first
STOP_S = 10.0  # for a shard to deliver its last clips, and for the outbox to empty
RESTARTING = "its process on the edge ended and starts again"
MEGABYTE = 1024 * 1024

log = logging.getLogger("edge.supervisor")


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
        self._listener = listener
        self._stop = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name=f"shard-{number}", daemon=True)

    def start(self) -> None:
        self._thread.start()

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
                    [sys.executable, "-m", "edge.shard", str(handle)], pass_fds=[handle], stdin=subprocess.DEVNULL
                )
            except OSError as error:
                return f"cannot be started ({error.strerror})"
            theirs.close()
            if self._stop.is_set():
                self._process.terminate()
            try:
                send(ours, self.work)
                self._listen(ours)
            except OSError:
                log.debug("shard %d closed its pipe", self._number)
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


class Supervisor:
    """One edge, from its settings to its end."""

    def __init__(self, settings: EdgeSettings, version: str, clock: Clock) -> None:
        self._settings = settings
        self._version = version
        self._clock = clock
        self._started: datetime = clock.now()
        secret = read_secret(settings.centre.secret_file, whose=f"edge {settings.id}")
        self._outbox = Outbox(
            Path(settings.data),
            budget_bytes=settings.limits.outbox_mb * MEGABYTE,
            clip_budget_bytes=settings.limits.clips_mb * MEGABYTE,
        )
        self._publisher = Publisher(settings.id, settings.centre, secret, self._outbox, clock, self)
        self._uploader = Uploader(settings.id, settings.centre, secret, self._outbox)
        self._cameras = {camera.id: _unseen(camera) for camera in settings.cameras}
        self._before = {camera.id: CameraCounts() for camera in settings.cameras}  # counted by shards that died
        self._shards = [ShardProcess(number, work, self) for number, work in enumerate(assignments(settings), start=1)]
        self._failure = ""
        self._changed = threading.Event()
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Make `run` end; callable from a signal handler."""
        self._stopping.set()
        self._changed.set()

    def run(self) -> None:
        """Work until `stop`; raises ServiceError when a shard says that it can never work."""
        self._publisher.start()
        self._uploader.start()
        for shard in self._shards:
            shard.start()
        try:
            while not self._stopping.is_set() and not self._failure:
                self._changed.wait(HEARTBEAT_S)
                self._changed.clear()
                self._beat()
        finally:
            self._close()
        if self._failure:
            raise ServiceError(self._failure)

    def _beat(self) -> None:
        try:
            self._publisher.publish_status(self.status(online=True))
        except StorageError as error:  # of the outbox's own figures; cameras and shards go on
            log.error("%s", error)

    def status(self, *, online: bool) -> Status:
        """The edge now, as the centre is told."""
        return Status(
            online=online,
            at=self._clock.now(),
            started_at=self._started,
            stream=self._outbox.stream,
            version=self._version,
            cameras=list(self._cameras.values()),
            outbox=self._outbox.status(),
        )

    def answer(self, command: Command) -> Reply:
        """Do what the centre asks."""
        if command.name == "status":
            self._changed.set()
            return Reply(command=command.id, ok=True)
        return Reply(command=command.id, ok=False, message=f"this edge does not know the command {command.name!r}")

    def _close(self) -> None:
        """End the shards, give what waits a last chance to reach the centre, and say goodbye."""
        for shard in self._shards:
            shard.stop()
        for shard in self._shards:
            shard.join()
        self._drain()
        self._uploader.stop()
        self._publisher.stop(self.status(online=False))
        self._outbox.close()

    def _drain(self) -> None:
        """Wait until the outbox is empty, if the centre is there at all."""
        deadline = self._clock.monotonic() + STOP_S
        pause = threading.Event()
        while self._publisher.connected.is_set() and self._clock.monotonic() < deadline:
            waiting = self._outbox.status()
            if not waiting.events + waiting.snapshots + waiting.clips:
                return
            pause.wait(0.1)

    def hear(self, shard: ShardProcess, message: FromShard) -> None:
        """Take in what a shard says."""
        try:
            match message:
                case Found(event, jpeg):
                    self._outbox.record(event, jpeg)
                    self._publisher.wake()
                case Recorded(event, mp4):
                    self._outbox.add_clip(event, mp4)
                    self._uploader.wake()
                case Report(cameras):
                    self._update(cameras)
                case Ready():
                    log.info("a shard reads %s", ", ".join(camera.id for camera in shard.work.cameras))
                case Failed(reason):
                    self._failure = reason
                    self._changed.set()
        except EkamlingError as error:
            log.error("%s", error)

    def ended(self, shard: ShardProcess) -> None:
        """Say so of its cameras, and keep what they had counted, because the next shard counts from zero."""
        for camera in shard.work.cameras:
            last = self._cameras[camera.id]
            self._before[camera.id] = last.counts
            self._note(msgspec.structs.replace(last, state="failed", reason=RESTARTING, fps=0.0))

    def _update(self, cameras: list[CameraStatus]) -> None:
        for camera in cameras:
            self._note(msgspec.structs.replace(camera, counts=_sum(self._before[camera.id], camera.counts)))

    def _note(self, camera: CameraStatus) -> None:
        """Note a camera's state; a change is told at once, not with the next heartbeat."""
        before = self._cameras[camera.id]
        self._cameras[camera.id] = camera
        if before.state != camera.state:
            level = logging.WARNING if camera.state == "failed" else logging.INFO
            log.log(level, "camera %s is %s%s", camera.id, camera.state, f": {camera.reason}" if camera.reason else "")
            self._changed.set()


def assignments(settings: EdgeSettings) -> list[Assignment]:
    """Deal the cameras out to the shards, one each in turn."""
    cores = len(os.sched_getaffinity(0))
    count = min(settings.detection.shards or cores, len(settings.cameras))
    return [_assignment(settings, settings.cameras[first::count]) for first in range(count)]


def _assignment(settings: EdgeSettings, cameras: list[CameraSettings]) -> Assignment:
    credentials = [
        Credentials(
            camera.username,
            read_secret(camera.password_file, whose=f"camera {camera.id}") if camera.password_file else "",
        )
        for camera in cameras
    ]
    return Assignment(settings.id, cameras, credentials, settings.detection, settings.time_zone)


def _unseen(camera: CameraSettings) -> CameraStatus:
    return CameraStatus(id=camera.id, name=camera.name, area=camera.area, state="connecting")


def _sum(one: CameraCounts, other: CameraCounts) -> CameraCounts:
    fields = CameraCounts.__struct_fields__
    return CameraCounts(**{field: getattr(one, field) + getattr(other, field) for field in fields})
