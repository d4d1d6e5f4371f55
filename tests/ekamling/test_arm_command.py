"""`ekamling arm`, and a configuration that changes under a running edge."""

import logging
import threading
from pathlib import Path

import pytest

from edge.arming import Arming
from edge.settings import EdgeSettings
from ekamling import reload
from ekamling.cli import main
from ekamling.reload import ConfigWatch
from tests.patience import until

CAMERA = '[[cameras]]\nid = "{}"\nname = "Kamera"\narea = "33.03.05.1005"\nurl = "rtsp://10.0.0.7/main"\ngroup = "{}"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    path = tmp_path / "edge.toml"
    path.write_text(
        f'id = "pos-1"\ndata = "{tmp_path / "data"}"\n'
        '[centre]\nmqtt_host = "127.0.0.1"\nurl = "http://127.0.0.1:1"\nsecret_file = "none"\n'
        + CAMERA.format("gerbang", "blok-a")
        + CAMERA.format("taman", "blok-b")
    )
    return path


def test_one_group_or_all_are_armed(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["arm", "mudik", "--group", "blok-a", "--config", str(file)]) == 0
    assert main(["arm", "--config", str(file)]) == 0
    assert capsys.readouterr().out == "blok-a: mudik\nblok-a: mudik\nblok-b: armed\n"
    assert main(["arm", "disarmed", "--config", str(file)]) == 0
    assert Arming(file.parent / "data").modes == {"blok-a": "disarmed", "blok-b": "disarmed"}


def test_a_group_that_is_not_there_is_named_with_the_nearest(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["arm", "night", "--group", "blok-c", "--config", str(file)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "has no group 'blok-c'; did you mean" in line
    assert "there are blok-a, blok-b" in line


def test_an_edge_that_never_ran_has_no_modes_yet(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (file.parent / "data").rmdir()
    assert main(["arm", "night", "--config", str(file)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("is not there yet; start the edge once, it makes its folder")


def test_a_changed_file_is_applied_and_a_bad_one_is_told(
    file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(reload, "LOOK_S", 0.02)
    applied: list[EdgeSettings] = []
    heard = threading.Event()

    def take(settings: EdgeSettings) -> None:
        applied.append(settings)
        heard.set()

    watch = ConfigWatch(file, take)
    watch.start()
    try:
        good = file.read_text()
        with caplog.at_level(logging.ERROR):
            file.write_text(good.replace('group = "blok-b"', 'groep = "blok-b"'))
            until(lambda: "the edge goes on with the settings that it had" in caplog.text)
        assert "groep" in caplog.text
        assert applied == []
        file.write_text(good.replace("blok-b", "blok-c"))
        assert heard.wait(10)
    finally:
        watch.stop()
    assert [camera.group for camera in applied[-1].cameras] == ["blok-a", "blok-c"]
