"""A model with 8-bit convolutions, calibrated with pictures. Needs the extra "train"; never imported at run time.

Quantised as QDQ, per channel, by percentile: the way that held NanoDet-g's accuracy (docs/design/models.md).
"""

import contextlib
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime import quantization
from onnxruntime.quantization import quantize_static

_PERCENTILE = 99.9999


def quantise(
    model: onnx.ModelProto, inputs: Sequence[NDArray[np.float32]], *, at_once: int | None = None
) -> onnx.ModelProto:
    """The model with 8-bit convolutions, all but the first and the last ones, which lose most by it.

    `inputs` are tensors (1, 3, height, width) as the model takes them; all are held in memory with what the model makes
    of them, or `at_once` of them. Weights use 7 of the 8 bits: processors without VNNI add two products of 8 bits in 16
    and would saturate.
    """
    for number, node in enumerate(model.graph.node):
        node.name = node.name or f"{node.op_type}_{number}"  # what is left out is told by name
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
        source, result = Path(folder) / "original.onnx", Path(folder) / "quantised.onnx"
        source.write_bytes(model.SerializeToString(deterministic=True))
        quantize_static(
            source,
            result,
            _Reader(model.graph.input[0].name, inputs),
            quant_format=quantization.QuantFormat.QDQ,
            op_types_to_quantize=["Conv"],
            nodes_to_exclude=ends(model.graph),
            per_channel=True,
            reduce_range=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            calibrate_method=quantization.CalibrationMethod.Percentile,
            extra_options={"CalibPercentile": _PERCENTILE} | ({"CalibStridedMinMax": at_once} if at_once else {}),
        )
        return onnx.load(result)


def ends(graph: onnx.GraphProto) -> list[str]:
    """Names of the convolutions that nothing but simpler operators separates from the input or from an output.

    One with a single output channel is such a simpler operator: the expectation over a distribution in YOLO's head.
    What depends on a value's shape alone does not count as led to by it.
    """
    weights = {each.name: each.dims[0] for each in graph.initializer if each.dims}
    readers: dict[str, list[onnx.NodeProto]] = {}
    maker: dict[str, onnx.NodeProto] = {}
    for node in graph.node:
        if node.op_type == "Shape":
            continue
        maker |= {name: node for name in node.output}
        for name in node.input:
            readers.setdefault(name, []).append(node)

    def counts(node: onnx.NodeProto) -> bool:
        return node.op_type == "Conv" and weights.get(node.input[1], 0) != 1

    first = _reached([graph.input[0].name], lambda name: readers.get(name, []), lambda node: node.output, counts)
    last = _reached(
        [each.name for each in graph.output],
        lambda name: [maker[name]] if name in maker else [],
        lambda node: node.input,
        counts,
    )
    return [node.name for node in graph.node if node.name in first | last]


def _reached(names: list[str], nodes_at: Any, onward: Any, stops: Any) -> set[str]:
    """Names of the nodes that stop a walk from some values on; it passes all others."""
    seen: set[str] = set()
    found: set[str] = set()
    while names:
        name = names.pop()
        if name in seen:
            continue
        seen.add(name)
        for node in nodes_at(name):
            if stops(node):
                found.add(node.name)
            else:
                names += onward(node)
    return found


class _Reader:
    """What onnxruntime asks for calibration data, by its own protocol."""

    def __init__(self, name: str, inputs: Sequence[NDArray[np.float32]]) -> None:
        self._name = name
        self._inputs = inputs
        self._rest = iter(inputs)

    def __len__(self) -> int:
        return len(self._inputs)

    def set_range(self, start_index: int, end_index: int) -> None:
        self._rest = iter(self._inputs[start_index:end_index])

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        data = next(self._rest, None)
        return None if data is None else {self._name: data}
