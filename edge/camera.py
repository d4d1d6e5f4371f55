"""One camera at work: its threads, one for each of its streams."""

import logging
from collections.abc import Callable

import msgspec

from core.errors import EkamlingError
from core.events import CameraStatus
from edge import snapshot
from edge.channel import Credentials, Found, Recorded
from edge.clips import ClipFolder
from edge.connection import Connection
from edge.equipment import Equipment
from edge.loop import CameraLoop
from edge.observer import Look
from edge.pace import Pace
from edge.recorder import Clip, Recorder
from edge.reporter import Reporter
from edge.rtsp.client import RtspClient
from edge.rtsp.packet import Packet, StreamInfo
from edge.rules.engine import RuleEngine
from edge.rules.settings import Mode
from edge.settings import CameraSettings
from edge.source import RtspSource

JOIN_S = 5.0

log = logging.getLogger("edge.camera")


class CameraWorker:
    """Runs the analysis of one camera, and the ring for its clips, until it is stopped."""

    def __init__(
        self,
        settings: CameraSettings,
        login: Credentials,
        mode: Mode,
        equipment: Equipment,
        folder: ClipFolder,
        emit: Callable[[Found | Recorded], None],
    ) -> None:
        self._settings = settings
        self._equipment = equipment
        self._folder = folder
        self._emit = emit
        self._clips = 0
        self._recorder = Recorder(self._deliver)
        self._mode = mode
        self._loop = CameraLoop(
            RuleEngine(settings.watched, equipment.calendar, mode),
            Pace(settings.analysis_fps),
            equipment,
            Reporter(settings.id, equipment, self._recorder, emit),
            self._show if equipment.live else None,
        )
        self._sub_tap = equipment.live.tap(settings.id, "sub") if equipment.live else None
        self._main_tap = equipment.live.tap(settings.id, "main") if equipment.live else None
        self._seen = (equipment.clock.monotonic(), 0)
        stream = "sub stream" if settings.sub_url else ""
        self._analysis = Connection(settings.id, settings.sub_url or settings.url, login, stream=stream)
        self._main = Connection(settings.id, settings.url, login, stream="main stream", unhurried=True)
        self._connections = [self._analysis]
        self._threads = [self._analysis.thread("analysis", self._analyse)]
        if settings.sub_url:
            self._connections.append(self._main)
            self._threads.append(self._main.thread("main", self._record))

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Close the streams; `join` waits."""
        for connection in self._connections:
            connection.close()

    def join(self) -> None:
        """Wait for the threads after `stop`, and deliver the clips that were asked for."""
        for thread in self._threads:
            thread.join(timeout=JOIN_S)
        self._recorder.flush()

    def apply(self, settings: CameraSettings, mode: Mode) -> bool:
        """Go on with other settings, without a break in the pictures; False where only a new worker can follow them."""
        if _connection(settings) != _connection(self._settings):
            return False
        self._settings, self._mode = settings, mode
        self._loop.apply(settings.watched, mode)
        return True

    def status(self) -> CameraStatus:
        """The camera now; `fps` is of the pictures analysed since the last call."""
        self._loop.tick()
        now, analysed = self._equipment.clock.monotonic(), self._loop.counts.frames_analysed
        before, count = self._seen
        self._seen = (now, analysed)
        worst = next((one for one in self._connections if one.state != "ok"), self._analysis)
        return CameraStatus(
            id=self._settings.id,
            name=self._settings.name,
            area=self._settings.area,
            state=worst.state,
            reason=worst.reason[:200],
            fps=round((analysed - count) / max(now - before, 1e-3), 2),
            group=self._settings.group,
            mode=self._mode,
            troubles=self._loop.troubles,
            counts=self._loop.totals(
                self._clips,
                sum(one.reconnects for one in self._connections),
                sum(one.lost for one in self._connections),
            ),
        )

    def _analyse(self, client: RtspClient) -> None:
        may_rest = self._settings.keyframes_when_idle
        source = RtspSource(client, self._equipment.clock, self._pass_on, alive=self._analysis.alive, may_rest=may_rest)
        try:
            self._loop.run(source)
        finally:
            if not self._settings.sub_url:
                self._recorder.reset()
            if self._sub_tap:
                self._sub_tap.reset()

    def _pass_on(self, info: StreamInfo, packet: Packet) -> None:
        """Hand a packet of the analysed stream to live view, and to the clips where there is no other stream."""
        if self._sub_tap:
            self._sub_tap.push(info, packet)
        if not self._settings.sub_url:
            self._recorder.push(info, packet)

    def _show(self, look: Look) -> None:
        """Hand a picture to those who look at pictures only, when one is due."""
        live = self._equipment.live
        if live and live.wants_still(self._settings.id):
            try:
                live.still(self._settings.id, snapshot.encode(look.image, None))
            except EkamlingError as error:
                log.warning("camera %s: no picture for live view: %s", self._settings.id, error)

    def _record(self, client: RtspClient) -> None:
        info = client.open()
        try:
            for packet in client.packets():
                self._main.alive()
                self._recorder.push(info, packet)
                if self._main_tap:
                    self._main_tap.push(info, packet)
                    client.unhurried = not self._main_tap.hurried
        finally:
            self._recorder.reset()
            if self._main_tap:
                self._main_tap.reset()

    def _deliver(self, clip: Clip) -> None:
        try:
            media = self._folder.put(clip.mp4)
        except OSError as error:
            log.error("camera %s: the clip of %s cannot be kept: %s", self._settings.id, clip.events[0], error.strerror)
            return
        self._clips += 1
        self._emit(Recorded(clip.events, media))


def _connection(settings: CameraSettings) -> CameraSettings:
    """What of the settings a running worker cannot change: all but names, rules and the like."""
    return msgspec.structs.replace(settings, name="", area="", group="main", health=[], rules=[])
