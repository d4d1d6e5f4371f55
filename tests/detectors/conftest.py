"""Tiny ONNX models that answer every picture with known objects, one builder for each layout."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from detectors.preprocess import Size

CLASSES = 5
SIZE: Size = (64, 96)

# left, top, right, bottom in pixels of a 96x64 picture, score, class
Thing = tuple[float, float, float, float, float, int]
Outputs = dict[str, NDArray[np.float32]]
Save = Callable[[Mapping[str, NDArray[np.float32]]], Path]


def _cells(strides: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """(column, row, stride) of each cell in the order of the models' outputs."""
    return [
        (column, row, stride)
        for stride in strides
        for row in range(-(-SIZE[0] // stride))
        for column in range(-(-SIZE[1] // stride))
    ]


def _distribution(length: float, bins: int) -> list[float]:
    """Logits whose softmax has the mean `length`."""
    low = int(length)
    weights = np.full(bins, 1e-20)
    weights[low] = max(1 - (length - low), 1e-20)
    if length > low:
        weights[low + 1] = length - low
    return [float(value) for value in np.log(weights)]


def _distances(things: list[Thing], strides: tuple[int, ...], bins: int, centred: bool) -> tuple[Outputs, list[int]]:
    cells = _cells(strides)
    scores = np.full((1, len(cells), CLASSES), 0.01, np.float32)
    sides = np.zeros((1, len(cells), 4 * bins), np.float32)
    for x1, y1, x2, y2, score, class_id in things:
        column, row, stride = int((x1 + x2) / 16), int((y1 + y2) / 16), 8
        index = cells.index((column, row, stride))
        x, y = (place * stride + ((stride - 1) / 2 if centred else 0) for place in (column, row))
        scores[0, index, class_id] = score
        lengths = [(x - x1) / stride, (y - y1) / stride, (x2 - x) / stride, (y2 - y) / stride]
        sides[0, index] = np.ravel([_distribution(length, bins) for length in lengths])
    return {"scores": scores, "dist": sides}, [sum(cell[2] == stride for cell in cells) for stride in strides]


def nanodet(things: list[Thing]) -> Outputs:
    strides = (8, 16, 32)
    outputs, counts = _distances(things, strides, 11, centred=True)
    ends = np.cumsum(counts)[:-1].tolist()
    named: Outputs = {}
    for kind, array in (("cls", outputs["scores"]), ("dis", outputs["dist"])):
        named |= {f"{kind}{stride}": part for stride, part in zip(strides, np.split(array, ends, axis=1), strict=True)}
    return named


def nanodet_plus(things: list[Thing]) -> Outputs:
    return _distances(things, (8, 16, 32, 64), 8, centred=False)[0]


def yolox(things: list[Thing]) -> Outputs:
    cells = _cells((8, 16, 32))
    table = np.full((1, len(cells), 5 + CLASSES), 0.01, np.float32)
    for index, (x1, y1, x2, y2, score, class_id) in enumerate(things, start=50):
        column, row, stride = cells[index]
        table[0, index, :2] = (x1 + x2) / 2 / stride - column, (y1 + y2) / 2 / stride - row
        table[0, index, 2:4] = np.log((x2 - x1) / stride), np.log((y2 - y1) / stride)
        table[0, index, 4] = 0.98
        table[0, index, 5 + class_id] = score / 0.98
    return {"output": table}


def yolo(things: list[Thing]) -> Outputs:
    table = np.full((1, 4 + CLASSES, len(_cells((8, 16, 32)))), 0.01, np.float32)
    for index, (x1, y1, x2, y2, score, class_id) in enumerate(things):
        table[0, :4, index] = (x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1
        table[0, 4 + class_id, index] = score
    return {"output0": table}


def yolo_e2e(things: list[Thing]) -> Outputs:
    table = np.zeros((1, 30, 6), np.float32)
    for index, thing in enumerate(things):
        table[0, index] = thing
    return {"output0": table}


BUILDERS: dict[str, Callable[[list[Thing]], Outputs]] = {
    "nanodet": nanodet,
    "nanodet-plus": nanodet_plus,
    "yolox": yolox,
    "yolo": yolo,
    "yolo-e2e": yolo_e2e,
}


@pytest.fixture(params=sorted(BUILDERS))
def layout(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def answer() -> Callable[[str, list[Thing]], Outputs]:
    """The outputs with which a model of that layout says that these things are there."""
    return lambda layout, things: BUILDERS[layout](things)


def constant(outputs: Mapping[str, NDArray[np.float32]]) -> onnx.ModelProto:
    """A model that takes 96x64 pictures, looks at them, and always gives these outputs."""
    picture = helper.make_tensor_value_info("images", onnx.TensorProto.FLOAT, [1, 3, *SIZE])
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["images"], ["mean"], keepdims=0),
            helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
            *(helper.make_node("Add", [f"{name}_constant", "nothing"], [name]) for name in outputs),
        ],
        "constant",
        [picture],
        [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, a.shape) for name, a in outputs.items()],
        [
            *(numpy_helper.from_array(array, f"{name}_constant") for name, array in outputs.items()),
            numpy_helper.from_array(np.array(0, np.float32), "zero"),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Writes a model that takes 96x64 pictures and always gives these outputs."""

    def write(outputs: Mapping[str, NDArray[np.float32]]) -> Path:
        path = tmp_path / "tiny.onnx"
        onnx.save(constant(outputs), path)
        return path

    return write
