"""A model from anywhere is tried where it can do no harm, and refused in one line that names it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from core.errors import ModelError
from detectors import admission, coco
from detectors.admission import Admitted, admit
from detectors.registry import find
from tests.detectors.conftest import CLASSES, SIZE, constant

Outputs = dict[str, NDArray[np.float32]]
Answer = Callable[[str, list[tuple[float, float, float, float, float, int]]], Outputs]

NAMES = tuple(f"class-{number}" for number in range(CLASSES))


def tried(model: onnx.ModelProto, folder: Path) -> Admitted:
    path = folder / "given.onnx"
    path.write_bytes(model.SerializeToString())
    return admit(path, "mine", NAMES)


def refusal(model: onnx.ModelProto, folder: Path) -> str:
    with pytest.raises(ModelError) as caught:
        tried(model, folder)
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(f"model mine: {folder / 'given.onnx'} ")
    return text


def blank() -> onnx.ModelProto:
    return constant({"output": np.zeros((1, 126, 5 + CLASSES), np.float32)})


def test_every_layout_is_recognised(layout: str, answer: Answer, tmp_path: Path) -> None:
    good = tried(constant(answer(layout, [(10, 10, 30, 50, 0.9, 3)])), tmp_path)
    assert good.model.layout == layout
    assert good.model.input is None  # the size is fixed in the file
    assert set(good.found) == {"class-3"}


def test_a_file_with_an_open_size_gets_one_and_sees_people() -> None:
    good = admit(find().path, "mine", coco.CLASSES)
    assert good.model.input == (416, 416)
    assert good.found["person"] >= 10
    assert admit(find().path, "mine", coco.CLASSES, input=(320, 320)).model.input == (320, 320)


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_answers_that_are_no_numbers_are_refused(number: float, tmp_path: Path) -> None:
    assert "NaN" in refusal(constant({"output": np.full((1, 126, 10), number, np.float32)}), tmp_path)


def test_another_layout_or_number_of_classes_than_said_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "given.onnx"
    path.write_bytes(blank().SerializeToString())
    with pytest.raises(ModelError, match="layout yolox, not yolo"):
        admit(path, "mine", NAMES, layout="yolo")
    with pytest.raises(ModelError, match="5 classes apart, but 80"):
        admit(path, "mine", coco.CLASSES)


def test_an_input_of_no_rank_is_refused(tmp_path: Path) -> None:
    model = blank()
    model.graph.input[0].type.tensor_type.ClearField("shape")
    assert "one float picture" in refusal(model, tmp_path)


def test_a_model_that_asks_for_all_memory_is_refused(tmp_path: Path) -> None:
    model = blank()
    shape = numpy_helper.from_array(np.array([1 << 19, 1 << 19], np.int64), "huge")
    model.graph.initializer.append(shape)
    model.graph.node.insert(0, helper.make_node("ConstantOfShape", ["huge"], ["filled"]))
    model.graph.node.append(helper.make_node("ReduceMax", ["filled"], ["most"], keepdims=0))
    model.graph.output.append(helper.make_tensor_value_info("most", onnx.TensorProto.FLOAT, []))
    refusal(model, tmp_path)


def test_a_model_that_never_ends_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "SECONDS", 3)
    model = blank()
    body = helper.make_graph(
        [helper.make_node("Identity", ["on"], ["still_on"]), helper.make_node("Sin", ["value"], ["next"])],
        "body",
        [
            helper.make_tensor_value_info("turn", onnx.TensorProto.INT64, []),
            helper.make_tensor_value_info("on", onnx.TensorProto.BOOL, []),
            helper.make_tensor_value_info("value", onnx.TensorProto.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("still_on", onnx.TensorProto.BOOL, []),
            helper.make_tensor_value_info("next", onnx.TensorProto.FLOAT, None),
        ],
    )
    model.graph.initializer.append(numpy_helper.from_array(np.array(2**62, np.int64), "turns"))
    model.graph.initializer.append(numpy_helper.from_array(np.array(True), "go"))
    model.graph.node.append(helper.make_node("Loop", ["turns", "go", "images"], ["last"], body=body))
    model.graph.output.append(helper.make_tensor_value_info("last", onnx.TensorProto.FLOAT, [1, 3, *SIZE]))
    assert "too slow, or hostile" in refusal(model, tmp_path)


def test_what_is_no_model_never_reaches_a_runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "given.onnx"
    path.write_text("root:x:0:0")
    with pytest.raises(ModelError, match="not ONNX"):
        admit(path, "mine", NAMES)
    with pytest.raises(ModelError, match="is no file"):
        admit(Path("/dev/zero"), "mine", NAMES)
    with pytest.raises(ModelError, match="is no file"):
        admit(tmp_path / "gone.onnx", "mine", NAMES)
    monkeypatch.setattr("detectors.onnx_file.LARGEST", 5)
    with pytest.raises(ModelError, match="at most"):
        admit(path, "mine", NAMES)
