"""Which model and back end a shard takes, from its settings alone."""

from collections.abc import Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.errors import ModelError
from detectors import registry
from detectors.backends import catalogue
from edge.channel import Assignment
from edge.settings import Detection
from edge.shard import Shard


@pytest.fixture
def pipe() -> Iterator["Connection[Any, Any]"]:
    ours, theirs = Pipe()
    with ours, theirs:
        yield ours


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder into which the shipped model was imported under another name."""
    shipped = registry.find()
    registry.keep(msgspec.structs.replace(shipped, name="mine"), shipped.content(), tmp_path / "models")
    return tmp_path / "models"


def work(folder: Path, detection: Detection) -> Assignment:
    return Assignment(
        edge="pos-1",
        cameras=[],
        credentials=[],
        detection=detection,
        time_zone="Asia/Jakarta",
        holidays=[],
        clips=str(folder),
    )


def test_a_shard_takes_an_imported_model(pipe: "Connection[Any, Any]", models: Path, tmp_path: Path) -> None:
    Shard(pipe, work(tmp_path, Detection(model="mine", models=str(models))))


def test_a_damaged_imported_model_is_named(pipe: "Connection[Any, Any]", models: Path, tmp_path: Path) -> None:
    (models / "mine.onnx").write_bytes(b"not a model")
    with pytest.raises(ModelError, match=r"^model mine: .*mine\.onnx is damaged or was replaced"):
        Shard(pipe, work(tmp_path, Detection(model="mine", models=str(models))))


def test_a_back_end_that_is_not_there_is_named(
    pipe: "Connection[Any, Any]", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "available", lambda: ("onnxruntime",))
    with pytest.raises(ModelError, match=r"^the back end openvino cannot be used: .*ekamling\[openvino\]"):
        Shard(pipe, work(tmp_path, Detection(backend="openvino")))
