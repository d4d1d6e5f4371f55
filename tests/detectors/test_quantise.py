"""Calibration leaves out what loses most by it, and a model that went blind is not handed on."""

from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from core.errors import ModelError, SourceError
from detectors import export
from detectors.admission import Admitted
from detectors.quantise import ends, quantise
from detectors.registry import own

SIZE = 32


def network() -> onnx.ModelProto:
    """YOLOX's outputs for a 32x32 picture (21 cells, one class) from four convolutions in a row, random weights."""
    random = np.random.default_rng(7)
    nodes, weights, value = [], [], "images"
    for number, (channels, filters, stride) in enumerate([(3, 8, 2), (8, 8, 2), (8, 8, 2), (8, 6, 1)]):
        kernel = random.normal(0, 0.3, (filters, channels, 3, 3)).astype(np.float32)
        weights.append(numpy_helper.from_array(kernel, f"w{number}"))
        nodes.append(
            helper.make_node(
                "Conv", [value, f"w{number}"], [f"c{number}"], f"conv{number}", strides=[stride] * 2, pads=[1] * 4
            )
        )
        nodes.append(helper.make_node("Sigmoid" if number == 3 else "Relu", [f"c{number}"], [f"a{number}"]))
        value = f"a{number}"
    weights.append(numpy_helper.from_array(np.array([1, 6, 16], np.int64), "rows"))
    weights.append(numpy_helper.from_array(np.zeros((1, 5, 6), np.float32), "rest"))
    nodes += [
        helper.make_node("Reshape", ["a3", "rows"], ["flat"]),
        helper.make_node("Transpose", ["flat"], ["cells"], perm=[0, 2, 1]),
        helper.make_node("Concat", ["cells", "rest"], ["output"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("images", onnx.TensorProto.FLOAT, [1, 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("output", onnx.TensorProto.FLOAT, [1, 21, 6])],
        weights,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    random = np.random.default_rng(3)
    for number in range(export.LEAST_PICTURES):
        cv2.imwrite(str(folder / f"{number}.png"), random.integers(0, 255, (48, 48, 3)).astype(np.uint8))
    return folder


@pytest.fixture
def good(tmp_path: Path) -> Admitted:
    path = tmp_path / "small.onnx"
    content = network().SerializeToString()
    path.write_bytes(content)
    return Admitted(own(path, "yolox", ("person",)), content, {})


def test_the_first_and_the_last_convolution_stay_as_they_are() -> None:
    assert ends(network().graph) == ["conv0", "conv3"]


def test_the_others_become_8_bits() -> None:
    inputs = [np.random.default_rng(number).random((1, 3, SIZE, SIZE), np.float32) for number in range(8)]
    made = quantise(network(), inputs, at_once=4)
    weights = {each.name: each.data_type for each in made.graph.initializer}
    assert weights["w1_quantized"] == onnx.TensorProto.INT8
    assert {"w0", "w3"} <= set(weights)


def test_a_folder_of_pictures_makes_an_8_bit_model(
    good: Admitted, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "_LEAST_AGREEMENT", 0.5)  # nothing was learnt that could be kept
    made = export.calibrate(good, pictures)
    assert made.pictures == export.LEAST_PICTURES
    assert any(node.op_type == "DequantizeLinear" for node in onnx.load_from_string(made.content).graph.node)


def test_a_model_that_went_blind_is_refused(good: Admitted, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "agreement", lambda *_: 0.5)
    with pytest.raises(ModelError, match="sees only 50% of what it saw"):
        export.calibrate(good, pictures)


def test_too_few_pictures_are_refused(good: Admitted, pictures: Path) -> None:
    (pictures / "0.png").unlink()
    with pytest.raises(SourceError, match="15 pictures; at least 16"):
        export.calibrate(good, pictures)
    with pytest.raises(SourceError, match="cannot be read"):
        export.calibrate(good, pictures / "none")


def test_weights_without_the_package_for_them_name_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ModelError, match=r"ekamling\[train\]"):
        export.from_weights(tmp_path / "best.pt", 416, tmp_path)
