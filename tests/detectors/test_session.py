"""A model file may be anything; a detector either works or says in one line what is wrong."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import ModelError
from detectors.detections import Detections
from detectors.images import BgrImage
from detectors.registry import Model, find, own
from detectors.session import OnnxDetector

Outputs = dict[str, NDArray[np.float32]]
Thing = tuple[float, float, float, float, float, int]
Answer = Callable[[str, list[Thing]], Outputs]
Save = Callable[[Mapping[str, NDArray[np.float32]]], Path]

NAMES = ("person", "bicycle", "car", "motorcycle", "truck")


@pytest.fixture
def tiny(answer: Answer, save: Save) -> Model:
    return own(save(answer("yolox", [])), "yolox", NAMES)


def refusal(model: Model) -> str:
    with pytest.raises(ModelError) as caught:
        OnnxDetector(model)
    text = str(caught.value)
    assert "\n" not in text
    assert str(model.path) in text
    return text


def test_a_replaced_file_is_refused(tiny: Model) -> None:
    assert "SHA-256" in refusal(msgspec.structs.replace(tiny, sha256="0" * 64))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert "No such file" in refusal(own(tmp_path / "gone.onnx", "yolox"))


@pytest.mark.parametrize("keep", [0, 1, 100, 1000])
def test_a_truncated_file_is_refused(tiny: Model, keep: int) -> None:
    tiny.path.write_bytes(tiny.path.read_bytes()[:keep])
    assert "no model" in refusal(tiny) or keep == 0


def test_random_bytes_are_refused(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    path = tmp_path / "random.onnx"
    for length in (1, 10, 100, 1000, 10_000):
        path.write_bytes(random.bytes(length))
        refusal(own(path, "yolo"))


def test_a_model_with_any_byte_flipped_works_or_is_refused(tiny: Model) -> None:
    good = tiny.path.read_bytes()
    picture = BgrImage(np.zeros((64, 96, 3), np.uint8))
    places = [*range(60), *range(len(good) - 160, len(good))]
    for place in places:
        tiny.path.write_bytes(good[:place] + bytes([good[place] ^ 0xFF]) + good[place + 1 :])
        try:
            OnnxDetector(tiny).detect(picture)
        except ModelError as error:
            assert str(tiny.path) in str(error)


def test_another_layout_than_said_is_refused(tiny: Model) -> None:
    assert "layout yolox, not nanodet" in refusal(msgspec.structs.replace(tiny, layout="nanodet"))


def test_a_wrong_number_of_classes_is_refused(tiny: Model) -> None:
    assert "5 classes" in refusal(msgspec.structs.replace(tiny, classes=("person",)))


def test_outputs_of_no_known_layout_are_refused(save: Save) -> None:
    assert "no known layout" in refusal(own(save({"logits": np.zeros((1, 1000), np.float32)}), "yolox"))


def test_a_file_with_a_fixed_size_is_not_used_at_another(tiny: Model) -> None:
    assert "96x64 only" in refusal(tiny.at((128, 128)))


def test_an_open_size_must_be_said() -> None:
    assert "fixes no input size" in refusal(msgspec.structs.replace(find(), input=None))


def test_a_size_that_the_model_cannot_take_is_refused() -> None:
    refusal(find().at((100, 100)))


def test_camera_threads_share_one_detector() -> None:
    detector = OnnxDetector(find().at((192, 320)), score_threshold=0.05)
    random = np.random.default_rng(3)
    shapes = [(180, 320), (240, 320), (320, 180), (101, 203)]
    pictures = [BgrImage(random.integers(0, 255, (*shape, 3), dtype=np.uint8)) for shape in shapes]
    alone = [detector.detect(picture) for picture in pictures]

    def camera(number: int) -> list[Detections]:
        return [detector.detect(pictures[(number + turn) % 4]) for turn in range(12)]

    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(camera, range(4)))
    for number, seen in enumerate(results):
        for turn, detections in enumerate(seen):
            expected = alone[(number + turn) % 4]
            np.testing.assert_array_equal(detections.xyxy, expected.xyxy)
            np.testing.assert_array_equal(detections.score, expected.score)
