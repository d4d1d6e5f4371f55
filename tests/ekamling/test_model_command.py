"""`ekamling model` as an administrator uses it."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import pytest

from detectors import choice, registry
from ekamling.cli import main
from tests.detectors.conftest import CLASSES, constant, yolox


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder of models, empty."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "ekamling" / "models"


@pytest.fixture
def given(tmp_path: Path) -> Path:
    path = tmp_path / "given.onnx"
    onnx.save(constant(yolox([(10, 10, 30, 50, 0.9, 0)])), path)
    return path


@pytest.fixture
def names(tmp_path: Path) -> Path:
    path = tmp_path / "names.txt"
    path.write_text("".join(f"thing-{number}\n" for number in range(CLASSES)))
    return path


def listed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert main(["model", "list", "--json"]) == 0
    models: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["models"]
    return models


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["model", *arguments]) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("ekamling: ")
    return line


def test_the_shipped_model_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    (shipped,) = listed(capsys)
    assert (shipped["name"], shipped["layout"], shipped["origin"]) == ("nanodet-g-416", "nanodet", "shipped")
    assert (shipped["width"], shipped["height"], len(shipped["classes"])) == (416, 416, 80)


def test_an_imported_model_is_listed_and_found(
    given: Path, names: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["model", "import", str(given), "--name", "mine", "--classes", str(names)]) == 0
    text = capsys.readouterr().out
    assert "layout yolox, 5 classes" in text
    assert 'model = "mine"' in text
    assert [model["name"] for model in listed(capsys)] == ["nanodet-g-416", "mine"]
    assert registry.find("mine").path == home / "mine.onnx"


def test_a_model_may_be_kept_elsewhere(
    given: Path, names: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = str(tmp_path / "elsewhere")
    assert main(["model", "import", str(given), "--name", "mine", "--classes", str(names), "--to", to, "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["found"] == {"thing-0": 3}
    assert registry.imported() == []
    assert main(["model", "list", "--models", to]) == 0
    assert "mine" in capsys.readouterr().out


def test_a_name_is_taken_once_unless_it_is_replaced(
    given: Path, names: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bring = ["import", str(given), "--name", "mine", "--classes", str(names)]
    assert main(["model", *bring]) == 0
    capsys.readouterr()
    assert "--replace" in refused(bring, capsys)
    assert main(["model", *bring, "--replace"]) == 0


@pytest.mark.parametrize(
    ("more", "word"),
    [
        (["--name", "Mine"], "small letters"),
        (["--name", "../mine"], "small letters"),
        (["--name", "nanodet-g-416"], "shipped"),
        (["--name", "mine", "--layout", "yolo"], "layout yolox, not yolo"),
        (["--name", "mine"], "5 classes apart, but 80"),
        (["--name", "mine", "--classes", "none.txt"], "none.txt"),
        (["--name", "mine", "--input", "100"], "multiple of 32"),
    ],
)
def test_what_cannot_be_imported_is_one_line(
    given: Path, more: list[str], word: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert word in refused(["import", str(given), *more], capsys)
    assert not home.exists()


def test_a_damaged_model_is_told_beside_the_good_ones(
    given: Path, names: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["model", "import", str(given), "--name", "mine", "--classes", str(names)]) == 0
    (home / "mine.onnx").write_bytes(b"")
    capsys.readouterr()
    assert main(["model", "list"]) == 1
    out, err = capsys.readouterr()
    assert "nanodet-g-416" in out
    assert "damaged" in err


def test_bench_chooses_and_the_choice_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model", "bench", "--rounds", "3", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert set(figures["backends"]["onnxruntime"]["ms"]) == {"640x360", "640x480", "704x576", "1920x1080"}
    kept = choice.recall(registry.find())
    assert kept is not None
    assert kept.backend == figures["chosen"]


def test_bench_measures_accuracy_where_there_are_labels(
    given: Path, names: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["model", "import", str(given), "--name", "mine", "--classes", str(names)]) == 0
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    cv2.imwrite(str(tmp_path / "images" / "one.png"), np.zeros((64, 96, 3), np.uint8))
    (tmp_path / "labels" / "one.txt").write_text(f"0 {20 / 96} {30 / 64} {20 / 96} {40 / 64}\n")
    folders = ["--images", str(tmp_path / "images"), "--labels", str(tmp_path / "labels")]
    capsys.readouterr()
    assert main(["model", "bench", "mine", "--rounds", "3", *folders]) == 0
    assert "1.0000" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "word"),
    [
        (["dream-9000"], "no model is called"),
        (["--images", "."], "belong together"),
        (["--rounds", "1"], "--rounds 1"),
    ],
)
def test_what_cannot_be_timed_is_one_line(more: list[str], word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert word in refused(["bench", *more], capsys)


def test_weights_without_the_extra_name_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert "ekamling[train]" in refused(["export", str(tmp_path / "best.pt"), "--name", "mine"], capsys)


def test_an_edge_with_an_unknown_model_ends_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "edge.toml"
    config.write_text(
        f"""id = "pos-1"
data = "{tmp_path / "data"}"
[centre]
mqtt_host = "127.0.0.1"
url = "http://127.0.0.1:9"
secret_file = "none"
[detection]
model = "dream-9000"
[[cameras]]
id = "gerbang"
name = "Gerbang"
area = "33.03.05.1005"
url = "rtsp://127.0.0.1:1/main"
"""
    )
    assert main(["edge", "--config", str(config)]) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "no model is called 'dream-9000'" in line
