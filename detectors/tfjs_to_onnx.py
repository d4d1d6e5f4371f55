"""Converts a TensorFlow.js graph into ONNX, for the operations that NanoDet has. Used only when a model is built.

TensorFlow works in NHWC and ONNX in NCHW. Instead of writing transpositions and removing them again, each value of the
source graph is kept as an ONNX tensor together with the permutation that would turn it into the source's tensor: a
transposition in the source then changes the permutation alone. Paddings wait in the same way for the convolution or
pooling that takes them in, and biases become part of their convolution. Height and width stay open.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from core.errors import ModelError
from detectors.tfjs_graph import Constant, Graph, Node

_OPSET = 13
_IR_VERSION = 8  # read by every onnxruntime since 1.10
_NHWC = (0, 2, 3, 1)


@dataclass(frozen=True, slots=True)
class _Value:
    """Source tensor = transpose(ONNX tensor `name`, `order`); `shape` is the ONNX tensor's, at the original input size.

    `padding` (pixels before and after each ONNX axis, filled with `fill`) is still to be applied to the ONNX tensor.
    """

    name: str
    shape: tuple[int, ...]
    order: tuple[int, ...]
    padding: tuple[tuple[int, int], ...] = ()
    fill: float = 0.0

    def axis(self, source: int) -> int:
        """The ONNX axis of an axis of the source tensor."""
        return self.order[source % len(self.order)]


def convert(graph: Graph, outputs: Mapping[str, str]) -> onnx.ModelProto:
    """The graph as a checked ONNX model; `outputs` maps names in the source to names of outputs, in their order.

    Raises ModelError for an operation, or a use of one, that is not known.
    """
    return _Conversion(graph).model(outputs)


class _Conversion:
    def __init__(self, graph: Graph) -> None:
        self._constants = graph.constants
        self._nodes: list[onnx.NodeProto] = []
        self._initializers: dict[str, onnx.TensorProto] = {}
        self._inputs: list[onnx.ValueInfoProto] = []
        self._values: dict[str, _Value] = {}
        for node in graph.nodes:
            handler = _HANDLERS.get(node.op)
            if handler is None:
                raise ModelError(f"{node.name}: the operation {node.op} is not known")
            handler(self, node)

    def model(self, outputs: Mapping[str, str]) -> onnx.ModelProto:
        infos = []
        for source, name in outputs.items():
            value = self._plain(self._values[source])
            self._nodes.append(helper.make_node("Identity", [value.name], [name]))
            shape: list[int | str] = [1, f"cells_{name}", value.shape[-1]]
            infos.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape))
        nodes = _pooled_first(_without_identities(self._nodes))
        graph = helper.make_graph(nodes, "model", self._inputs, infos, list(self._initializers.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)
        onnx.checker.check_model(model, full_check=True)
        return model

    # One method for each operation.

    def placeholder(self, node: Node) -> None:
        sizes = [int(dim["size"]) for dim in node.attributes["shape"]["shape"]["dim"]]
        if self._inputs or sizes[:2] != [1, 3]:
            raise ModelError(f"{node.name}: one input of the shape (1, 3, height, width) is expected")
        shape: list[int | str] = [1, 3, "height", "width"]
        self._inputs.append(helper.make_tensor_value_info("input", onnx.TensorProto.FLOAT, shape))
        self._values[node.name] = _Value("input", tuple(sizes), (0, 1, 2, 3))

    def pad(self, node: Node) -> None:
        value = self._value(node.inputs[0])
        amounts = self._constants[node.inputs[1]].tolist()
        fill = float(self._constants[node.inputs[2]]) if len(node.inputs) > 2 else 0.0
        padding = [(0, 0)] * len(value.shape)
        for source, (before, after) in enumerate(amounts):
            padding[value.axis(source)] = (before, after)
        self._values[node.name] = replace(value, padding=tuple(padding), fill=fill)

    def transpose(self, node: Node) -> None:
        value = self._values[node.inputs[0]]
        order = tuple(value.order[axis] for axis in self._constants[node.inputs[1]].tolist())
        self._values[node.name] = replace(value, order=order)

    def convolution(self, node: Node) -> None:
        value, pads, strides = self._window(node, fill=0.0)
        kernel = self._constants[node.inputs[1]].transpose(3, 2, 0, 1)  # HWIO to OIHW
        if kernel.shape[1] != value.shape[1] or set(node.integers("dilations")) != {1}:
            raise ModelError(f"{node.name}: grouped and dilated convolutions are not known")
        inputs = [value.name, self._initializer(f"{_short(node.name)}.weight", kernel)]
        name = self._emit("Conv", node, inputs, kernel_shape=kernel.shape[2:], pads=_flat(pads[2:]), strides=strides)
        shape = (1, kernel.shape[0], *_slid(value.shape[2:], pads[2:], kernel.shape[2:], strides))
        self._values[node.name] = _Value(name, shape, _NHWC)

    def pool(self, node: Node) -> None:
        value, pads, strides = self._window(node, fill=-np.inf)
        kernel = node.integers("ksize")[1:3]
        name = self._emit("MaxPool", node, [value.name], kernel_shape=kernel, pads=_flat(pads[2:]), strides=strides)
        shape = (*value.shape[:2], *_slid(value.shape[2:], pads[2:], kernel, strides))
        self._values[node.name] = _Value(name, shape, _NHWC)

    def add(self, node: Node) -> None:
        left, right = node.inputs
        value = self._value(left)
        if right in self._constants:
            producer = next(made for made in self._nodes if value.name in made.output)
            bias = self._constants[right]
            if producer.op_type != "Conv" or len(producer.input) != 2 or bias.shape != (value.shape[1],):
                raise ModelError(f"{node.name}: only the bias of a convolution may be added as a constant")
            producer.input.append(self._initializer(f"{_short(node.name)}.bias", bias))
            self._values[node.name] = value
            return
        other = self._value(right)
        if (value.shape, value.order) != (other.shape, other.order):
            raise ModelError(f"{node.name}: the two sides differ in shape or order of axes")
        self._values[node.name] = replace(value, name=self._emit("Add", node, [value.name, other.name]))

    def leaky_relu(self, node: Node) -> None:
        value = self._value(node.inputs[0])
        name = self._emit("LeakyRelu", node, [value.name], alpha=node.number("alpha"))
        self._values[node.name] = replace(value, name=name)

    def sigmoid(self, node: Node) -> None:
        value = self._value(node.inputs[0])
        self._values[node.name] = replace(value, name=self._emit("Sigmoid", node, [value.name]))

    def concatenate(self, node: Node) -> None:
        *sources, axis_name = node.inputs
        values = [self._value(source) for source in sources]
        first, axis = values[0], values[0].axis(int(self._constants[axis_name]))
        if any(value.order != first.order for value in values):
            raise ModelError(f"{node.name}: the parts differ in the order of axes")
        shape = list(first.shape)
        shape[axis] = sum(value.shape[axis] for value in values)
        name = self._emit("Concat", node, [value.name for value in values], axis=axis)
        self._values[node.name] = _Value(name, tuple(shape), first.order)

    def split(self, node: Node) -> None:
        value = self._value(node.inputs[0])
        sizes = self._constants[node.inputs[1]].astype(np.int64)
        axis = value.axis(int(self._constants[node.inputs[2]]))
        names = [f"{_short(node.name)}:{index}" for index in range(len(sizes))]
        inputs = [value.name, self._initializer(f"{_short(node.name)}.sizes", sizes)]
        self._nodes.append(helper.make_node("Split", inputs, names, _short(node.name), axis=axis))
        for index, (name, size) in enumerate(zip(names, sizes.tolist(), strict=True)):
            shape = (*value.shape[:axis], size, *value.shape[axis + 1 :])
            self._values[f"{node.name}:{index}" if index else node.name] = _Value(name, shape, value.order)

    def resize(self, node: Node) -> None:
        """By a factor, not to a size, so that the model keeps working at other input sizes."""
        value = self._value(node.inputs[0])
        target = self._constants[node.inputs[1]].tolist()
        if value.order != _NHWC or node.flag("align_corners") or not node.flag("half_pixel_centers"):
            raise ModelError(f"{node.name}: only NHWC pictures with half pixel centres can be resized")
        factors = np.array([1, 1, target[0] / value.shape[2], target[1] / value.shape[3]], np.float32)
        inputs = [value.name, "", self._initializer(f"{_short(node.name)}.factors", factors)]
        name = self._emit("Resize", node, inputs, mode="linear", coordinate_transformation_mode="half_pixel")
        self._values[node.name] = _Value(name, (*value.shape[:2], *target), _NHWC)

    def reshape(self, node: Node) -> None:
        value = self._plain(self._value(node.inputs[0]))
        shape = self._constants[node.inputs[1]].astype(np.int64)
        name = self._emit("Reshape", node, [value.name, self._initializer(f"{_short(node.name)}.shape", shape)])
        result = tuple(np.empty(value.shape, np.bool_).reshape(shape).shape)
        self._values[node.name] = _Value(name, result, tuple(range(len(result))))

    def identity(self, node: Node) -> None:
        self._values[node.name] = self._value(node.inputs[0])

    # What they share.

    def _value(self, source: str) -> _Value:
        """A value as it stands; one with a padding in waiting may only go to a convolution or pooling."""
        value = self._values[source]
        if value.padding:
            raise ModelError(f"{source}: this padding is followed by no convolution or pooling")
        return value

    def _window(self, node: Node, fill: float) -> tuple[_Value, tuple[tuple[int, int], ...], tuple[int, ...]]:
        """Input, padding by ONNX axis and strides (height, width) of an operation on a sliding window."""
        value = self._values[node.inputs[0]]
        pads = value.padding or ((0, 0),) * 4
        known = node.text("padding") == "VALID" and node.text("data_format") == "NHWC" and value.order == _NHWC
        if not known or (value.padding and value.fill != fill) or pads[:2] != ((0, 0), (0, 0)):
            raise ModelError(f"{node.name}: this way of padding or order of axes is not known")
        return value, pads, node.integers("strides")[1:3]

    def _plain(self, value: _Value) -> _Value:
        """The same value with its axes as in the source."""
        order = tuple(range(len(value.order)))
        if value.order == order:
            return value
        name = f"{value.name}.transposed"
        self._nodes.append(helper.make_node("Transpose", [value.name], [name], name, perm=value.order))
        return _Value(name, tuple(value.shape[axis] for axis in value.order), order)

    def _initializer(self, name: str, value: Constant) -> str:
        self._initializers[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def _emit(self, op: str, node: Node, inputs: Sequence[str], **attributes: Any) -> str:
        name = _short(node.name)
        self._nodes.append(helper.make_node(op, inputs, [name], name, **attributes))
        return name


_HANDLERS: Mapping[str, Callable[[_Conversion, Node], None]] = {
    "Placeholder": _Conversion.placeholder,
    "Pad": _Conversion.pad,
    "PadV2": _Conversion.pad,
    "Transpose": _Conversion.transpose,
    "Conv2D": _Conversion.convolution,
    "MaxPool": _Conversion.pool,
    "Add": _Conversion.add,
    "AddV2": _Conversion.add,
    "LeakyRelu": _Conversion.leaky_relu,
    "Sigmoid": _Conversion.sigmoid,
    "ConcatV2": _Conversion.concatenate,
    "SplitV": _Conversion.split,
    "ResizeBilinear": _Conversion.resize,
    "Reshape": _Conversion.reshape,
    "Identity": _Conversion.identity,
}


def _short(name: str) -> str:
    return name.removeprefix("PartitionedCall/")


def _flat(pads: Sequence[tuple[int, int]]) -> list[int]:
    """ONNX's order: all beginnings, then all ends."""
    return [before for before, _ in pads] + [after for _, after in pads]


def _slid(
    shape: Sequence[int], pads: Sequence[tuple[int, int]], kernel: Sequence[int], strides: Sequence[int]
) -> tuple[int, ...]:
    return tuple(
        (length + sum(pad) - width) // step + 1
        for length, pad, width, step in zip(shape, pads, kernel, strides, strict=True)
    )


def _without_identities(nodes: Sequence[onnx.NodeProto]) -> list[onnx.NodeProto]:
    """The nodes with each identity's output name given to the node before it."""
    renamed = {node.input[0]: node.output[0] for node in nodes if node.op_type == "Identity"}
    kept = [node for node in nodes if node.op_type != "Identity"]
    for node in kept:
        for names in (node.input, node.output):
            for index, name in enumerate(names):
                names[index] = renamed.get(name, name)
    return kept


def _pooled_first(nodes: Sequence[onnx.NodeProto]) -> list[onnx.NodeProto]:
    """The nodes with each leaky ReLU before a max-pooling moved behind it.

    The result is the same, as a leaky ReLU never falls; but there is less to compute, and onnxruntime no longer pulls
    the quantisation in front of the pooling, whose 8-bit kernel took 7 of 22 ms.
    """
    order = list(nodes)
    readers = Counter(name for node in nodes for name in node.input)
    producers = {name: index for index, node in enumerate(nodes) for name in node.output}
    for index, pool in enumerate(nodes):
        if pool.op_type != "MaxPool" or readers[pool.input[0]] != 1:
            continue
        before = producers[pool.input[0]]
        activation = nodes[before]
        if activation.op_type != "LeakyRelu" or helper.get_node_attr_value(activation, "alpha") < 0:
            continue
        source, between, result = activation.input[0], pool.input[0], pool.output[0]
        pool.input[0], pool.output[0] = source, between
        activation.input[0], activation.output[0] = between, result
        order[before], order[index] = pool, activation
    return order
