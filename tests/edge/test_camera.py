"""One camera at work on a simulated one that can be unplugged, and that knows how often somebody connected."""

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.clock import SystemClock
from core.errors import ModelError
from core.events import CameraStatus
from detectors import registry
from detectors.detector import RegionDetector
from detectors.fitted import FittedDetector
from edge import connection as connection_module
from edge.camera import CameraWorker
from edge.channel import Credentials, Found, Recorded
from edge.clips import ClipFolder
from edge.equipment import Equipment
from edge.settings import CameraSettings
from edge.tracking import LOWEST
from tests.edge.conftest import Cameras, StartCameras
from tests.edge.fakes import WIB, BrightDetector
from tests.patience import pause, until

PASSWORD = "rahasia"
EVERYWHERE = [[0, 0], [1, 0], [1, 1], [0, 1]]
Started = tuple[CameraWorker, list[Found | Recorded]]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "RETRY_S", 0.05)
    monkeypatch.setattr(connection_module, "RETRY_MAX_S", 0.1)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Started]]:
    """Starts workers of the camera `a`."""
    workers: list[CameraWorker] = []

    def begin(url: str, *, detector: RegionDetector | None = None, password: str = PASSWORD, **changes: Any) -> Started:
        raw = {"id": "gerbang", "name": "Gerbang", "area": "33.03.05.1005", "url": url, "analysis_fps": 30} | changes
        equipment = Equipment(detector or BrightDetector(), threading.Semaphore(), "bright", SystemClock(), WIB)
        told: list[Found | Recorded] = []
        worker = CameraWorker(
            msgspec.convert(raw, CameraSettings),
            Credentials("kamling", password),
            "armed",
            equipment,
            ClipFolder(tmp_path),
            told.append,
        )
        workers.append(worker)
        worker.start()
        return worker, told

    yield begin
    for worker in workers:
        worker.stop()
    for worker in workers:
        worker.join()


@pytest.fixture
def plugged(cameras: StartCameras) -> Cameras:
    return cameras(username="kamling", password=PASSWORD)


def in_state(worker: CameraWorker, state: str) -> CameraStatus:
    """Wait for a state; the status that told it."""

    def look() -> CameraStatus | None:
        status = worker.status()
        return status if status.state == state else None

    return until(look)


def test_a_camera_that_sends_is_ok(plugged: Cameras, start: Callable[..., Started]) -> None:
    worker, _ = start(plugged.url("a/sub"))
    assert worker.status().state in ("connecting", "ok")
    status = in_state(worker, "ok")
    assert (status.id, status.name, status.area, status.reason) == ("gerbang", "Gerbang", "33.03.05.1005", "")
    until(lambda: worker.status().counts.frames_analysed > 5)
    assert worker.status().counts.reconnects == 0
    assert plugged.connections == 1


def test_fps_is_that_since_the_last_look(plugged: Cameras, start: Callable[..., Started]) -> None:
    worker, _ = start(plugged.url("a/sub"))
    first = in_state(worker, "ok").counts.frames_analysed
    until(lambda: worker.status().fps > 0)
    plugged.unplug()
    assert in_state(worker, "failed").counts.frames_analysed > first
    assert worker.status().fps == 0


def test_a_wrong_password_fails_with_its_reason_and_is_not_tried_again_soon(
    plugged: Cameras, start: Callable[..., Started]
) -> None:
    worker, _ = start(plugged.url("a/sub"), password="wrong")
    status = in_state(worker, "failed")
    assert "refused the user name or password" in status.reason
    pause(0.5)  # ten times the pause after other failures
    assert plugged.connections == 1
    assert worker.status().counts.reconnects == 0


def test_a_camera_that_goes_away_and_comes_back_is_ok_again(plugged: Cameras, start: Callable[..., Started]) -> None:
    worker, _ = start(plugged.url("a/sub"))
    in_state(worker, "ok")
    plugged.unplug()
    status = in_state(worker, "failed")
    assert "127.0.0.1" in status.reason
    plugged.plug_in()
    counts = in_state(worker, "ok").counts
    assert counts.reconnects >= 1
    until(lambda: worker.status().counts.frames_decoded > counts.frames_decoded)


def test_both_streams_of_a_camera_must_work(plugged: Cameras, start: Callable[..., Started]) -> None:
    worker, _ = start(plugged.url("a/nowhere"), sub_url=plugged.url("a/sub"))
    until(lambda: worker.status().counts.frames_decoded > 0)
    status = in_state(worker, "failed")
    assert "has no stream at /a/nowhere" in status.reason


@pytest.fixture(scope="module")
def eyes() -> FittedDetector:
    """The real detector: of what always stood there no event is made, and only it sees the walkers of the clip."""
    return FittedDetector(registry.find(), score_threshold=LOWEST)


def test_an_event_and_its_clip_are_told(
    plugged: Cameras,
    start: Callable[..., Started],
    eyes: FittedDetector,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """The clip comes from the main stream, the event from the sub stream."""
    monkeypatch.setattr("edge.recorder.AFTER_S", 0.5)
    rules = [{"id": "halaman", "zone": EVERYWHERE, "cooldown_s": 0}]
    worker, told = start(plugged.url("a/main"), sub_url=plugged.url("a/sub"), rules=rules, detector=eyes)
    promised = until(lambda: next((one for one in told if isinstance(one, Found) and one.event.clip_follows), None))
    clips = until(lambda: [one for one in told if isinstance(one, Recorded) and promised.event.id in one.events])
    assert ClipFolder(tmp_path).path(clips[0].clip.sha256).read_bytes()[4:8] == b"ftyp"
    assert worker.status().counts.clips >= 1


def test_clips_that_were_asked_for_are_told_before_the_end(
    plugged: Cameras, start: Callable[..., Started], eyes: FittedDetector
) -> None:
    rules = [{"id": "halaman", "zone": EVERYWHERE}]
    worker, told = start(plugged.url("a/main"), rules=rules, detector=eyes)
    found = until(lambda: next((one for one in told if isinstance(one, Found)), None))
    worker.stop()
    worker.join()
    assert found.event.id in [event for one in told if isinstance(one, Recorded) for event in one.events]


class Moody(BrightDetector):
    """Fails as often as it is told to."""

    moods: list[Exception]

    def detect(self, image: Any, region: Any = None) -> Any:
        if self.moods:
            raise self.moods.pop()
        return super().detect(image, region)


def test_a_model_that_fails_is_told_and_tried_again(plugged: Cameras, start: Callable[..., Started]) -> None:
    detector = Moody()
    detector.moods = [ModelError("model x: cannot read its input")] * 3
    worker, _ = start(plugged.url("a/sub"), detector=detector)
    assert in_state(worker, "failed").reason == "model x: cannot read its input"
    in_state(worker, "ok")
    until(lambda: worker.status().counts.inferences > 0)


def test_a_mistake_of_ours_ends_no_camera_for_good(
    plugged: Cameras, start: Callable[..., Started], caplog: pytest.LogCaptureFixture
) -> None:
    detector = Moody()
    detector.moods = [ZeroDivisionError("a mistake")]
    worker, _ = start(plugged.url("a/sub"), detector=detector)
    until(lambda: worker.status().counts.reconnects == 1)
    in_state(worker, "ok")
    (told,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert told.getMessage() == "camera gerbang: its analysis broke and starts again"
    assert told.exc_info


def test_a_camera_that_never_answers_is_told(start: Callable[..., Started]) -> None:
    worker, _ = start("rtsp://127.0.0.1:1/main")
    assert "does not answer on port 1" in in_state(worker, "failed").reason


def test_stopping_is_quick_in_every_state(plugged: Cameras, start: Callable[..., Started]) -> None:
    workers = [start(plugged.url(path))[0] for path in ("a/sub", "a/nowhere", "a/sub")]
    in_state(workers[0], "ok")
    for worker in workers:
        worker.stop()
    for worker in workers:
        worker.join()
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("gerbang")]
