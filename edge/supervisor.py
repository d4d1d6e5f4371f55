"""The supervisor of an edge: hands the cameras to the shards, and owns the outbox and the link to the centre."""

import logging
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from core import rules
from core.clock import Clock
from core.errors import EkamlingError, ServiceError, StorageError
from core.events import MAX_TOLD, CameraStatus, Command, Reply, Status
from edge.arming import Arming
from edge.channel import Assignment, Failed, Found, FromShard, Ready, Recorded, Report
from edge.holidays import holidays
from edge.live.process import LiveProcess
from edge.outbox import Outbox
from edge.publisher import Publisher
from edge.roster import Roster
from edge.rulebook import Rulebook
from edge.settings import EdgeSettings, read_secret
from edge.shards import ShardProcess, assignments, logins
from edge.siren import COMMAND as SIREN
from edge.siren import Siren
from edge.uploads import Uploader

HEARTBEAT_S = 20.0
LOOK_S = 1.0  # between two looks at the file of modes
STOP_S = 10.0  # for the outbox to empty
MEGABYTE = 1024 * 1024
_FIXED = ("id", "data", "centre", "detection", "limits", "live", "siren", "time_zone")  # settings that need a new start

log = logging.getLogger("edge.supervisor")


class Supervisor:
    """One edge, from its settings to its end."""

    def __init__(self, settings: EdgeSettings, version: str, clock: Clock) -> None:
        self._version = version
        self._clock = clock
        self._started: datetime = clock.now()
        self._changed = threading.Event()
        self._stopping = threading.Event()
        self._failure = ""
        secret = read_secret(settings.centre.secret_file, whose=f"edge {settings.id}")
        passwords = logins(settings.cameras)
        self._outbox = Outbox(
            Path(settings.data),
            budget_bytes=settings.limits.outbox_mb * MEGABYTE,
            clip_budget_bytes=settings.limits.clips_mb * MEGABYTE,
        )
        self._arming = Arming(Path(settings.data))
        self._rulebook = Rulebook(Path(settings.data), settings)
        self._settings = self._rulebook.settings  # the file's, with the rules that the centre gave
        self._settling = threading.Lock()  # of the two, for they come from a file and from the centre
        self._publisher = Publisher(settings.id, settings.centre, secret, self._outbox, clock, self)
        self._siren = Siren(settings.siren, Path(settings.data), clock, self._publisher.reply)
        self._live = LiveProcess(settings.live, self._publisher.answer)
        self._uploader = Uploader(settings.id, settings.centre, secret, self._outbox)
        self._roster = Roster(self._changed.set)
        self._roster.enrol(settings.cameras)
        self._assigning = threading.Lock()  # work comes from a file, from the centre and from here
        self._logins = passwords
        self._year = self._started.year
        self._live.prepare()
        self._shards = [ShardProcess(number, work, self) for number, work in enumerate(self._work(), start=1)]

    def stop(self) -> None:
        """Make `run` end; callable from a signal handler."""
        self._stopping.set()
        self._changed.set()

    def run(self) -> None:
        """Work until `stop`; raises ServiceError when a shard says that it can never work."""
        self._siren.start()
        self._publisher.start()
        self._uploader.start()
        self._live.start()
        for shard in self._shards:
            shard.start()
        due = self._clock.monotonic() + HEARTBEAT_S
        try:
            while not self._stopping.is_set() and not self._failure:
                changed = self._changed.wait(LOOK_S)
                self._changed.clear()
                if self._arming.refresh() or self._new_year():
                    self._assign()
                if changed or self._clock.monotonic() >= due:
                    due = self._clock.monotonic() + HEARTBEAT_S
                    self._beat()
        finally:
            self._close()
        if self._failure:
            raise ServiceError(self._failure)

    def apply(self, settings: EdgeSettings) -> None:
        """Take other cameras, rules, zones and groups while everything goes on.

        Raises EkamlingError, and changes nothing, where a camera's password cannot be read. What needs a new start
        (the edge's name, its folder, its centre, its limits, its detector, its siren) is said and left as it is.
        """
        passwords = logins(settings.cameras)
        later = [key for key in _FIXED if getattr(settings, key) != getattr(self._settings, key)]
        if later:
            log.warning("changes of %s take effect when the edge is started again", ", ".join(later))
        with self._settling:
            self._rulebook.open(settings)
            self._settings, self._logins = self._rulebook.settings, passwords
            self._roster.enrol(settings.cameras)
            self._assign()
        log.info("the edge goes on with its new settings")

    def _new_year(self) -> bool:
        """Whether shards need the holidays of another year."""
        before, self._year = self._year, self._clock.now().year
        return self._year != before

    def _assign(self) -> None:
        """Bring what every shard does in line with the settings and the modes."""
        with self._assigning:
            before = [[camera.id for camera in shard.work.cameras] for shard in self._shards]
            for number, work in enumerate(self._work(before)):
                if number < len(self._shards):
                    self._shards[number].assign(work)
                else:
                    shard = ShardProcess(number + 1, work, self)
                    self._shards.append(shard)
                    shard.start()

    def _work(self, before: Sequence[Sequence[str]] = ()) -> list[Assignment]:
        free = holidays(self._settings, (self._year, self._year + 1))
        return assignments(self._settings, self._logins, self._arming.modes, free, before, self._live.path)

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
            cameras=[self._with_rules(camera) for camera in self._roster.all()],
            outbox=self._outbox.status(),
        )

    def _with_rules(self, camera: CameraStatus) -> CameraStatus:
        running = self._rulebook.running.get(camera.id)
        if running is None:
            return camera
        return replace(camera, rules=running.digest, rules_from=running.source, rules_version=running.version)

    def answer(self, command: Command) -> Reply | None:
        """Do what the centre asks; the siren and live view answer by themselves, when they know."""
        try:
            match command.name:
                case "status":
                    self._changed.set()
                case name if name == SIREN:
                    self._siren.take(command)
                    return None
                case "live" | "live-keep" | "live-end" | "live-picture":
                    self._live.ask(command)
                    return None
                case "arm":
                    self._arm(command.args.get("group", ""), command.args.get("mode", ""))
                case rules.ORDER:
                    return self._tell_rules(command, self._take_rules(command))
                case rules.READ:
                    return self._tell_rules(command, command.args.get("camera", ""))
                case _:
                    raise EkamlingError(f"this edge does not know the command {command.name!r}")
        except EkamlingError as error:
            return Reply(command=command.id, ok=False, message=str(error)[:200])
        return Reply(command=command.id, ok=True)

    def _arm(self, group: str, mode: str) -> None:
        groups = {camera.group for camera in self._settings.cameras}
        if group not in groups:
            raise EkamlingError(f"this edge has no group {group!r}; it has {', '.join(sorted(groups))}")
        self._arming.set(group, mode)
        log.info("the centre puts group %s into mode %s", group, mode)
        self._assign()

    def _take_rules(self, command: Command) -> str:
        """Count by the rules that the centre gives a camera; the camera. Only it changes, between two pictures."""
        document = rules.decode(command.args.get("document", ""))
        with self._settling:
            if self._rulebook.take(document):
                self._settings = self._rulebook.settings
                self._assign()
                whose = "of its file" if document.rules is None else f"{document.version} of the centre"
                log.info("camera %s goes on with the rules %s", document.camera, whose)
        return document.camera

    def _tell_rules(self, command: Command, camera: str) -> Reply:
        text = self._rulebook.told(camera)
        if len(text) <= MAX_TOLD:
            return Reply(command=command.id, ok=True, document=text)
        if command.name == rules.ORDER:
            return Reply(command=command.id, ok=True)
        raise EkamlingError(f"camera {camera}: its rules take {len(text)} characters, over {MAX_TOLD} that can be told")

    def _close(self) -> None:
        """End the shards, give what waits a last chance to reach the centre, and say goodbye."""
        for shard in self._shards:
            shard.stop()
        for shard in self._shards:
            shard.join()
        self._live.stop()
        self._siren.stop()
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
                case Recorded(events, clip):
                    self._outbox.add_clip(events, clip)
                    self._uploader.wake()
                case Report(cameras):
                    self._roster.update(cameras)
                case Ready():
                    log.info("a shard reads %s", ", ".join(camera.id for camera in shard.work.cameras))
                case Failed(reason):
                    self._failure = reason
                    self._changed.set()
        except EkamlingError as error:
            log.error("%s", error)

    def ended(self, shard: ShardProcess) -> None:
        """Note that a shard died and will be started again."""
        self._roster.lose([camera.id for camera in shard.work.cameras])
