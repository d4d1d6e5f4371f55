"""OpenVINO: bfloat16 where the processor has it, 8 bits where the model has them; one core a call.

The package is optional (extra `openvino`) and large: it is loaded when a model is, not when this file is.
"""

import functools
import importlib
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors import onnx_file
from detectors.backends.network import Shape, complaint, not_a_picture
from detectors.registry import Model

_DEVICE = "CPU"
_ERRORS = (RuntimeError, TypeError, ValueError)  # all that OpenVINO's binding makes of its own exceptions


@dataclass(frozen=True, slots=True)
class OpenVinoNetwork:
    """A compiled model; each thread that calls has a request of its own."""

    model: Model
    compiled: Any
    shape: Shape
    outputs: tuple[str, ...]
    ports: Mapping[str, Any]
    local: threading.local = field(default_factory=threading.local)

    def run(self, data: NDArray[np.float32], names: tuple[str, ...]) -> list[NDArray[np.float32]]:
        try:
            request = self._request()
            request.infer({0: data}, share_inputs=True)
            # The request's next run writes into the same memory.
            return [np.array(request.get_tensor(self.ports[name]).data, np.float32) for name in names]
        except _ERRORS as error:
            raise complaint(self.model, "cannot be run", error) from error

    def _request(self) -> Any:
        request = getattr(self.local, "request", None)
        if request is None:
            request = self.local.request = self.compiled.create_infer_request()
        return request


def precision() -> str:
    """In which numbers OpenVINO computes what a model does not fix to 8 bits: `bf16` or `f32`."""
    return "bf16" if "BF16" in _core().get_property(_DEVICE, "OPTIMIZATION_CAPABILITIES") else "f32"


def load(model: Model, content: bytes) -> OpenVinoNetwork:
    """The network of a file's bytes; ModelError when they are none that OpenVINO can run."""
    settings = {
        # As with ONNX Runtime: shards, not threads, use the other cores, and no shard may claim a core for itself.
        "INFERENCE_NUM_THREADS": 1,
        "NUM_STREAMS": 1,
        "ENABLE_CPU_PINNING": False,
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": precision(),
    }
    try:
        graph = _core().read_model(model=content)
        inputs = [(_shape(each), each.get_element_type().get_type_name()) for each in graph.inputs]
    except _ERRORS as error:
        raise complaint(model, "is no model that OpenVINO can load", error) from error
    match inputs:
        case [((_, 3, height, width), "f32")]:
            shape = _asked(model, height, width)
        case _:
            raise not_a_picture(model)
    try:
        if None not in shape:
            graph.reshape(list(shape))
        compiled = _core().compile_model(graph, _DEVICE, settings)
    except _ERRORS as error:
        raise complaint(model, "is no model that OpenVINO can load", error) from error
    # A value may have several names there, so the file's own are taken; the order is the file's.
    names = onnx_file.output_names(content)
    if len(names) != len(compiled.outputs):
        raise complaint(model, f"has {len(compiled.outputs)} outputs in OpenVINO, not {len(names)}")
    return OpenVinoNetwork(model, compiled, shape, names, dict(zip(names, compiled.outputs, strict=True)))


def _asked(model: Model, height: int | None, width: int | None) -> Shape:
    """The input with what the file leaves open filled in by what was asked for."""
    wanted = model.input or (None, None)
    return (1, 3, height if height is not None else wanted[0], width if width is not None else wanted[1])


def _shape(each: Any) -> tuple[int | None, ...]:
    partial = each.get_partial_shape()
    if partial.rank.is_dynamic:
        return ()
    return tuple(int(length.get_length()) if length.is_static else None for length in partial)


@functools.cache
def _core() -> Any:
    # Its converters would report their use to the network; where that package cannot be imported, they do not.
    modules: Any = sys.modules
    modules.setdefault("openvino_telemetry", None)
    return importlib.import_module("openvino").Core()
