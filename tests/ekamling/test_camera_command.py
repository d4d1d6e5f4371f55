"""`ekamling camera probe`, on simulated cameras."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from ekamling.cli import main
from ekamling.footage import clip
from ekamling.probe import Finding, advice
from ekamling.simulator import CameraSimulator, SimulatedCamera
from tests.loop_thread import LoopThread

GOOD = Finding("h264", 640, 360, 10.0, 500_000, 2.0, 0.1, 0, 10.0)


def serve(loop: LoopThread, *, password: str = "") -> tuple[CameraSimulator, int]:
    cameras = [SimulatedCamera(f"a/{name}", clip(f"vtest-{name}.mp4")) for name in ("main", "sub")]
    simulator = CameraSimulator(cameras, username="kamling" if password else "", password=password)
    return simulator, loop.run(simulator.start())


def test_a_stream_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    with LoopThread() as loop:
        simulator, port = serve(loop)
        assert main(["camera", "probe", f"rtsp://127.0.0.1:{port}/a/sub", "--seconds", "4.5", "--json"]) == 0
        loop.run(simulator.stop())
    said = json.loads(capsys.readouterr().out)
    assert (said["codec"], said["width"], said["height"]) == ("h264", 512, 384)
    assert said["fps"] == pytest.approx(10, rel=0.05)
    assert said["keyframe_interval_s"] == pytest.approx(2.0)
    assert said["packets_lost"] == 0
    assert said["advice"] == []


def test_a_picture_is_saved_with_the_zones_of_the_camera(tmp_path: Path) -> None:
    with LoopThread() as loop:
        simulator, port = serve(loop, password="rahasia")
        picture = tmp_path / "gerbang.png"
        given = ["--config", str(configured(tmp_path, port)), "--seconds", "0.5", "--save", str(picture)]
        assert main(["camera", "probe", "gerbang", *given]) == 0
        loop.run(simulator.stop())
    seen = cv2.imread(str(picture))
    assert seen is not None
    assert seen.shape == (384, 512, 3)
    corner = seen[round(0.25 * 383) - 3 : round(0.25 * 383) + 4, round(0.5 * 511) - 3 : round(0.5 * 511) + 4]
    assert (np.abs(corner.astype(int) - (31, 159, 245)).sum(axis=2) < 60).any()


def configured(folder: Path, port: int) -> Path:
    """An edge.toml with one camera that asks for a password."""
    (folder / "camera.secret").write_text("rahasia\n")
    path = folder / "edge.toml"
    path.write_text(
        f"""
id = "pos-1"
data = "{folder}"
[centre]
mqtt_host = "127.0.0.1"
url = "http://127.0.0.1:9"
secret_file = "none"
[[cameras]]
id = "gerbang"
name = "Gerbang"
area = "33.03.05.1005"
url = "rtsp://127.0.0.1:{port}/a/main"
sub_url = "rtsp://127.0.0.1:{port}/a/sub"
username = "kamling"
password_file = "{folder / "camera.secret"}"
[[cameras.rules]]
id = "halaman"
zone = [[0.25, 0.25], [0.75, 0.25], [0.75, 0.75]]
"""
    )
    return path


@pytest.mark.parametrize(
    ("given", "word"),
    [
        (["rtsp://127.0.0.1:1/x"], "127.0.0.1"),
        (["http://127.0.0.1/x"], "rtsp://"),
        (["gerbang", "--config", "none.toml"], "none.toml"),
    ],
)
def test_what_cannot_be_read_is_one_line(given: list[str], word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["camera", "probe", *given, "--seconds", "1"]) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("ekamling: ")
    assert word in line


def test_a_good_stream_needs_no_advice() -> None:
    assert advice(GOOD) == []


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"width": 1920, "height": 1080}, "sub_url"),
        ({"fps": 25.0}, "10 are enough"),
        ({"keyframe_interval_s": 10.0}, "every 10 s"),
        ({"keyframe_interval_s": None}, "too rarely"),
        ({"codec": "hevc"}, "H.264"),
        ({"codec": "mjpeg", "keyframe_interval_s": None}, "MJPEG"),
        ({"bit_rate": 12_000_000}, "12.0 Mbit/s"),
        ({"packets_lost": 3}, "3 packets"),
    ],
)
def test_each_fault_has_one_advice(changes: dict[str, object], word: str) -> None:
    values = {name: getattr(GOOD, name) for name in GOOD.__dataclass_fields__}
    (sentence,) = advice(Finding(**{**values, **changes}))
    assert word in sentence
