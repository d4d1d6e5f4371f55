"""OnnxDetector: one model file, loaded once and used by every camera thread of a process."""

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError
from detectors.backends import catalogue
from detectors.backends.network import BackendName, Network, complaint
from detectors.detections import Detections
from detectors.images import Image
from detectors.layouts import Layout, recognise
from detectors.preprocess import InputTensor, Size
from detectors.registry import Model
from detectors.suppression import suppress

_LONGEST = 4096  # pixels a side: a damaged file must not ask for all memory


class OnnxDetector:
    """Finds objects with an ONNX model, on the CPU one core a call; safe to call from several threads at once.

    `score_threshold` is the least score that is reported, `nms_iou` the overlap from which two boxes of one class
    count as one object, `limit` the most detections of a picture; `backend` the library that runs the model.
    """

    def __init__(
        self,
        model: Model,
        *,
        score_threshold: float = 0.3,
        nms_iou: float = 0.6,
        limit: int = 100,
        backend: BackendName = "onnxruntime",
        network: Network | None = None,
    ) -> None:
        """Load and try the model on a blank picture; ModelError when the file is damaged, replaced or of no use.

        `network`: the model loaded already, where it leaves its size open, so that several sizes share it.
        """
        self.model = model
        self.classes = model.classes
        self.score_threshold = score_threshold
        self.nms_iou = nms_iou
        self.limit = limit
        self.network = network or catalogue.load(model, backend)
        self.input_size = input_size(self.network, model)
        self._free: list[InputTensor] = []  # one for each call at a time; a hundred cameras share a few
        self._layout = layout_of(self.network, model, self.input_size)
        if self._layout.name != model.layout:
            raise complaint(model, f"has the layout {self._layout.name}, not {model.layout}")
        if self._layout.classes not in (None, len(self.classes)):
            raise complaint(model, f"tells {self._layout.classes} classes apart, but {len(self.classes)} are named")

    def detect(self, image: Image) -> Detections:
        """Objects of one picture, boxes in its pixels; ModelError when the model fails on it."""
        try:
            tensor = self._free.pop()
        except IndexError:
            tensor = InputTensor(self.input_size, self.model.normalisation)
        try:
            return self._detect(image, tensor)
        finally:
            self._free.append(tensor)

    def _detect(self, image: Image, tensor: InputTensor) -> Detections:
        fit = tensor.letterbox(image)
        # A model of somebody else may answer anything: infinities and nonsense are dropped, not warned about.
        with np.errstate(all="ignore"):
            outputs = self.network.run(tensor.data, self._layout.outputs)
            found = self._layout.decode(outputs, self.score_threshold)
            found = Detections(fit.to_source(found.xyxy), np.minimum(found.score, 1), found.class_id)
            return suppress(found.select(_sound(found, len(self.classes))), self.nms_iou, self.limit)


def layout_of(network: Network, model: Model, size: Size) -> Layout:
    """Run once on a blank picture, and recognise what comes out; ModelError when it is of no known layout."""
    outputs = network.run(np.zeros((1, 3, *size), np.float32), network.outputs)
    shapes = {name: np.shape(output) for name, output in zip(network.outputs, outputs, strict=True)}
    try:
        return recognise(shapes, size)
    except ModelError as error:
        raise complaint(model, f"has {error}") from None


def input_size(network: Network, model: Model) -> Size:
    """The size to run at: the one asked for, else the file's own; ModelError when there is none, or it cannot be."""
    fixed = network.shape[2:]
    height, width = model.input or fixed
    if not isinstance(height, int) or not isinstance(width, int):
        raise complaint(model, "fixes no input size: say which one to use")
    if not (0 < height <= _LONGEST and 0 < width <= _LONGEST):
        raise complaint(model, f"would take pictures of {width}x{height}; at most {_LONGEST} a side are allowed")
    if any(isinstance(own, int) and own != asked for own, asked in zip(fixed, (height, width), strict=True)):
        raise complaint(model, f"takes pictures of {fixed[1]}x{fixed[0]} only, not {width}x{height}")
    return height, width


def _sound(found: Detections, classes: int) -> NDArray[np.bool_]:
    """Rows with a box of some area and a class that has a name."""
    sides = found.xyxy[:, 2:] - found.xyxy[:, :2]
    area = np.isfinite(found.xyxy).all(axis=1) & (sides > 0).all(axis=1)
    return np.asarray(area & (found.class_id >= 0) & (found.class_id < classes))
