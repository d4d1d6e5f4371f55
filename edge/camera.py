"""One camera at work: its threads, its connection, and its coming back after every kind of failure."""

import logging
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from core.errors import EkamlingError, SourceError, SourceRefused
from core.events import CameraStatus
from edge.channel import Credentials, Found, Recorded
from edge.clips import ClipFolder
from edge.loop import CameraLoop
from edge.pace import Pace
from edge.recorder import Clip, Recorder
from edge.reporter import Reporter, Shared
from edge.rtsp.client import RtspClient
from edge.rules.engine import RuleEngine
from edge.rules.settings import Mode
from edge.settings import CameraSettings
from edge.source import Frame, RtspSource

RETRY_S = 1.0  # after the first failure; doubles, with jitter, while it fails at once, up to
RETRY_MAX_S = 10.0
JOIN_S = 5.0
REFUSED_RETRY_S = 60.0  # a wrong password tried too often locks accounts on many cameras

log = logging.getLogger("edge.camera")


@dataclass(slots=True)
class _Link:
    """State of one stream of the camera."""

    state: str = "connecting"
    reason: str = ""
    reconnects: int = 0
    lost: int = 0


class _Watched:
    """A source whose every picture marks its link as alive."""

    def __init__(self, source: RtspSource, link: _Link) -> None:
        self._source = source
        self._link = link

    def frames(self) -> Iterator[Frame]:
        for frame in self._source.frames():
            self._link.state, self._link.reason, self._link.lost = "ok", "", self._source.lost
            yield frame

    @property
    def resting(self) -> bool:
        return self._source.resting

    def rest(self) -> None:
        self._source.rest()

    def wake(self) -> None:
        self._source.wake()

    def close(self) -> None:
        self._source.close()


class CameraWorker:
    """Runs the analysis of one camera, and the ring for its clips, until it is stopped."""

    def __init__(
        self,
        settings: CameraSettings,
        login: Credentials,
        mode: Mode,
        shared: Shared,
        folder: ClipFolder,
        emit: Callable[[Found | Recorded], None],
    ) -> None:
        self._settings = settings
        self._login = login
        self._shared = shared
        self._folder = folder
        self._emit = emit
        self._clips = 0
        self._stop = threading.Event()
        self._recorder = Recorder(self._deliver)
        self._mode = mode
        self._loop = CameraLoop(
            RuleEngine(settings.watched, shared.calendar, mode),
            Pace(settings.analysis_fps),
            shared,
            Reporter(settings.id, shared, self._recorder, emit),
        )
        self._analysis, self._main = _Link(), _Link()
        self._open: dict[str, RtspClient] = {}
        self._seen = (shared.clock.monotonic(), 0)
        self._threads = [threading.Thread(target=self._analyse, name=f"{settings.id}-analysis", daemon=True)]
        if settings.sub_url:
            self._threads.append(threading.Thread(target=self._record, name=f"{settings.id}-main", daemon=True))

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Close the streams; `join` waits."""
        self._stop.set()
        for client in list(self._open.values()):
            client.close()

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
        now, analysed = self._shared.clock.monotonic(), self._loop.counts.frames_analysed
        before, count = self._seen
        self._seen = (now, analysed)
        links = (self._analysis, self._main) if self._settings.sub_url else (self._analysis,)
        worst = next((link for link in links if link.state != "ok"), self._analysis)
        return CameraStatus(
            id=self._settings.id,
            name=self._settings.name,
            area=self._settings.area,
            state="ok" if worst.state == "ok" else "failed" if worst.reason else "connecting",
            reason=worst.reason[:200],
            fps=round((analysed - count) / max(now - before, 1e-3), 2),
            group=self._settings.group,
            mode=self._mode,
            troubles=self._loop.troubles,
            counts=self._loop.totals(
                self._clips, sum(link.reconnects for link in links), sum(link.lost for link in links)
            ),
        )

    def _analyse(self) -> None:
        self._keep(self._settings.sub_url or self._settings.url, self._analysis, self._analyse_once, unhurried=False)

    def _record(self) -> None:
        self._keep(self._settings.url, self._main, self._record_once, unhurried=True)

    def _analyse_once(self, client: RtspClient) -> None:
        tap = None if self._settings.sub_url else self._recorder.push
        source = RtspSource(client, self._shared.clock, tap, may_rest=self._settings.keyframes_when_idle)
        try:
            self._loop.run(_Watched(source, self._analysis))
        finally:
            if tap:
                self._recorder.reset()

    def _record_once(self, client: RtspClient) -> None:
        info = client.open()
        try:
            for packet in client.packets():
                self._main.state, self._main.reason = "ok", ""
                self._main.lost = client.counts.lost
                self._recorder.push(info, packet)
        finally:
            self._recorder.reset()

    def _keep(self, url: str, link: _Link, once: Callable[[RtspClient], None], *, unhurried: bool) -> None:
        """Run `once` on one new connection after another, for ever, with growing pauses while it fails at once."""
        pause = 0.0
        while not self._stop.is_set():
            try:
                self._run(url, once, unhurried=unhurried)
            except EkamlingError as error:
                pause = _pause(pause, link, refused=isinstance(error, SourceRefused))
                link.state, link.reason = "failed", self._reason(link, error)
            except Exception as error:
                log.exception("camera %s: its analysis broke and starts again", self._settings.id)
                pause = _pause(pause, link, refused=False)
                link.state, link.reason = "failed", f"its analysis broke ({type(error).__name__}); see the edge's log"
            if not self._stop.wait(pause * random.uniform(0.75, 1.25)):  # noqa: S311 - jitter, not a secret
                link.reconnects += 1

    def _reason(self, link: _Link, error: EkamlingError) -> str:
        """What is wrong, with the stream that it is wrong with where the camera has two."""
        if not self._settings.sub_url or not isinstance(error, SourceError):
            return str(error)
        return f"{'main' if link is self._main else 'sub'} stream: {error}"

    def _run(self, url: str, once: Callable[[RtspClient], None], *, unhurried: bool) -> None:
        login = self._login
        client = RtspClient(url, username=login.username, password=login.password, unhurried=unhurried)
        self._open[threading.current_thread().name] = client
        try:
            if not self._stop.is_set():  # `stop` may have come before it could see this client
                once(client)
        finally:
            client.close()

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


def _pause(before: float, link: _Link, *, refused: bool) -> float:
    """Seconds to wait after a failure, given those of the failure before it."""
    if refused:
        return REFUSED_RETRY_S
    return RETRY_S if link.state == "ok" or not before else min(before * 2, RETRY_MAX_S)
