"""The back end that is chosen is one that sees the same and is clearly faster, on this very machine."""

from pathlib import Path

import msgspec
import pytest

from core.errors import ModelError
from detectors import choice
from detectors.agreement import LOWEST, agreement, reference_pictures
from detectors.backends import catalogue
from detectors.backends.network import BackendName
from detectors.choice import Figure, Speed, Trial
from detectors.registry import find
from detectors.session import OnnxDetector


def figure(backend: BackendName, ms: float, agreement: float | None = 1.0, map: float | None = None) -> Figure:
    return Figure(backend=backend, speed=Speed(ms, ms), agreement=agreement, map=map)


BASE = figure("onnxruntime", 10.0, map=0.3)


@pytest.mark.parametrize(
    ("others", "best"),
    [
        ([], "onnxruntime"),
        ([figure("openvino", 6.0)], "openvino"),
        ([figure("openvino", 9.5)], "onnxruntime"),  # not worth a second library in memory
        ([figure("openvino", 6.0, agreement=0.9)], "onnxruntime"),
        ([figure("openvino", 6.0, agreement=None)], "onnxruntime"),  # nothing was compared
        ([figure("openvino", 6.0, agreement=0.9, map=0.292)], "openvino"),  # labels say more than agreement
        ([figure("openvino", 6.0, agreement=1.0, map=0.28)], "onnxruntime"),
        ([figure("openvino", 6.0), figure("cuda", 9.9)], "cuda"),  # it leaves the processor free
        ([figure("openvino", 6.0), figure("cuda", 11.0)], "openvino"),
        ([figure("cuda", 2.0, agreement=0.5)], "onnxruntime"),
    ],
)
def test_the_best_of_some_figures(others: list[Figure], best: str) -> None:
    assert choice.pick([*others, BASE]) == best


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "available", lambda: ("onnxruntime", "openvino"))


@pytest.mark.usefixtures("both")
def test_a_choice_is_kept_for_the_model_and_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = find()
    other = msgspec.structs.replace(model, sha256="0" * 64)
    assert choice.chosen(model, "auto", tmp_path) == "onnxruntime"
    choice.remember(model, Trial([BASE, figure("openvino", 5.0)]), tmp_path)
    choice.remember(other, Trial([BASE]), tmp_path)
    assert choice.chosen(model, "auto", tmp_path) == "openvino"
    assert choice.chosen(other, "auto", tmp_path) == "onnxruntime"
    assert choice.chosen(model, "onnxruntime", tmp_path) == "onnxruntime"
    monkeypatch.setattr(choice, "cpu_name", lambda: "another processor")
    assert choice.recall(model, tmp_path) is None


@pytest.mark.usefixtures("both")
def test_a_choice_ends_with_the_libraries_that_it_was_made_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choice.remember(find(), Trial([BASE, figure("openvino", 5.0)]), tmp_path)
    monkeypatch.setattr(catalogue, "versions", lambda: {"onnxruntime": "99"})
    assert choice.chosen(find(), "auto", tmp_path) == "onnxruntime"


@pytest.mark.parametrize("content", [b"", b"{", b'{"x": 1}', b"\xff"])
def test_a_damaged_file_of_choices_is_as_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "backends.json").write_bytes(content)
    assert choice.recall(find(), tmp_path) is None
    choice.remember(find(), Trial([BASE]), tmp_path)
    assert choice.recall(find(), tmp_path) is not None


def test_a_wish_that_cannot_be_met_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "available", lambda: ("onnxruntime",))
    with pytest.raises(ModelError, match="onnxruntime-gpu"):
        choice.chosen(find(), "cuda", tmp_path)
    assert choice.prepare(find(), "auto", tmp_path) == "onnxruntime"
    assert list(tmp_path.iterdir()) == []  # nothing to measure


def test_an_open_choice_is_measured_once(tmp_path: Path) -> None:
    if len(catalogue.available()) == 1:
        pytest.skip("only ONNX Runtime is installed")
    best = choice.prepare(find(), "auto", tmp_path)
    kept = choice.recall(find(), tmp_path)
    assert kept is not None
    assert kept.backend == best
    assert {each.backend for each in kept.trial.figures} == set(catalogue.available())


@pytest.mark.usefixtures("both")
def test_a_trial_that_fails_leaves_onnx_runtime(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    unknown = msgspec.structs.replace(find(), name="gone")
    assert choice.prepare(unknown, "auto", tmp_path) == "onnxruntime"
    assert "no model is called 'gone'" in caplog.text


def test_a_detector_agrees_with_itself_and_not_with_a_blind_one() -> None:
    seeing = OnnxDetector(find().at((320, 416)), score_threshold=LOWEST)
    blind = OnnxDetector(find().at((320, 416)), score_threshold=0.999)
    pictures = reference_pictures()
    assert agreement(seeing, seeing, pictures) == 1.0
    assert agreement(seeing, blind, pictures) == 0.0
    assert agreement(blind, blind, pictures) is None
