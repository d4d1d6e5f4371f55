"""Every kind of stream that a camera may send, through the edge to an event, its picture and its clip."""

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import av
import cv2
import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from core.clock import SystemClock
from core.errors import SourceError
from core.events import MAX_SNAPSHOT_BYTES, CameraStatus
from detectors import registry
from detectors.detector import RegionDetector
from detectors.fitted import FittedDetector
from edge import connection as connection_module
from edge.camera import CameraWorker
from edge.channel import Credentials, Found, Recorded
from edge.clips import ClipFolder
from edge.equipment import Equipment
from edge.rtsp.client import RtspClient
from edge.rtsp.packet import Packet, StreamInfo
from edge.settings import CameraSettings
from edge.source import KEYFRAME_S, Decoder, RtspSource
from edge.tracking import LOWEST
from ekamling.simulator import CameraSimulator, SimulatedCamera
from tests.edge.fakes import DARK, WIB, BrightDetector
from tests.edge.recordings import BLUE, Recording, record, record_change
from tests.loop_thread import LoopThread
from tests.patience import until

EVERYWHERE = [[0, 0], [1, 0], [1, 1], [0, 1]]
AGAIN_AND_AGAIN = {"id": "halaman", "kind": "loitering", "dwell_s": 0, "zone": EVERYWHERE}  # tells of who stays, too
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
    monkeypatch.setattr(connection_module, "RETRY_S", 0.05)
    monkeypatch.setattr(connection_module, "RETRY_MAX_S", 0.1)
    monkeypatch.setattr("edge.recorder.AFTER_S", 0.5)


class Site:
    """Simulated cameras on one port, which can send something else later, and workers that watch them."""

    def __init__(self, loop: LoopThread, folder: Path) -> None:
        self._loop = loop
        self._served: CameraSimulator | None = None
        self._port = 0
        self._workers: list[CameraWorker] = []
        self._clips = ClipFolder(folder)

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

    def watch(
        self, main: str, sub: str = "", *, detector: RegionDetector | None = None, cooldown_s: float = 30
    ) -> "Watched":
        """A worker on the stream `main`, and `sub` if one is named."""
        raw = {
            "id": "gerbang",
            "name": "Gerbang",
            "area": "33.03.05.1005",
            "url": self.url(main),
            "sub_url": self.url(sub) if sub else "",
            "analysis_fps": 10,
            "health": [],
            "rules": [AGAIN_AND_AGAIN | {"cooldown_s": cooldown_s}],
        }
        equipment = Equipment(detector or BrightDetector(), threading.Semaphore(), "bright", SystemClock(), WIB)
        told: list[Found | Recorded] = []
        settings = msgspec.convert(raw, CameraSettings)
        worker = CameraWorker(settings, Credentials("", ""), "armed", equipment, self._clips, told.append)
        self._workers.append(worker)
        worker.start()
        return Watched(worker, told, self._clips)

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

    def event(self, since: int = 0, size: tuple[int, int] | None = None) -> Found:
        """The first event, of a picture of that size if one is given, among what was told from number `since` on."""

        def look() -> Found | None:
            found = (one for one in self.told[since:] if isinstance(one, Found))
            return next((one for one in found if size in (None, shown(one).shape[1::-1])), None)

        return until(look)

    def clip(self, event: str) -> Path:
        """Where the clip of an event stands."""
        recorded = until(
            lambda: next((one for one in self.told if isinstance(one, Recorded) and event in one.events), None)
        )
        return self._clips.path(recorded.clip.sha256)


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[Callable[[], Site]]:
    with LoopThread() as loop, ExitStack() as stack:

        def begin() -> Site:
            opened = Site(loop, tmp_path)
            stack.callback(opened.close)
            return opened

        yield begin


@pytest.fixture
def site(sites: Callable[[], Site]) -> Site:
    return sites()


@pytest.fixture
def neighbour(sites: Callable[[], Site]) -> Site:
    """Another camera, which has nothing to do with the one at `site`."""
    return sites()


def shown(found: Found) -> NDArray[np.uint8]:
    """The snapshot of an event, as blue, green, red."""
    assert 0 < len(found.jpeg) <= MAX_SNAPSHOT_BYTES
    return np.asarray(cv2.imdecode(np.frombuffer(found.jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def played(path: Path) -> list[tuple[int, int]]:
    """The sizes of a clip's pictures, as a player decodes them."""
    with av.open(io.BytesIO(path.read_bytes()), "r") as container:
        return [(frame.width, frame.height) for frame in container.decode(video=0)]


STREETS = [
    Recording("h264", 640, 360),
    Recording("h264", 638, 358),
    Recording("h264", 704, 576, "yuvj420p"),
    Recording("h264", 1280, 720, "yuv422p"),
    Recording("h264", 1920, 1080),
    Recording("h264", 2560, 1440, "yuv444p"),
    Recording("h264", 3840, 2160),
    Recording("hevc", 638, 358),
    Recording("hevc", 704, 576, "yuv420p10le"),
    Recording("hevc", 1280, 720, "yuvj420p"),
    Recording("hevc", 2560, 1440),
    Recording("hevc", 3840, 2160),
    Recording("mjpeg", 640, 360, "yuvj420p"),
    Recording("mjpeg", 704, 576, "yuvj422p", restart=8),
    Recording("mjpeg", 1920, 1080, "yuvj420p"),
]


@pytest.mark.parametrize("street", STREETS, ids=str)
def test_whoever_walks_in_any_stream_is_told_with_a_picture_and_a_clip(
    site: Site, recorder: Recorder, street: Recording
) -> None:
    """There are no clips of MJPEG, because no browser plays them from an MP4; so none is promised."""
    site.serve(main=recorder(street))
    watched = site.watch("main")
    found = watched.event()
    height, width = shown(found).shape[:2]
    assert width / height == pytest.approx(street.width / street.height, rel=0.01)
    assert found.event.clip_follows == (street.codec != "mjpeg")
    if found.event.clip_follows:
        assert set(played(watched.clip(found.event.id))) == {street.size}
    status = watched.status
    assert (status.state, status.counts.packets_lost, status.counts.reconnects) == ("ok", 0, 0)


@pytest.mark.parametrize(
    ("main", "sub"),
    [
        (Recording("hevc", 1920, 1080), Recording("h264", 640, 360)),
        (Recording("hevc", 2560, 1440, "yuv420p10le"), Recording("hevc", 704, 576)),
        (Recording("h264", 3840, 2160), Recording("mjpeg", 640, 360, "yuvj420p")),
        (Recording("mjpeg", 1280, 720, "yuvj420p"), Recording("h264", 640, 360)),
    ],
    ids=str,
)
def test_the_picture_is_of_the_sub_stream_and_the_clip_of_the_main_one(
    site: Site, recorder: Recorder, main: Recording, sub: Recording
) -> None:
    site.serve(main=recorder(main), sub=recorder(sub))
    watched = site.watch("main", "sub", cooldown_s=0.5)
    watched.in_state("ok")
    found = watched.event(len(watched.told))  # one before that may have come without its main stream
    assert shown(found).shape[:2] == (sub.height, sub.width)
    assert found.event.clip_follows == (main.codec != "mjpeg")
    if found.event.clip_follows:
        assert set(played(watched.clip(found.event.id))) == {main.size}


@pytest.mark.parametrize(
    "lawn",
    [
        Recording("hevc", 1280, 960, "yuv420p10le", lawn=True),
        Recording("mjpeg", 1280, 960, "yuvj422p", lawn=True),
        Recording("h264", 768, 576, "yuvj420p", lawn=True),
    ],
    ids=str,
)
def test_the_real_detector_finds_people_in_any_stream(
    site: Site, recorder: Recorder, detector: RegionDetector, lawn: Recording
) -> None:
    site.serve(main=recorder(lawn))
    found = site.watch("main", detector=detector).event()
    assert (found.event.label, found.event.score > 0.5) == ("person", True)


@pytest.fixture(scope="module")
def detector() -> RegionDetector:
    return FittedDetector(registry.find(), score_threshold=LOWEST)


COLOURS = [
    *(("h264", pixels) for pixels in ("yuv420p", "yuvj420p", "yuv422p", "yuv444p")),
    *(("hevc", pixels) for pixels in ("yuv420p", "yuvj420p", "yuvj444p", "yuv420p10le")),
    *(("mjpeg", pixels) for pixels in ("yuvj420p", "yuvj422p")),
]


@pytest.mark.parametrize(("codec", "pixels"), COLOURS)
def test_brightness_and_colour_are_those_that_the_camera_sent(
    site: Site, recorder: Recorder, codec: str, pixels: str
) -> None:
    """Full range stays full and is called so: taken for video range, shadows would be black and lamps white."""
    street = Recording(codec, 640, 360, pixels)
    site.serve(main=recorder(street))
    source = RtspSource(RtspClient(site.url("main")), SystemClock())
    image = next(source.frames()).image()
    source.close()
    assert image.full_range == street.full
    assert int(image.y[-5, 5]) == pytest.approx(DARK, abs=2)
    assert (int(image.u[5, 5]), int(image.v[5, 5])) == pytest.approx(BLUE, abs=3)


# --- a camera that is set anew while it is watched


@pytest.mark.parametrize(
    "after",
    [
        Recording("h264", 704, 576),
        Recording("hevc", 1280, 720),
        Recording("mjpeg", 704, 576, "yuvj420p"),
        Recording("hevc", 638, 358, "yuv420p10le"),
    ],
    ids=str,
)
def test_another_size_or_codec_after_a_reconnect_needs_nobody(
    site: Site, neighbour: Site, recorder: Recorder, after: Recording
) -> None:
    before = Recording("h264", 640, 360)
    site.serve(main=recorder(before))
    neighbour.serve(main=recorder(before))
    watched, other = site.watch("main", cooldown_s=0.5), neighbour.watch("main")
    other.in_state("ok")
    assert shown(watched.event()).shape[:2] == (before.height, before.width)
    site.serve(main=recorder(after))
    until(lambda: watched.status.counts.reconnects)
    found = watched.event(size=after.size)
    assert found.event.clip_follows == (after.codec != "mjpeg")
    if found.event.clip_follows:
        assert set(played(watched.clip(found.event.id))) == {after.size}
    decoded = other.status.counts.frames_decoded
    until(lambda: other.status.counts.frames_decoded > decoded)
    assert (other.status.state, other.status.counts.reconnects) == ("ok", 0)


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_another_size_within_one_stream_needs_nobody(site: Site, codec: str, tmp_path: Path) -> None:
    small, large = Recording(codec, 640, 360), Recording(codec, 704, 576)
    site.serve(main=record_change(small, large, tmp_path / "changing.ts"))
    watched = site.watch("main", cooldown_s=0.2)
    for street in (small, large, small):
        watched.event(len(watched.told), street.size)
    assert (watched.status.state, watched.status.counts.reconnects) == ("ok", 0)


def test_a_stream_without_keyframes_is_told_with_the_remedy(footage: tuple[StreamInfo, list[Packet]]) -> None:
    info, packets = footage
    decoder = Decoder(info)
    assert decoder.decode(replace(packets[1], received=100.0)) == []
    assert decoder.decode(replace(packets[2], received=99.9 + KEYFRAME_S)) == []
    with pytest.raises(SourceError, match=r"^it sent no keyframe for 30 s: set its keyframe \(I-frame\) interval"):
        decoder.decode(replace(packets[3], received=100.1 + KEYFRAME_S))
