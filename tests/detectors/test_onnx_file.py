"""What a file asks of whoever loads it is seen before it is loaded."""

from collections.abc import Callable

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from core.errors import ModelError
from detectors import onnx_file, registry
from tests.detectors.conftest import constant

Spoil = Callable[[onnx.ModelProto], None]


def model() -> onnx.ModelProto:
    return constant({"output": np.zeros((1, 126, 10), np.float32)})


def external(spoilt: onnx.ModelProto) -> None:
    tensor = spoilt.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/shadow")


def external_in_a_branch(spoilt: onnx.ModelProto) -> None:
    inner = onnx.ModelProto()
    inner.CopyFrom(spoilt)
    external(inner)
    branch = helper.make_graph([], "then", [], [], list(inner.graph.initializer))
    spoilt.graph.node.append(helper.make_node("If", ["x"], ["y"], then_branch=branch, else_branch=branch))


def foreign(spoilt: onnx.ModelProto) -> None:
    spoilt.graph.node[0].domain = "com.example.ops"


def foreign_in_a_function(spoilt: onnx.ModelProto) -> None:
    node = helper.make_node("Run", ["x"], ["y"], domain="com.example.ops")
    spoilt.functions.append(helper.make_function("local", "f", ["x"], ["y"], [node], [helper.make_opsetid("", 13)]))


def claiming(spoilt: onnx.ModelProto) -> None:
    spoilt.graph.initializer[0].dims[:] = [1, 1 << 40, 10]


def negative(spoilt: onnx.ModelProto) -> None:
    spoilt.graph.initializer[0].dims[:] = [-1]


def sparse(spoilt: onnx.ModelProto) -> None:
    spoilt.graph.sparse_initializer.add()


def nested(spoilt: onnx.ModelProto) -> None:
    branch = helper.make_graph([], "deep", [], [])
    for _ in range(20):
        branch = helper.make_graph([helper.make_node("If", ["x"], ["y"], then_branch=branch)], "deep", [], [])
    spoilt.graph.node.append(branch.node[0])


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (external, "other files"),
        (external_in_a_branch, "other files"),
        (foreign, "com.example.ops"),
        (foreign_in_a_function, "com.example.ops"),
        (claiming, "does not bring"),
        (negative, "does not bring"),
        (sparse, "sparse"),
        (nested, "too deep"),
    ],
)
def test_what_must_not_be_loaded_is_refused(spoil: Spoil, word: str) -> None:
    spoilt = model()
    spoil(spoilt)
    with pytest.raises(ModelError, match=word):
        onnx_file.inspect(spoilt.SerializeToString())


@pytest.mark.parametrize("content", [b"", b"\0", b"root:x:0:0", b"\x3a\x00", b"PK\x03\x04" + bytes(100)])
def test_what_is_no_onnx_is_refused(content: bytes) -> None:
    with pytest.raises(ModelError, match="not ONNX"):
        onnx_file.inspect(content)


def test_good_files_pass() -> None:
    onnx_file.inspect(model().SerializeToString())
    onnx_file.inspect(registry.find().content())


def test_packed_numbers_are_read_as_dimensions() -> None:
    """Some writers pack the dimensions of a tensor into one field."""
    tensor = numpy_helper.from_array(np.zeros(3, np.float32), "w").SerializeToString()
    packed = b"\x0a\x06" + b"\xff\xff\xff\xff\xff\x01" + tensor  # field 1, packed: one huge dimension
    spoilt = model()
    spoilt.graph.initializer.add().MergeFromString(packed)
    with pytest.raises(ModelError, match="does not bring"):
        onnx_file.inspect(spoilt.SerializeToString())


def test_any_bytes_are_answered_with_one_line_or_pass() -> None:
    good = model().SerializeToString()
    random = np.random.default_rng(5)
    for _ in range(300):
        bad = bytearray(good)
        for place in random.integers(0, 200, 3):
            bad[place] = random.integers(0, 256)
        try:
            onnx_file.inspect(bytes(bad))
        except ModelError as error:
            assert "\n" not in str(error)
