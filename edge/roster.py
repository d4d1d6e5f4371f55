"""What is known of an edge's cameras, over the lives of the shards that watch them."""

import logging
import threading
from collections.abc import Callable, Sequence

import msgspec

from core.events import CameraCounts, CameraStatus
from edge.settings import CameraSettings

RESTARTING = "its process on the edge ended and starts again"

log = logging.getLogger("edge.roster")


class Roster:
    """The cameras' last states, callable from any thread. `changed` is called when a state is worth telling at once."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._lock = threading.Lock()
        self._states: dict[str, CameraStatus] = {}
        self._before: dict[str, CameraCounts] = {}  # counted by shards that died

    def all(self) -> list[CameraStatus]:
        """Every camera as it was last seen."""
        with self._lock:
            return list(self._states.values())

    def enrol(self, cameras: Sequence[CameraSettings]) -> None:
        """Make these the cameras of the edge; what is known of those that stay is kept."""
        with self._lock:
            self._states = {camera.id: self._states.get(camera.id) or _unseen(camera) for camera in cameras}
            self._before = {name: self._before.get(name, CameraCounts()) for name in self._states}

    def update(self, cameras: Sequence[CameraStatus]) -> None:
        """Take in what a shard reports; of a camera that is no longer one of the edge's, nothing."""
        with self._lock:
            for camera in cameras:
                if camera.id in self._states:
                    last, before = self._states[camera.id].counts, self._before[camera.id]
                    if camera.counts.frames_decoded < last.frames_decoded - before.frames_decoded:
                        self._before[camera.id] = before = last  # it was begun anew, with another address
                    counts = _sum(before, camera.counts)
                    self._note(msgspec.structs.replace(camera, counts=counts))

    def lose(self, cameras: Sequence[str]) -> None:
        """Their shard died: say so, and keep what it had counted, because the next one counts from zero."""
        with self._lock:
            for name in cameras:
                if name in self._states:
                    last = self._states[name]
                    self._before[name] = last.counts
                    self._note(msgspec.structs.replace(last, state="failed", reason=RESTARTING, fps=0.0))

    def _note(self, camera: CameraStatus) -> None:
        before = self._states[camera.id]
        self._states[camera.id] = camera
        if before.state != camera.state:
            level = logging.WARNING if camera.state == "failed" else logging.INFO
            log.log(level, "camera %s is %s%s", camera.id, camera.state, f": {camera.reason}" if camera.reason else "")
        if (before.state, before.mode, before.troubles) != (camera.state, camera.mode, camera.troubles):
            self._changed()


def _unseen(camera: CameraSettings) -> CameraStatus:
    return CameraStatus(id=camera.id, name=camera.name, area=camera.area, state="connecting", group=camera.group)


def _sum(one: CameraCounts, other: CameraCounts) -> CameraCounts:
    fields = CameraCounts.__struct_fields__
    return CameraCounts(**{field: getattr(one, field) + getattr(other, field) for field in fields})
