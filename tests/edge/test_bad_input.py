"""What an installer or a camera may do wrong: each gives one line with its name and a remedy, and the others go on."""

import hashlib
import logging
import re
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from core import config
from core.clock import SystemClock
from core.errors import ConfigError, ServiceError
from detectors import registry
from edge import supervisor as supervisor_module
from edge.settings import EdgeSettings
from edge.supervisor import Supervisor
from ekamling.simulator import CameraSimulator, SimulatedCamera
from tests.edge.conftest import SUB, StartCameras
from tests.edge.recordings import Recording, record
from tests.edge.test_edge_settings import GOOD, with_value
from tests.edge.test_rtsp_client import Answer, FakeCamera, reply, send, then
from tests.edge.test_supervisor import RunningEdge, settings
from tests.loop_thread import LoopThread
from tests.patience import until

VP8 = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\na=control:track1\r\n"
SOUND = "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC/16000\r\na=control:track1\r\n"
H265 = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\na=control:track1\r\n"
NOISE = np.random.default_rng(3)
ON_LOOPBACK = r"camera 127\.0\.0\.1 "

# The camera's id, and what is said of it.
BAD_CAMERAS = {
    "path": rf"{ON_LOOPBACK}has no stream at /nowhere \(status 404\): check the stream's path",
    "host": r"camera kamera\.\.rumah has no known address: check its name and the name server",
    "port": rf"{ON_LOOPBACK}does not answer on port 1: connection refused",
    "password": rf"{ON_LOOPBACK}refused the user name or password.*",
    "codec": rf"{ON_LOOPBACK}sends VP8, which is not read: set its stream to H\.264, H\.265 or MJPEG",
    "sound": rf"{ON_LOOPBACK}offers no video at this address: check the stream's path",
    "large": "its picture of 8208x64 is over 8192 pixels a side: choose a smaller size in the camera's settings",
    "bytes": rf"{ON_LOOPBACK}sends garbage instead of video.*",
    "packets": r"its video cannot be decoded.*: check the camera's codec, restart the camera",
    "main": rf"main stream: {ON_LOOPBACK}has no stream at /nowhere \(status 404\): check the stream's path",
    "sub": r"sub stream: its picture of 8208x64 is over 8192 pixels a side: choose a smaller size.*",
}


def packets(count: int = 1500) -> bytes:
    """RTP as it should be, which carries nothing but noise."""
    made = bytearray()
    for number in range(count):
        packet = struct.pack(">BBHII", 0x80, 0xE0, number, number * 3000, 7) + NOISE.bytes(600)
        made += b"$\x00" + len(packet).to_bytes(2, "big") + packet
    return bytes(made)


@pytest.fixture
def strange() -> Iterator[Callable[..., str]]:
    """Starts cameras that answer as they like; gives the address of each."""
    started: list[FakeCamera] = []

    def start(**answers: Answer) -> str:
        started.append(FakeCamera(**answers))
        return started[-1].url()

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def good(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """A simulator; gives the address of one of its paths: `sub`, `large`, or one that is not there."""
    large = record(Recording("h264", 8208, 64), tmp_path / "large.ts")
    with LoopThread() as loop:
        served = CameraSimulator([SimulatedCamera("sub", SUB), SimulatedCamera("large", large)])
        port = loop.run(served.start())
        yield lambda path: f"rtsp://127.0.0.1:{port}/{path}"
        loop.run(served.stop())


@pytest.fixture
def urls(good: Callable[[str], str], cameras: StartCameras, strange: Callable[..., str]) -> dict[str, str]:
    """The address of every camera, by its id; `main` and `sub` are each wrong in one stream only."""
    return {
        "good": good("sub"),
        "path": good("nowhere"),
        "host": "rtsp://kamera..rumah/main",
        "port": "rtsp://127.0.0.1:1/main",
        "password": cameras(username="kamling", password="rahasia").url("a/sub"),
        "codec": strange(DESCRIBE=reply(body=VP8)),
        "sound": strange(DESCRIBE=reply(body=SOUND)),
        "large": good("large"),
        "bytes": strange(PLAY=then(reply(), send(NOISE.bytes(400_000)))),
        "packets": strange(DESCRIBE=reply(body=H265), PLAY=then(reply(), send(packets()))),
        "main": good("nowhere"),
        "sub": good("sub"),
    }


@pytest.fixture
def edge(tmp_path: Path, urls: dict[str, str], good: Callable[[str], str]) -> Iterator[RunningEdge]:
    (tmp_path / "wrong.secret").write_text("salah")
    changes = {
        "password": {"username": "kamling", "password_file": str(tmp_path / "wrong.secret")},
        "main": {"sub_url": good("sub")},
        "sub": {"sub_url": good("large")},
    }
    given = settings(tmp_path, urls)
    changed = [msgspec.structs.replace(camera, **changes.get(camera.id, {})) for camera in given.cameras]
    supervisor = Supervisor(msgspec.structs.replace(given, cameras=changed), "test", SystemClock())
    running = RunningEdge(supervisor, threading.Thread(target=supervisor.run))
    running.thread.start()
    yield running
    supervisor.stop()
    running.thread.join()


def test_bad_cameras_are_told_one_by_one_and_the_good_one_goes_on(
    edge: RunningEdge, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        until(lambda: all(one.state == "failed" for name, one in edge.cameras().items() if name != "good"))
        until(lambda: edge.cameras()["good"].state == "ok")
    analysed = edge.cameras()["good"].counts.frames_analysed
    until(lambda: edge.cameras()["good"].counts.frames_analysed > analysed)
    lines = [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING and one.name == "edge.roster"]
    for name, reason in BAD_CAMERAS.items():
        assert re.fullmatch(reason, edge.cameras()[name].reason), name
        (line,) = [line for line in lines if line.startswith(f"camera {name} ")]
        assert re.fullmatch(f"camera {name} is failed: {reason}", line)
    assert len(lines) == len(BAD_CAMERAS)
    assert "Traceback" not in caplog.text
    assert "salah" not in caplog.text
    assert edge.cameras()["good"].counts.reconnects == 0


# --- models


def replaced(folder: Path, content: bytes) -> None:
    """The imported model with another content, and a description that knows of it."""
    description = msgspec.json.decode((folder / "mine.json").read_bytes())
    description["sha256"] = hashlib.sha256(content).hexdigest()
    (folder / "mine.json").write_bytes(msgspec.json.encode(description))
    (folder / "mine.onnx").write_bytes(content)


def unreadable(folder: Path) -> None:
    """A folder in its place, which not even root can read as a file."""
    (folder / "mine.onnx").unlink()
    (folder / "mine.onnx").mkdir()


@pytest.mark.parametrize(
    ("harm", "line"),
    [
        (unreadable, r"model mine: .*mine\.onnx cannot be read \(Is a directory\)"),
        (
            lambda folder: (folder / "mine.onnx").write_bytes(b"damaged"),
            r"model mine: .*mine\.onnx is damaged or was replaced \(its SHA-256 differs\)\. Install it again\.",
        ),
        (lambda folder: replaced(folder, b"no model"), r"model mine: .*mine\.onnx is no model that can be loaded.*"),
        (
            lambda folder: (folder / "mine.json").write_text("{}"),
            r"model mine: .*mine\.json describes no model \(.*\)\. Import it again\.",
        ),
    ],
    ids=["unreadable", "damaged", "no model", "no description"],
)
def test_a_model_that_cannot_be_used_ends_the_edge_in_one_line(
    harm: Callable[[Path], object], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All cameras need it, so there is nothing that could go on."""
    monkeypatch.setattr(supervisor_module, "STOP_S", 3.0)
    models, shipped = tmp_path / "models", registry.find()
    registry.keep(msgspec.structs.replace(shipped, name="mine"), shipped.content(), models)
    harm(models)
    wrong = settings(
        tmp_path, {"a": "rtsp://127.0.0.1:1/main"}, detection={"model": "mine", "models": str(models), "shards": 1}
    )
    with pytest.raises(ServiceError) as told:
        Supervisor(wrong, "test", SystemClock()).run()
    assert re.fullmatch(line, str(told.value))


# --- edge.toml

RULE = "cameras.0.rules.1"
AT_RULE = "edge.toml: cameras[gerbang].rules[pagar]"
NO_LINE = {"id": "pagar", "kind": "crossing", "line": [[0.5, 0.5], [0.5, 0.5]]}


def told(raw: dict[str, object]) -> str:
    """The one line that these settings give."""
    with pytest.raises(ConfigError) as refused:
        config.build(raw, EdgeSettings, name="edge.toml")
    (line,) = refused.value.problems
    return line


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (f"{RULE}.zone", [[0, 0], [640, 0], [640, 360]], f"{AT_RULE}.zone[1][0]: expected float <= 1.0"),
        ("cameras.0.rules", [NO_LINE], f"{AT_RULE}: line: has no length; give two points that lie apart"),
        (f"{RULE}.schedule", ["22:00-22:00"], f"{AT_RULE}: schedule: '22:00-22:00' is never open"),
        ("cameras.1.id", "gerbang", "edge.toml: cameras: the id 'gerbang' is given twice"),
    ],
)
def test_a_rule_that_could_never_fire_is_refused_by_name(path: str, value: object, line: str) -> None:
    assert told(with_value(path, value)).startswith(line)


WAITS = with_value(f"{RULE}.schedule", ["holiday 00:00-24:00", "holiday 22:00-05:00"])


def test_a_schedule_of_holidays_needs_holidays() -> None:
    assert told(WAITS | {"country": ""}) == (
        f"{AT_RULE}: schedule: is never open: it names holidays only, and there are none without country or days_off"
    )


@pytest.mark.parametrize(
    "settled",
    [
        WAITS,
        WAITS | {"country": "", "days_off": ["2026-12-24"]},
        with_value(f"{RULE}.schedule", ["sun,holiday 00:00-24:00"]) | {"country": ""},
        with_value(f"{RULE}.schedule", ["holiday 00:00-24:00", "22:00-05:00"]) | {"country": ""},
        GOOD | {"country": ""},
    ],
)
def test_a_schedule_that_opens_now_and_then_is_taken(settled: dict[str, object]) -> None:
    assert config.build(settled, EdgeSettings, name="edge.toml")
