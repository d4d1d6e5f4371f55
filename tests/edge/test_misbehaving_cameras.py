"""Cameras that misbehave are noticed and taken back, and nobody beside them goes without a picture.

The short form is part of `make test`; EKAMLING_FAULTS=full connects a thousand times in place of two hundred.
"""

import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from core.clock import SystemClock
from core.events import CameraStatus
from edge import connection, source
from edge.camera import CameraWorker
from edge.channel import Credentials
from edge.clips import ClipFolder
from edge.equipment import Equipment
from edge.settings import CameraSettings
from ekamling.streams.clip import Clip, load
from tests.edge.fakes import WIB, BrightDetector
from tests.edge.misbehaving import BREAKS_OFF, FAULTS, LOGIN, ODDITIES, RARE_KEYFRAMES
from tests.edge.misbehaving_camera import HEALTHY, MisbehavingCamera, Mode
from tests.edge.recordings import Recording, record
from tests.edge.test_connection import GONE, Script
from tests.patience import pause, until

FULL = os.environ.get("EKAMLING_FAULTS") == "full"
RECONNECTS = 1000 if FULL else 200
MOST_GROWTH = 5 * 1024 * 1024  # bytes, from the fiftieth connection to the last
ENOUGH = 6  # pictures that show that a stream goes on
SHORT = {"TIMEOUT_S": 0.4, "STALL_S": 0.5, "RETRY_S": 0.02, "RETRY_MAX_S": 0.1}
CLIPS = {
    "usual": Recording("h264", 320, 240),
    "other size": Recording("h264", 352, 288),
    "other codec": Recording("hevc", 320, 240),
}


def test_every_deadline_of_an_edge_lets_it_notice_and_recover_within_ten_seconds() -> None:
    """The tests below use shorter ones. A second is left for a handshake and a picture."""
    longest = max(2 * connection.TIMEOUT_S, connection.STALL_S, source.DECODE_S, source.TOLD_S)
    assert longest + connection.RETRY_S * max(connection.JITTER) <= 9
    assert connection.AT_ONCE_S + connection.RETRY_MAX_S * max(connection.JITTER) <= 9
    assert connection.REFUSED_RETRY_S * min(connection.REFUSED_JITTER) >= 60


def test_who_waited_for_long_need_not_pause_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda low, high: 1.0)
    for lasting, pauses in ((1000.0, [1.0, 2.0, 4.0]), (0.0, [1.0, 1.0, 1.0])):
        monkeypatch.setattr(connection, "AT_ONCE_S", lasting)
        assert Script(GONE, GONE, GONE).waits.seconds[:3] == pauses


# --- a shard, as far as its cameras are concerned


@dataclass
class Watched:
    """A worker on a camera, and the states and reasons that it was seen in, one after another."""

    camera: MisbehavingCamera
    worker: CameraWorker
    states: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def status(self) -> CameraStatus:
        now = self.worker.status()
        if self.states[-1:] != [now.state]:
            self.states.append(now.state)
        if self.reasons[-1:] != [now.reason]:
            self.reasons.append(now.reason)
        return now

    def ok(self) -> CameraStatus:
        return until(lambda: now if (now := self.status()).state == "ok" else None)

    def failed(self, said: str) -> CameraStatus:
        """Once it has failed for that reason."""
        return until(lambda: now if re.search(said, (now := self.status()).reason) else None)

    def more(self, count: int = ENOUGH) -> CameraStatus:
        """Once it has decoded so many more pictures."""
        return self.decoded(self.status().counts.frames_decoded + count)

    def decoded(self, count: int) -> CameraStatus:
        return until(lambda: now if (now := self.status()).counts.frames_decoded >= count else None)

    def reconnected(self, count: int) -> CameraStatus:
        return until(lambda: now if (now := self.status()).counts.reconnects >= count else None)

    def close(self) -> None:
        self.worker.stop()
        self.worker.join()
        self.camera.stop()


class Neighbourhood:
    """Cameras of one shard: they share its detector, its lock and its interpreter."""

    def __init__(self, clips: dict[str, Clip], folder: Path) -> None:
        self._clips = clips
        self._folder = ClipFolder(folder)
        self._equipment = Equipment(BrightDetector(), threading.Semaphore(), "bright", SystemClock(), WIB)

    def camera(self, mode: Mode = HEALTHY) -> MisbehavingCamera:
        return MisbehavingCamera(self._clips, mode)

    def watch(self, camera: MisbehavingCamera, sub: str = "") -> Watched:
        """A worker on the stream of a camera, or with its main stream there and its sub stream at `sub`."""
        raw = {"id": "gerbang", "name": "Gerbang", "area": "33.03.05.1005", "health": [], "sub_url": sub}
        raw |= {"url": camera.url}
        settings = msgspec.convert(raw | {"analysis_fps": 5}, CameraSettings)
        login = Credentials("kamling", "rahasia")
        worker = CameraWorker(settings, login, "armed", self._equipment, self._folder, lambda _told: None)
        worker.start()
        return Watched(camera, worker)


@pytest.fixture(scope="module")
def neighbourhood(tmp_path_factory: pytest.TempPathFactory) -> Neighbourhood:
    folder = tmp_path_factory.mktemp("cameras")
    clips = {name: load(record(what, folder / f"{name}.ts")) for name, what in CLIPS.items()}
    return Neighbourhood(clips, folder)


@pytest.fixture(scope="module")
def neighbours(neighbourhood: Neighbourhood) -> Iterator[list[Watched]]:
    """Two healthy cameras, which are watched with the deadlines of an edge while all the others misbehave."""
    healthy = [neighbourhood.watch(neighbourhood.camera()) for _ in range(2)]
    for one in healthy:
        one.ok()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SHORT.items():
            patch.setattr(connection, name, value)
        patch.setattr(source, "DECODE_S", 0.4)
        patch.setattr(source, "KEYFRAME_S", 0.4)
        yield healthy
    for one in healthy:
        one.close()


@pytest.fixture
def begin(neighbourhood: Neighbourhood, neighbours: list[Watched]) -> Iterator[Callable[..., Watched]]:
    """Watches a camera for one test, behind which nothing may be left, and whose neighbours may miss nothing."""
    before = left()
    sent = [one.camera.sent for one in neighbours]
    begun: list[Watched] = []

    def watch(mode: Mode = HEALTHY) -> Watched:
        begun.append(neighbourhood.watch(neighbourhood.camera(mode)))
        return begun[-1]

    yield watch
    for one in begun:
        one.close()
    until(lambda: left() == before)
    for one, count in zip(neighbours, sent, strict=True):
        assert one.camera.sent > count
        status = one.decoded(one.camera.sent)
        assert "failed" not in one.states
        assert (status.counts.reconnects, status.counts.packets_lost) == (0, 0)


def left() -> tuple[int, int, set[str]]:
    """Threads, descriptors and child processes of this process."""
    children: set[str] = set()
    for path in Path("/proc/self/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that ended since it was listed
            children.update(path.read_text().split())
    return threading.active_count(), len(list(Path("/proc/self/fd").iterdir())), children


def resident() -> int:
    """Bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


# --- the library


def test_the_design_document_tells_of_every_way_to_misbehave() -> None:
    page = Path(__file__).parents[2] / "docs" / "design" / "cameras-that-misbehave.md"
    rows = [line.split(" | ")[0].removeprefix("| ") for line in page.read_text(encoding="utf-8").splitlines()]
    assert [row for row in rows if row in FAULTS | ODDITIES] == [*FAULTS, *ODDITIES]
    assert len(FAULTS) + len(ODDITIES) >= 25


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_noticed_named_and_recovered_from(
    begin: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """One more try at most is needed when the camera is well again. Only a refused login is worth long patience."""
    fault = FAULTS[name]
    if fault.login:
        monkeypatch.setattr(connection, "REFUSED_RETRY_S", 0.3)
    one = begin(LOGIN if fault.login else HEALTHY)
    one.ok()
    one.camera.turn(fault.mode)
    one.failed(fault.said)
    visits = one.camera.heal()
    one.ok()
    one.more()
    assert one.camera.visits - visits <= 1
    assert one.states[-3:] == ["ok", "failed", "ok"]
    assert not any("rahasia" in reason for reason in one.reasons)


@pytest.mark.parametrize("name", ODDITIES)
def test_an_oddity_is_put_up_with(begin: Callable[..., Watched], name: str) -> None:
    odd = ODDITIES[name]
    one = begin(odd.mode if odd.mode.anew else HEALTHY)
    one.ok()
    if not odd.mode.anew:
        one.camera.turn(odd.mode)
    counts = one.more(odd.pictures).counts
    assert (one.states[-1:], counts.reconnects, one.camera.visits) == (["ok"], 0, 1)
    assert (counts.packets_lost > 0) == odd.loses


@pytest.mark.parametrize("name", ["stalls", "resets", "sends garbage", "trickles bytes", "never ends a frame"])
def test_a_main_stream_that_misbehaves_is_told_while_the_sub_stream_is_looked_at(
    begin: Callable[..., Watched], neighbourhood: Neighbourhood, name: str
) -> None:
    """It is read seldom and in large pieces."""
    sub = begin()
    with closing(neighbourhood.watch(neighbourhood.camera(), sub.camera.url)) as one:
        one.ok()
        one.camera.turn(FAULTS[name].mode)
        one.failed(f"main stream: .*({FAULTS[name].said})")
        one.more()
        one.camera.heal()
        one.ok()


def test_a_stream_that_waits_for_its_first_keyframe_is_told_and_kept(
    begin: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some cameras send one in half a minute only: to connect anew would be to wait anew."""
    monkeypatch.setattr(source, "KEYFRAME_S", 30)
    monkeypatch.setattr(source, "TOLD_S", 0.1)
    one = begin(FAULTS["sends no keyframe"].mode)
    assert one.failed("no keyframe for .*; waiting for one").state == "connecting"
    one.camera.turn(RARE_KEYFRAMES)
    one.ok()
    assert (one.states, one.camera.visits) == (["connecting", "ok"], 1)


def test_a_wrong_password_is_not_tried_again_soon(begin: Callable[..., Watched]) -> None:
    """Many cameras lock an account after a few wrong tries."""
    one = begin(FAULTS["refuses the password"].mode)
    one.failed("refused the user name or password")
    pause(0.5)  # several times the pause after other failures
    assert one.camera.visits == 1


def test_reconnects_without_end_leave_nothing_behind(
    begin: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A camera that breaks off at its first picture, again and again."""
    monkeypatch.setattr(connection, "RETRY_S", 0.001)
    one = begin()
    one.ok()
    before = left()
    one.camera.turn(BREAKS_OFF)
    held = list[int]()
    for count in range(50, RECONNECTS + 50, 50):
        one.reconnected(count)
        held.append(resident())
    one.camera.heal()
    one.more(30)
    until(lambda: left() == before)
    growth = held[-1] - held[0]
    sys.stdout.write(f"{one.status().counts.reconnects} reconnects, memory {growth / 2**20:+.1f} MiB\n")
    assert growth <= MOST_GROWTH
