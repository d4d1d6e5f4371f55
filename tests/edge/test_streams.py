"""Every kind of stream that a camera may send, from the simulator through the edge to an event, its picture and clip."""

import io
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from core.clock import SystemClock
from core.events import MAX_SNAPSHOT_BYTES, CameraStatus
from detectors import registry
from detectors.detector import RegionDetector
from detectors.fitted import FittedDetector
from edge import camera as camera_module
from edge.camera import CameraWorker
from edge.channel import Credentials, Found, Recorded
from edge.clips import ClipFolder
from edge.reporter import Shared
from edge.settings import CameraSettings
from edge.tracking import LOWEST
from ekamling.simulator import CameraSimulator, SimulatedCamera
from tests.edge.conftest import MAIN
from tests.edge.fakes import WIB, BrightDetector
from tests.edge.recordings import BLUE, Recording, record, record_change
from tests.loop_thread import LoopThread
from tests.patience import until

EVERYWHERE = [[0, 0], [1, 0], [1, 1], [0, 1]]
Recorder = Callable[[Recording], Path]


@pytest.fixture(scope="session")
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Recorder:
    """Makes a clip when it is first asked for."""
    folder, made = tmp_path_factory.mktemp("streams"), dict[Recording, Path]()

    def give(recording: Recording) -> Path:
        if recording not in made:
            made[recording] = record(recording, folder / f"{len(made)}")
        return made[recording]

    return give


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera_module, "RETRY_S", 0.05)
    monkeypatch.setattr(camera_module, "RETRY_MAX_S", 0.1)
    monkeypatch.setattr("edge.recorder.AFTER_S", 0.5)


class Site:
    """Simulated cameras on one port, which can send something else later, and workers that watch them."""

    def __init__(self, loop: LoopThread, folder: Path) -> None:
        self._loop = loop
        self._served: CameraSimulator | None = None
        self._port = 0
        self._workers: list[CameraWorker] = []
        self.clips = ClipFolder(folder)

    def serve(self, **streams: Path) -> None:
        """Send these clips from now on, each at the path that is its name."""
        self.unplug()
        self._served = CameraSimulator([SimulatedCamera(*stream) for stream in streams.items()], port=self._port)
        self._port = self._loop.run(self._served.start())

    def unplug(self) -> None:
        if self._served:
            self._loop.run(self._served.stop())
            self._served = None

    def url(self, path: str) -> str:
        return f"rtsp://127.0.0.1:{self._port}/{path}"

    def watch(self, main: str, sub: str = "", *, detector: RegionDetector | None = None, **changes: Any) -> "Watched":
        """A worker on the stream `main`, and `sub` if one is named."""
        raw = {
            "id": "gerbang",
            "name": "Gerbang",
            "area": "33.03.05.1005",
            "url": self.url(main),
            "sub_url": self.url(sub) if sub else "",
            "analysis_fps": 10,
            "rules": [{"id": "halaman", "zone": EVERYWHERE, "cooldown_s": 0}],
        }
        shared = Shared(detector or BrightDetector(), threading.Semaphore(), "bright", SystemClock(), WIB)
        told: list[Found | Recorded] = []
        settings = msgspec.convert(raw | changes, CameraSettings)
        worker = CameraWorker(settings, Credentials("", ""), "armed", shared, self.clips, told.append)
        self._workers.append(worker)
        worker.start()
        return Watched(worker, told, self.clips)

    def close(self) -> None:
        for worker in self._workers:
            worker.stop()
        for worker in self._workers:
            worker.join()
        self.unplug()


class Watched:
    """A worker and what it told."""

    def __init__(self, worker: CameraWorker, told: list[Found | Recorded], clips: ClipFolder) -> None:
        self._worker = worker
        self.told = told
        self._clips = clips

    @property
    def status(self) -> CameraStatus:
        return self._worker.status()

    def in_state(self, state: str) -> CameraStatus:
        return until(lambda: status if (status := self._worker.status()).state == state else None)

    def intrusion(self, since: int = 0) -> Found:
        """The first event of somebody in the zone, among what was told from number `since` on."""
        return until(lambda: next((one for one in self.told[since:] if _tells(one, "halaman")), None))

    def clip(self, event: str) -> Path:
        """Where the clip of an event stands."""
        recorded = until(
            lambda: next((one for one in self.told if isinstance(one, Recorded) and event in one.events), None)
        )
        return self._clips.path(recorded.clip.sha256)


def _tells(one: Found | Recorded, rule: str) -> bool:
    return isinstance(one, Found) and one.event.rule == rule


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with LoopThread() as loop:
        opened = Site(loop, tmp_path)
        yield opened
        opened.close()


def shown(found: Found) -> NDArray[np.uint8]:
    """The snapshot of an event, as blue, green, red."""
    assert 0 < len(found.jpeg) <= MAX_SNAPSHOT_BYTES
    return np.asarray(cv2.imdecode(np.frombuffer(found.jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def played(path: Path) -> list[tuple[int, int]]:
    """The sizes of a clip's pictures, as a player decodes them."""
    with av.open(io.BytesIO(path.read_bytes())) as container:
        return [(frame.width, frame.height) for frame in container.decode(video=0)]


def test_try(site, recorder):
    import time
    for r in [Recording(*a) for a in RS]:
        t=time.time(); p=recorder(r); t1=time.time()
        site.serve(main=p)
        w=site.watch('main')
        f=w.intrusion(); t2=time.time()
        s=shown(f)
        print(r, f"enc {t1-t:.2f} event {t2-t1:.2f}", s.shape, round(s.shape[1]/s.shape[0],3), round(r.width/r.height,3), len(f.jpeg), s[5,5], s[-5,5], f.event.box, f.event.clip_follows, w.status.counts.frames_decoded, w.status.counts.frames_dropped, w.status.counts.packets_lost)
        if f.event.clip_follows: print('   ', set(played(w.clip(f.event.id))), f"{time.time()-t2:.2f}")
        site.close()
        site._workers.clear()
RS=[('h264',640,360),('hevc',640,360),('mjpeg',640,360,'yuvj420p'),('mjpeg',640,360,'yuvj422p',4),('h264',638,358),('hevc',638,358),('h264',704,576,'yuvj420p'),('hevc',704,576,'yuv420p10le'),('hevc',704,576,'yuvj420p'),('h264',704,576,'yuv422p'),('h264',640,360,'yuv444p'),('mjpeg',1920,1080,'yuvj420p'),('h264',1920,1080),('hevc',1920,1080),('h264',3840,2160),('hevc',3840,2160)]
