"""ONNX Runtime: the CPU, one core a call, or a graphics card by CUDA."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as runtime_errors

from detectors.backends.network import Shape, complaint, not_a_picture
from detectors.registry import Model

onnxruntime.disable_telemetry_events()

Provider = Literal["CPUExecutionProvider", "CUDAExecutionProvider"]

_FATAL_ONLY = 4  # onnxruntime's log severity: its errors reach us as exceptions

# onnxruntime's own exceptions share no base but Exception.
_ERRORS = (
    runtime_errors.EPFail,
    runtime_errors.EngineError,
    runtime_errors.Fail,
    runtime_errors.InvalidArgument,
    runtime_errors.InvalidGraph,
    runtime_errors.InvalidProtobuf,
    runtime_errors.NoModel,
    runtime_errors.NoSuchFile,
    runtime_errors.NotFound,
    runtime_errors.NotImplemented,
    runtime_errors.RuntimeException,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class OnnxRuntimeNetwork:
    """A session of ONNX Runtime."""

    model: Model
    session: Any
    input: str
    shape: Shape
    outputs: tuple[str, ...]

    def run(self, data: NDArray[np.float32], names: tuple[str, ...]) -> list[NDArray[np.float32]]:
        try:
            outputs: list[NDArray[np.float32]] = self.session.run(names, {self.input: data})
        except _ERRORS as error:
            raise complaint(self.model, "cannot be run", error) from error
        return outputs


def has_cuda() -> bool:
    """Whether the installed ONNX Runtime was built for CUDA; whether there is a card is seen on loading."""
    return "CUDAExecutionProvider" in onnxruntime.get_available_providers()


def load(model: Model, content: bytes, provider: Provider) -> OnnxRuntimeNetwork:
    """The network of a file's bytes; ModelError when they are none, or the provider cannot be used here."""
    options = onnxruntime.SessionOptions()
    # Two threads with the default spinning burned three times the CPU; shards, not threads, use the other cores.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = _FATAL_ONLY
    if model.input is not None:
        for name, length in (("height", model.input[0]), ("width", model.input[1])):
            options.add_free_dimension_override_by_name(name, length)
    try:
        session = onnxruntime.InferenceSession(content, options, providers=[provider], enable_fallback=0)
        inputs = [(each.name, tuple(each.shape), each.type) for each in session.get_inputs()]
        outputs = tuple(each.name for each in session.get_outputs())
    except _ERRORS as error:
        raise complaint(model, "is no model that can be loaded", error) from error
    if provider not in session.get_providers():
        raise complaint(model, "cannot be run with CUDA: no graphics card, or a library of CUDA is missing")
    match inputs:
        case [(name, (_, 3, _, _) as shape, "tensor(float)")]:
            return OnnxRuntimeNetwork(model, session, name, shape, outputs)
    raise not_a_picture(model)
