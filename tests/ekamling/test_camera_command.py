"""`ekamling camera probe`, on simulated cameras."""

import json
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest

from edge.rules.settings import RuleSettings
from edge.settings import CameraSettings
from ekamling.cli import main
from ekamling.probe import Finding, advice, advice_on
from tests.ekamling.watched import configured, simulated

PASSWORD = "rahasia"
GOOD = Finding("h264", 640, 360, 10.0, 500_000, 2.0, 0.1, 0, 10.0, 0.02, -0.4)


def locked(folder: Path, port: int) -> Path:
    """An edge.toml with a camera that asks for a password."""
    secret = folder / "camera.secret"
    secret.write_text(f"{PASSWORD}\n")
    more = f"""
username = "kamling"
password_file = "{secret}"
[[cameras.rules]]
id = "halaman"
zone = [[0.25, 0.25], [0.75, 0.25], [0.75, 0.75]]
[[cameras.rules]]
id = "lensa"
kind = "covered"
"""
    return configured(folder, port, more)


def test_a_stream_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    with simulated() as port:
        assert main(["camera", "probe", f"rtsp://127.0.0.1:{port}/a/sub", "--seconds", "4.5", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["codec"], said["width"], said["height"]) == ("h264", 512, 384)
    assert said["fps"] == pytest.approx(10, rel=0.05)
    assert said["keyframe_interval_s"] == pytest.approx(2.0)
    assert said["packets_lost"] == 0
    assert abs(said["clock_off_s"]) < 1
    assert 0 <= said["uneven_s"] < 5
    assert [sentence for sentence in said["advice"] if "late" not in sentence] == []  # this machine may be busy


def test_people_read_the_figures_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with simulated(password=PASSWORD) as port:
        assert main(["camera", "probe", "gerbang", "--config", str(locked(tmp_path, port)), "--seconds", "1"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert "picture         512x384, 10 a second" in said
    assert "clock           right within a second" in said
    assert "latency         unknown" in said


def test_a_picture_is_saved_with_the_zones_of_the_camera(tmp_path: Path) -> None:
    with simulated(password=PASSWORD) as port:
        picture = tmp_path / "gerbang.png"
        given = ["--config", str(locked(tmp_path, port)), "--seconds", "0.5", "--save", str(picture)]
        assert main(["camera", "probe", "gerbang", *given]) == 0
    seen = cv2.imread(str(picture))
    assert seen is not None
    assert seen.shape == (384, 512, 3)
    corner = seen[round(0.25 * 383) - 3 : round(0.25 * 383) + 4, round(0.5 * 511) - 3 : round(0.5 * 511) + 4]
    assert (np.abs(corner.astype(int) - (31, 159, 245)).sum(axis=2) < 60).any()


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
        ({"uneven_s": 1.2}, "1.2 s late"),
        ({"clock_off_s": 200.0}, "200 s ahead"),
        ({"clock_off_s": -3600.0}, "3600 s behind"),
    ],
)
def test_each_fault_has_one_advice(changes: dict[str, object], word: str) -> None:
    values = {name: getattr(GOOD, name) for name in GOOD.__dataclass_fields__}
    (sentence,) = advice(Finding(**{**values, **changes}))
    assert word in sentence


def test_what_is_not_known_needs_no_advice() -> None:
    unknown = {"uneven_s": None, "clock_off_s": None}
    values = {name: getattr(GOOD, name) for name in GOOD.__dataclass_fields__}
    assert advice(Finding(**{**values, **unknown})) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, []),
        ({"sub_url": ""}, ["rtsp://192.168.10.21/Streaming/Channels/102"]),
        ({"sub_url": "", "url": "rtsp://192.168.10.21/own"}, ["no sub_url"]),
        ({"sub_url": "rtsp://192.168.10.21/Streaming/Channels/101"}, ["is the main stream"]),
        ({"rules": [], "sub_url": ""}, ["no sub_url", "no rules"]),
    ],
)
def test_the_camera_s_table_is_looked_over_too(changes: dict[str, Any], words: list[str]) -> None:
    camera = CameraSettings(
        id="gerbang",
        name="Gerbang",
        area="33.03.05.1005",
        url="rtsp://192.168.10.21/Streaming/Channels/101",
        sub_url="rtsp://192.168.10.21/Streaming/Channels/102",
        rules=[RuleSettings(id="halaman", zone=[(0.1, 0.1), (0.9, 0.1), (0.9, 0.9)])],
    )
    said = advice_on(msgspec.structs.replace(camera, **changes))
    assert len(said) == len(words)
    assert all(word in sentence for word, sentence in zip(words, said, strict=True))
