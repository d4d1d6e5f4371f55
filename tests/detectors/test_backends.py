"""Whatever library runs a model, a detector works the same or says in one line why it can't."""

import importlib.util
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import ModelError
from detectors.agreement import reference_pictures
from detectors.backends import catalogue
from detectors.backends.network import BackendName
from detectors.images import BgrImage
from detectors.registry import find, own
from detectors.session import OnnxDetector

Outputs = dict[str, NDArray[np.float32]]
Thing = tuple[float, float, float, float, float, int]
Answer = Callable[[str, list[Thing]], Outputs]
Save = Callable[[Mapping[str, NDArray[np.float32]]], Path]

NAMES = ("person", "bicycle", "car", "motorcycle", "truck")
THINGS: list[Thing] = [(10, 10, 30, 50, 0.9, 0), (50, 20, 90, 40, 0.8, 2)]

openvino = pytest.mark.skipif(
    importlib.util.find_spec("openvino") is None, reason="the extra openvino is not installed"
)


@openvino
def test_openvino_sees_what_onnx_runtime_sees(layout: str, answer: Answer, save: Save) -> None:
    model = own(save(answer(layout, THINGS)), layout, NAMES)
    picture = BgrImage(np.zeros((64, 96, 3), np.uint8))
    expected = OnnxDetector(model).detect(picture)
    found = OnnxDetector(model, backend="openvino").detect(picture)
    assert len(expected) == len(THINGS)
    np.testing.assert_array_equal(found.class_id, expected.class_id)
    np.testing.assert_allclose(found.xyxy, expected.xyxy, atol=1)
    np.testing.assert_allclose(found.score, expected.score, atol=0.01)


@openvino
def test_openvino_runs_an_open_size_at_what_is_asked_for() -> None:
    detector = OnnxDetector(find().at((192, 320)), backend="openvino")
    assert detector.input_size == (192, 320)
    with pytest.raises(ModelError, match="fixes no input size"):
        OnnxDetector(msgspec.structs.replace(find(), input=None), backend="openvino")


@openvino
@pytest.mark.parametrize("keep", [0, 100, 100_000])
def test_openvino_refuses_a_truncated_file(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "cut.onnx"
    path.write_bytes(find().content()[:keep])
    with pytest.raises(ModelError) as caught:
        OnnxDetector(own(path, "nanodet"), backend="openvino")
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


@openvino
def test_camera_threads_share_one_openvino_detector() -> None:
    detector = OnnxDetector(find().at((192, 320)), score_threshold=0.05, backend="openvino")
    pictures = reference_pictures()
    alone = [detector.detect(picture) for picture in pictures]
    with ThreadPoolExecutor(3) as threads:
        together = list(threads.map(detector.detect, pictures * 4))
    for number, found in enumerate(together):
        np.testing.assert_array_equal(found.xyxy, alone[number % len(alone)].xyxy)


@openvino
def test_openvino_brings_nothing_that_reports_its_use() -> None:
    program = (
        "import sys; from detectors.backends import open_vino; open_vino.precision();"
        "sys.exit(any(name.startswith('openvino_telemetry.') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_library_is_loaded_only_when_a_model_is() -> None:
    program = (
        "import sys; from detectors.backends import catalogue; catalogue.available();"
        "sys.exit('openvino' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize(("backend", "remedy"), [("openvino", "ekamling[openvino]"), ("cuda", "onnxruntime-gpu")])
def test_a_missing_library_is_named_with_its_remedy(
    backend: BackendName, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "available", lambda: ("onnxruntime",))
    with pytest.raises(ModelError, match=backend) as caught:
        OnnxDetector(find(), backend=backend)
    assert remedy in str(caught.value)
