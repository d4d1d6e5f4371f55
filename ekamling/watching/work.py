"""One camera's real loop, with a detector and without an outbox: what it tells goes on a board."""

from core.errors import EkamlingError, SourceError
from edge.connection import Connection
from edge.equipment import Equipment
from edge.loop import CameraLoop
from edge.pace import Pace
from edge.reporter import Reporter
from edge.rtsp.client import RtspClient
from edge.rules.engine import RuleEngine
from edge.rules.settings import Mode
from edge.settings import CameraSettings
from edge.source import RtspSource
from ekamling.watching.board import Board

JOIN_S = 10.0


class NoClips:
    """There is no recorder."""

    def request(self, event: str, at: float) -> bool:
        return False


class CameraWatch:
    """Runs the loop in a thread of its own until it is stopped, its rules in `mode`, on one stream of the camera."""

    def __init__(
        self, camera: CameraSettings, mode: Mode, connection: Connection, equipment: Equipment, board: Board
    ) -> None:
        self._camera = camera
        self._mode: Mode = mode
        self._connection = connection
        self._clock = equipment.clock
        self._board = board
        self._loop = CameraLoop(
            RuleEngine(camera.watched, equipment.calendar, mode),
            Pace(camera.analysis_fps),
            equipment,
            Reporter(camera.id, equipment, NoClips(), board.emit),
            board.look,
        )
        self._thread = connection.thread("watch", self._look)

    def start(self, patience_s: float) -> None:
        """Start, and wait for the first picture; EkamlingError with what kept it from coming."""
        self._thread.start()
        if not self._connection.wait(patience_s):
            raise SourceError(f"camera {self._camera.id} sent no picture within {patience_s:g} s")
        if self._connection.state == "failed":
            raise EkamlingError(self._connection.reason)

    def tick(self) -> None:
        """Look at the signal and take stock; to be called about once a second."""
        self._loop.tick()
        counts = self._loop.totals(clips=0, reconnects=self._connection.reconnects, packets_lost=self._connection.lost)
        self._board.counted(counts, self._loop.troubles)

    def apply(self, camera: CameraSettings) -> None:
        """Go on with other rules, from the next picture on; another address or password needs a new start."""
        self._loop.apply(camera.watched, self._mode)
        self._board.apply(camera)

    def stop(self) -> None:
        """End the loop and its thread."""
        self._connection.close()
        if self._thread.ident:
            self._thread.join(JOIN_S)

    def _look(self, client: RtspClient) -> None:
        may_rest = self._camera.keyframes_when_idle
        self._loop.run(RtspSource(client, self._clock, alive=self._connection.alive, may_rest=may_rest))
