"""One camera's real loop, with a detector and without an outbox: what it tells goes on a board."""

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from core.errors import EkamlingError, SourceError, SourceRefused
from edge.channel import Credentials
from edge.loop import CameraLoop
from edge.pace import Pace
from edge.reporter import Reporter, Shared
from edge.rtsp.client import RtspClient
from edge.rtsp.packet import Packet, StreamInfo
from edge.rules.engine import RuleEngine
from edge.rules.settings import Mode
from edge.settings import CameraSettings
from edge.source import Frame, RtspSource
from ekamling.watching.board import Board

RETRY_S = 2.0
REFUSED_RETRY_S = 60.0  # a wrong password tried too often locks accounts on many cameras
JOIN_S = 10.0

log = logging.getLogger("ekamling.watch")


class NoClips:
    """There is no recorder."""

    def request(self, event: str, at: float) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Post:
    """The camera to watch: its settings, the stream of it that is looked at, its login, and the mode of its rules."""

    camera: CameraSettings
    url: str
    login: Credentials
    mode: Mode


class CameraWatch:
    """Runs the loop in a thread of its own until it is stopped, and comes back after a failure of the camera."""

    def __init__(self, post: Post, shared: Shared, board: Board) -> None:
        self._post = post
        self._shared = shared
        self._board = board
        self._loop = CameraLoop(
            RuleEngine(post.camera.watched, shared.calendar, post.mode),
            Pace(post.camera.analysis_fps),
            shared,
            Reporter(post.camera.id, shared, NoClips(), board.emit),
            board.look,
        )
        self._stop = threading.Event()
        self._client: RtspClient | None = None
        self._decoding_since = 0.0
        self._reconnects = 0
        self._lost = 0
        self._known = threading.Event()  # whether a picture came, or will not
        self._problem: EkamlingError | None = None
        self._thread = threading.Thread(target=self._run, name=f"{post.camera.id}-watch", daemon=True)

    def start(self, patience_s: float) -> None:
        """Start, and wait for the first picture; raises what kept it from coming."""
        self._thread.start()
        if not self._known.wait(patience_s):
            raise SourceError(f"camera {self._post.camera.id} sent no picture within {patience_s:g} s")
        if self._problem:
            raise self._problem

    def tick(self) -> None:
        """Look at the signal and take stock; to be called about once a second."""
        self._loop.tick()
        counts = self._loop.totals(clips=0, reconnects=self._reconnects, packets_lost=self._lost)
        self._board.counted(counts, self._loop.troubles)

    def apply(self, camera: CameraSettings) -> None:
        """Go on with other rules, from the next picture on; another address or password needs a new start."""
        self._loop.apply(camera.watched, self._post.mode)
        self._board.apply(camera)

    def stop(self) -> None:
        """End the loop and its thread."""
        self._stop.set()
        if client := self._client:
            client.close()
        if self._thread.ident:
            self._thread.join(JOIN_S)

    def _run(self) -> None:
        while not self._stop.is_set():
            pause = RETRY_S
            try:
                self._run_once()
            except EkamlingError as error:
                self._failed(error)
                pause = REFUSED_RETRY_S if isinstance(error, SourceRefused) else RETRY_S
            except Exception as error:
                log.exception("the analysis broke and starts again")
                self._failed(EkamlingError(f"the analysis broke ({type(error).__name__}); see the log"))
            if not self._stop.wait(pause):
                self._reconnects += 1

    def _run_once(self) -> None:
        login = self._post.login
        client = RtspClient(self._post.url, username=login.username, password=login.password)
        self._client = client
        try:
            if not self._stop.is_set():  # `stop` may have come before it could see this client
                source = RtspSource(
                    client, self._shared.clock, self._tap, may_rest=self._post.camera.keyframes_when_idle
                )
                self._loop.run(_Timed(source, self))
        finally:
            client.close()

    def _tap(self, _: StreamInfo, packet: Packet) -> None:
        """A packet goes to the decoder now."""
        self._decoding_since = time.perf_counter()

    def decoded(self, lost: int) -> None:
        """A picture came out of it."""
        self._board.decoded(time.perf_counter() - self._decoding_since)
        self._lost = lost
        self._known.set()

    def _failed(self, error: EkamlingError) -> None:
        self._board.failed(str(error))
        if not self._known.is_set():
            self._problem = error
            self._known.set()


class _Timed:
    """A source that tells the watch of every picture."""

    def __init__(self, source: RtspSource, watch: CameraWatch) -> None:
        self._source = source
        self._watch = watch

    def frames(self) -> Iterator[Frame]:
        for frame in self._source.frames():
            self._watch.decoded(self._source.lost)
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
