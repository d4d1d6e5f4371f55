"""OnnxDetector: one model file, loaded once and used by every camera thread of a process."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as runtime_errors

from core.errors import ModelError
from detectors.detections import Detections
from detectors.images import Image
from detectors.layouts import Layout, recognise
from detectors.preprocess import InputTensor, Size
from detectors.registry import Model
from detectors.suppression import suppress

onnxruntime.disable_telemetry_events()

_LONGEST = 4096  # pixels a side: a damaged file must not ask for all memory
_FATAL_ONLY = 4  # onnxruntime's log severity: its errors reach us as exceptions

# onnxruntime's own exceptions share no base but Exception.
_RUNTIME_ERRORS = (
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


class OnnxDetector:
    """Finds objects with an ONNX model on the CPU, one core a call; safe to call from several threads at once.

    `score_threshold` is the least score that is reported, `nms_iou` the overlap from which two boxes of one class
    count as one object, `limit` the most detections of a picture.
    """

    def __init__(self, model: Model, *, score_threshold: float = 0.3, nms_iou: float = 0.6, limit: int = 100) -> None:
        """Load and try the model on a blank picture; ModelError when the file is damaged, replaced or of no use."""
        self.model = model
        self.classes = model.classes
        self.score_threshold = score_threshold
        self.nms_iou = nms_iou
        self.limit = limit
        self._file = _load(model)
        self.input_size = _input_size(self._file, model)
        self._local = threading.local()
        self._layout = self._try()

    def detect(self, image: Image) -> Detections:
        """Objects of one picture, boxes in its pixels; ModelError when the model fails on it."""
        tensor = self._tensor()
        fit = tensor.letterbox(image)
        # A model of somebody else may answer anything: infinities and nonsense are dropped, not warned about.
        with np.errstate(all="ignore"):
            found = self._layout.decode(self._run(tensor.data, self._layout.outputs), self.score_threshold)
            found = Detections(fit.to_source(found.xyxy), np.minimum(found.score, 1), found.class_id)
            return suppress(found.select(_sound(found, len(self.classes))), self.nms_iou, self.limit)

    def _tensor(self) -> InputTensor:
        """The calling thread's own tensor."""
        tensor: InputTensor | None = getattr(self._local, "tensor", None)
        if tensor is None:
            tensor = self._local.tensor = InputTensor(self.input_size, self.model.normalisation)
        return tensor

    def _run(self, data: NDArray[np.float32], names: tuple[str, ...]) -> list[NDArray[np.float32]]:
        try:
            outputs: list[NDArray[np.float32]] = self._file.session.run(names, {self._file.input: data})
        except _RUNTIME_ERRORS as error:
            raise ModelError(_text(self.model, "cannot be run", error)) from error
        return outputs

    def _try(self) -> Layout:
        """Run once, and hold what comes out against what the model is said to be."""
        names = self._file.outputs
        outputs = self._run(np.zeros((1, 3, *self.input_size), np.float32), names)
        shapes: Mapping[str, tuple[int, ...]] = {
            name: np.shape(output) for name, output in zip(names, outputs, strict=True)
        }
        try:
            layout = recognise(shapes, self.input_size)
        except ModelError as error:
            raise ModelError(f"model {self.model.name}: {self.model.path} has {error}") from None
        if layout.name != self.model.layout:
            raise ModelError(_text(self.model, f"has the layout {layout.name}, not {self.model.layout}"))
        if layout.classes not in (None, len(self.classes)):
            raise ModelError(
                _text(self.model, f"tells {layout.classes} classes apart, but {len(self.classes)} are named")
            )
        return layout


@dataclass(frozen=True, slots=True)
class _File:
    """A loaded model and what it says of itself; `shape` holds names where a dimension is open."""

    session: Any
    input: str
    shape: tuple[int | str | None, ...]
    outputs: tuple[str, ...]


def _load(model: Model) -> _File:
    options = onnxruntime.SessionOptions()
    # Two threads with the default spinning burned three times the CPU; shards, not threads, use the other cores.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = _FATAL_ONLY
    if model.input is not None:
        for name, length in (("height", model.input[0]), ("width", model.input[1])):
            options.add_free_dimension_override_by_name(name, length)
    content = model.content()
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"], enable_fallback=0)
        inputs = [(each.name, tuple(each.shape), each.type) for each in session.get_inputs()]
        outputs = tuple(each.name for each in session.get_outputs())
    except _RUNTIME_ERRORS as error:
        raise ModelError(_text(model, "is no model that can be loaded", error)) from error
    match inputs:
        case [(name, (_, 3, _, _) as shape, "tensor(float)")]:
            return _File(session, name, shape, outputs)
    raise ModelError(_text(model, "does not take one float picture of the shape (1, 3, height, width)"))


def _input_size(file: _File, model: Model) -> Size:
    """The size to run at: the one asked for, else the file's own."""
    fixed = file.shape[2:]
    height, width = model.input or fixed
    if not isinstance(height, int) or not isinstance(width, int):
        raise ModelError(_text(model, "fixes no input size: say which one to use"))
    if not (0 < height <= _LONGEST and 0 < width <= _LONGEST):
        raise ModelError(
            _text(model, f"would take pictures of {width}x{height}; at most {_LONGEST} a side are allowed")
        )
    if any(isinstance(own, int) and own != asked for own, asked in zip(fixed, (height, width), strict=True)):
        raise ModelError(_text(model, f"takes pictures of {fixed[1]}x{fixed[0]} only, not {width}x{height}"))
    return height, width


def _sound(found: Detections, classes: int) -> NDArray[np.bool_]:
    """Rows with a box of some area and a class that has a name."""
    sides = found.xyxy[:, 2:] - found.xyxy[:, :2]
    area = np.isfinite(found.xyxy).all(axis=1) & (sides > 0).all(axis=1)
    return np.asarray(area & (found.class_id >= 0) & (found.class_id < classes))


def _text(model: Model, complaint: str, error: Exception | None = None) -> str:
    reason = f" ({str(error).splitlines()[0][:200]})" if error is not None and str(error) else ""
    return f"model {model.name}: {model.path} {complaint}{reason}"
